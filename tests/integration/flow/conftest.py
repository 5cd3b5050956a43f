"""A small migration whose tasks a test calls one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from tests.dags import small
from tests.integration.flow.acting import Run
from tests.migration import Migration, migrate


@pytest.fixture
def make(
    pair: tuple[str, str], new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Migration]:
    """Makes the migration that a project file's text describes; forms are put up by the test alone."""

    def put_up(form: Any, context: Any) -> None:
        """Where Airflow would park the task."""

    def made(text: str) -> Migration:
        monkeypatch.setattr(HITLOperator, "execute", put_up)
        small.make(*pair)
        (tmp_path / "projects" / "harbour").mkdir(parents=True)
        (tmp_path / "projects" / "harbour" / "project.yaml").write_text(text)
        return migrate(monkeypatch, tmp_path / "projects", "harbour", *pair, new_database("ledger"))

    return made


@pytest.fixture
def harbour(make: Callable[[str], Migration]) -> Migration:
    """Two tables, 40 families and 300 children; one stage."""
    return make(small.TEXT)


@pytest.fixture
def run(harbour: Migration) -> Run:
    """A run of its final migration."""
    return Run(harbour)
