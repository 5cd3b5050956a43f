"""One migration for a module: loaded, moved and opened once, then looked at by many tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import databases
from tests.migration import Migration, migrate
from tests.real.data import PROJECTS


@pytest.fixture(scope="module")
def kept_database(server_url: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """Makes an empty database and gives its URL; all are dropped after the module's last test."""
    with databases(server_url) as make:
        yield make


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as changes:
        yield changes


@pytest.fixture(scope="module")
def project(
    airflow_home: Path, kept_database: Callable[..., str], patch: pytest.MonkeyPatch
) -> Callable[[str, str, str], Migration]:
    """Makes a migration out of a project beside these tests and two databases."""

    def make(name: str, source_url: str, target_url: str) -> Migration:
        return migrate(patch, PROJECTS, name, source_url, target_url, kept_database(f"{name}_ledger"))

    return make
