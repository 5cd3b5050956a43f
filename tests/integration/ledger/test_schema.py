"""The ledger's own schema: how it is made, by how many at once, and where it is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from tests.integration.ledger.writing import note

from golive.errors import Terminal
from golive.ledger import Ledger
from golive.ledger.migrate import _LOCK as _MIGRATE_LOCK
from golive.ledger.tables import SCHEMA, metadata


def test_a_ledger_that_is_not_migrated_says_what_to_do(url: str) -> None:
    with Ledger(url) as ledger:
        for call in (ledger.head, ledger.verify, ledger.entries, lambda: note(ledger)):
            with pytest.raises(Terminal, match="run `golive ledger migrate`"):
                call()


def test_migrating_twice_changes_nothing(ledger: Ledger) -> None:
    note(ledger)
    ledger.migrate()
    assert ledger.verify() == 1


def test_migrating_at_once_from_many_processes(url: str) -> None:
    """Each starts its upgrade when the lock that all of them wait for is given free."""
    program = "import sys; from golive.ledger import Ledger; Ledger(sys.argv[1]).migrate()"
    waiting = (
        "select count(*) from pg_sleep(0.02), pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute("select pg_advisory_xact_lock(%s)", [_MIGRATE_LOCK])
        started = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, url]) for _ in range(2)]
        while watcher.execute(waiting).fetchone() != (2,):
            assert all(process.poll() is None for process in started)
        holder.rollback()
        assert [process.wait(60) for process in started] == [0, 0]
    with Ledger(url) as ledger:
        assert note(ledger).seq == 1


def test_two_ledgers_are_migrated_at_once_by_threads(new_database: Callable[..., str]) -> None:
    urls = [new_database(f"ledger{number}") for number in range(2)] * 2
    start = threading.Barrier(len(urls))

    def migrated(url: str) -> int:
        with Ledger(url) as ledger:
            start.wait()
            ledger.migrate()
            return ledger.verify()

    with ThreadPoolExecutor(len(urls)) as pool:
        assert list(pool.map(migrated, urls)) == [0, 0, 0, 0]


def test_the_tables_are_what_the_migrations_make(ledger: Ledger, url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        options = {"include_schemas": True, "version_table_schema": SCHEMA, "include_name": _only_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def _only_ours(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "schema" or name == SCHEMA


def test_a_newer_schema_is_left_alone(ledger: Ledger, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("update ledger.alembic_version set version_num = '9999'")
    with pytest.raises(Terminal, match="migrated by a newer Golive"):
        ledger.migrate()


def test_a_database_that_cannot_hold_every_name_is_refused(new_database: Callable[..., str]) -> None:
    url = new_database("latin", "encoding 'LATIN1' locale 'C' template template0")
    with Ledger(url) as ledger, pytest.raises(Terminal, match="encoded in LATIN1"):
        ledger.migrate()


def test_another_engine_than_postgresql_is_refused() -> None:
    with pytest.raises(Terminal, match="needs PostgreSQL, not 'sqlite'"):
        Ledger("sqlite:///x")
