"""Migrations for tests of the DAGs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.dags import small
from tests.migration import ROOT, Migration, approve_as_maria, migrate, rows

from golive.demo import organisation
from golive.demo.riverside import ORGANISATION

__all__ = ["Migration", "approve_as_maria", "rows"]


@pytest.fixture
def migration(
    airflow_home: Path, new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Migration]:
    """Makes a migration out of a project file's text and two databases."""

    def make(name: str, text: str, source_url: str, target_url: str) -> Migration:
        folder = tmp_path / "projects"
        (folder / name).mkdir(parents=True)
        (folder / name / "project.yaml").write_text(text)
        return migrate(monkeypatch, folder, name, source_url, target_url, new_database("ledger"))

    return make


@pytest.fixture
def district(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """The sample district with 200 students."""
    organisation.make_source(ORGANISATION, pair[0], size=200, seed=1)
    organisation.make_target(ORGANISATION, pair[1])
    text = (ROOT / "include" / "projects" / "riverside" / "project.yaml").read_text()
    return migration("riverside", text, *pair)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """Two tables, 40 families and 300 children."""
    small.make(*pair)
    return migration("harbour", small.TEXT, *pair)
