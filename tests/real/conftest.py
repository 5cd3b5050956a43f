"""One migration for a module: loaded, moved and opened once, then looked at by many tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.migration import Migration, migrate
from tests.real.data import PROJECTS


@pytest.fixture(scope="module")
def databases(server_url: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """Makes an empty database and gives its URL; all are dropped after the module's last test."""
    made: list[str] = []

    def make(label: str) -> str:
        name = f"golive_real_{os.getpid()}_{label}"
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            admin.execute(f'create database "{name}"')
        made.append(name)
        return server_url(name)

    yield make
    with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
        for name in made:
            admin.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as changes:
        yield changes


@pytest.fixture(scope="module")
def project(
    airflow_home: Path, databases: Callable[[str], str], patch: pytest.MonkeyPatch
) -> Callable[[str, str, str], Migration]:
    """Makes a migration out of a project beside these tests and two databases."""

    def make(name: str, source_url: str, target_url: str) -> Migration:
        return migrate(patch, PROJECTS, name, source_url, target_url, databases(f"{name}_ledger"))

    return make
