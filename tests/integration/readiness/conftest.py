"""Roles of a server that may sign in, and sites whose rows have crossed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from tests.conftest import databases
from tests.dags.runs import execute
from tests.integration.readiness.passing import SOURCE, TARGET, TEXT, Suites, cross, like, looked
from tests.integration.readiness.preparing import School
from tests.integration.readiness.reviewing import loaded
from tests.integration.readiness.site import Place, site_of
from tests.migration import rows

from golive.ledger import Ledger
from golive.results import CheckResult

EMPTY = "empty_ledger"


@pytest.fixture
def role(pair: tuple[str, str]) -> Iterator[Callable[..., str]]:
    """Makes a role, with these rights on the source or another database; gives its name, which is its password too."""
    made: list[tuple[str, str]] = []

    def make(*rights: str, url: str = pair[0]) -> str:
        name = f"golive_test_{os.getpid()}_{time.monotonic_ns()}"
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"create role {name} login password '{name}'")  # type: ignore[call-overload]
            made.append((url, name))
            for right in rights:
                admin.execute(right.format(role=name))  # type: ignore[call-overload]
        return name

    yield make
    for _, name in made:
        for url in pair:
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(f"reassign owned by {name} to current_user; drop owned by {name}")  # type: ignore[call-overload]
    for url, name in made:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"drop role {name}")  # type: ignore[call-overload]


def as_role(url: str, name: str) -> str:
    """The URL with which this role signs in."""
    return make_url(url).set(username=name, password=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def copied(server_url: Callable[[str], str]) -> Iterator[Callable[[Callable[..., str]], Place]]:
    """Makes sites whose rows people can review."""
    with loaded(server_url) as copy:
        yield copy


@pytest.fixture
def site(copied: Callable[[Callable[..., str]], Place], new_database: Callable[..., str]) -> Place:
    """A project whose rows are across, and whose departments review them, where a file has no site of its own."""
    return copied(new_database)


@pytest.fixture(scope="session")
def crossed(server_url: Callable[[str], str]) -> Iterator[Place]:
    """The same, for all tests that only read both sides; the ledger is nobody's."""
    with databases(server_url) as make:
        source, target = make("source"), make("target")
        execute(source, SOURCE)
        execute(target, TARGET)
        made = site_of(TEXT, source, target, make(EMPTY), stage="data_validation_initial")
        cross(made)
        yield made


@pytest.fixture(scope="session")
def well(crossed: Place) -> list[CheckResult]:
    """What Golive's own checks say of that site: all of them pass."""
    return list(looked(crossed).values())


@pytest.fixture
def still(crossed: Place, server_url: Callable[[str], str], new_database: Callable[..., str]) -> Place:
    """That site with a ledger of its own, a copy of the one that nothing was written into."""
    (name,) = rows(server_url("postgres"), f"select datname from pg_database where datname like '%{EMPTY}'")
    return like(crossed, ledger=Ledger(new_database("ledger", f'template "{name[0]}"')))


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suites:
    return Suites(tmp_path, monkeypatch)


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source("create table t (id int primary key, name text)", "insert into t values (1, 'a'), (2, 'b')")
    made.on_target("create table t (id int primary key, name text)")
    return made
