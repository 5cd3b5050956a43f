"""Queries and statements that a project file brings along: counted, bounded, and unable to do more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from golive.databases import Database, connect
from golive.databases.postgresql import asking
from golive.errors import NotPermitted, Terminal


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    made = new_database("asked")
    with psycopg.connect(made) as connection:
        connection.execute("create table lock_ (id int primary key, who text)")
        connection.execute(
            "insert into lock_ select n, case when n > 1 then 'user ' || n end from generate_series(1, 5) n"
        )
    return made


@pytest.fixture
def database(url: str) -> Database:
    return connect(url, name="asked")


@pytest.fixture
def session(database: Database) -> Iterator[Any]:
    with database.session() as connection:
        yield connection


def left(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from lock_").fetchone()
    assert row is not None
    return int(row[0])


def test_every_row_counts_and_the_first_are_shown_as_the_server_writes_them(database: Database, session: Any) -> None:
    query = "with l as (select * from lock_) select id, who, date '2026-02-01' from l order by id; "
    asked = database.asking.rows(session, query, 2)
    assert asked.count == 5
    assert asked.examples == (("1", None, "2026-02-01"), ("2", "user 2", "2026-02-01"))
    assert database.asking.rows(session, "select 1 from lock_ -- all of them", 0).examples == ()
    assert database.asking.rows(session, "select who from lock_ where who like '%9%'", 3).count == 0


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select 1; delete from lock_", "cannot insert multiple commands|syntax error"),
        ("select 1) x; delete from lock_; select (select 1", "cannot insert multiple commands|syntax error"),
        ("with gone as (delete from lock_ returning 1) select * from gone", "must be at the top level"),
        ("select setval('s', 9)", "read-only transaction"),
        ("select * from nowhere", 'relation "nowhere" does not exist'),
        ("select 1 from lock_ where who::int = 1", "InvalidTextRepresentation, SQLSTATE 22P02"),
        ("select pg_sleep(60)", "did not end within 1 s"),
    ],
)
def test_a_query_reads_one_thing_and_fails_without_a_value(
    database: Database, session: Any, url: str, monkeypatch: pytest.MonkeyPatch, query: str, says: str
) -> None:
    session.execute("create sequence s")
    monkeypatch.setattr(asking, "SECONDS", 1)
    with pytest.raises(Terminal, match=says) as raised:
        database.asking.rows(session, query, 1)
    assert "user 2" not in raised.value.message
    assert left(url) == 5
    assert database.asking.rows(session, "select 1", 1).count == 1  # the session goes on


LOCKS = "select * from lock_ where who is not null"


def test_what_is_removed_is_gone_and_doing_it_again_changes_nothing(database: Database, session: Any, url: str) -> None:
    database.asking.remove(session, LOCKS, "delete from lock_ where who is not null;", 4)
    assert left(url) == 1
    database.asking.remove(session, LOCKS, "delete from lock_", 4)
    assert left(url) == 1


def test_what_is_marked_as_gone_instead_counts_as_removed(database: Database, session: Any, url: str) -> None:
    database.asking.remove(session, LOCKS, "update lock_ set who = null where who is not null", 4)
    assert left(url) == 5 and database.asking.rows(session, LOCKS, 0).count == 0


@pytest.mark.parametrize(
    ("statement", "expected", "error", "says"),
    [
        ("delete from lock_ where who is not null", 3, NotPermitted, "3 were found and approved, and 4 are there now"),
        ("delete from lock_ where id = 2", 4, NotPermitted, "4 were found and approved, and the statement changes 1"),
        ("update lock_ set id = id where who is not null", 4, NotPermitted, "leaves 4 of 4: it was rolled back"),
        ("delete from lock_", 4, NotPermitted, "4 were found and approved, and the statement changes 5 rows"),
        ("update lock_ set who = null", 4, NotPermitted, "and the statement changes 5 rows"),
        ("truncate lock_", 4, NotPermitted, "is no DELETE and no UPDATE: it was rolled back"),
        ("with gone as (delete from lock_ returning 1) select 1 from gone", 4, NotPermitted, "no DELETE and no UPDATE"),
        ("delete from lock_; delete from lock_", 4, Terminal, "multiple commands"),
        ("delete from lock_ where who::int = 1", 4, Terminal, "SQLSTATE 22P02"),
    ],
)
def test_what_is_not_exactly_as_approved_removes_nothing(
    database: Database, session: Any, url: str, statement: str, expected: int, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        database.asking.remove(session, LOCKS, statement, expected)
    assert left(url) == 5
