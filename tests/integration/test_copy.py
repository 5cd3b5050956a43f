"""The pump: what goes through, what breaks it, and what is left of both sessions afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.moving import execute, fetch

from golive.databases import connect
from golive.databases.postgresql.copy import pump
from golive.databases.relation import RowsRefused
from golive.errors import IdentityBroken, StreamBroken

MANY = sql.SQL("select n, repeat('x', 1000) as v from generate_series(1, 20000) n")
T = sql.SQL("t (id, v)")


@pytest.fixture
def sessions(pair: tuple[str, str]) -> Iterator[tuple[Any, Any]]:
    execute(pair[1], "create table t (id int primary key, v text)")
    with ExitStack() as stack:
        yield (
            stack.enter_context(connect(pair[0], name="old").session(read_only=True)),
            stack.enter_context(connect(pair[1], name="new").session()),
        )


def alive(sessions: tuple[Any, Any]) -> bool:
    return all(session.execute("select 1").fetchone() == (1,) for session in sessions)


def test_bytes_go_through_and_are_counted(sessions: tuple[Any, Any]) -> None:
    seen: list[int] = []
    assert pump(*sessions, MANY, T, seen.append) == 20_000
    assert sum(seen) > 19_000_000 and max(seen) < 300_000
    assert pump(*sessions, sql.SQL("select 1, '' where false"), T) == 0
    assert pump(*sessions, sql.SQL("select 0, repeat('y', 30000000)"), T) == 1
    assert alive(sessions)


def test_an_interrupted_pump_leaves_both_sessions_in_order(sessions: tuple[Any, Any], pair: tuple[str, str]) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pump(*sessions, MANY, T, interrupt)
    assert alive(sessions)
    assert fetch(pair[1], "select count(*) from t") == [(0,)]


def test_a_row_that_the_source_cannot_give(sessions: tuple[Any, Any], pair: tuple[str, str]) -> None:
    late = sql.SQL("select n, (1 / (19999 - n))::text || repeat('x', 1000) from generate_series(1, 20000) n")
    with pytest.raises(RowsRefused) as refused:
        pump(*sessions, late, T)
    assert (refused.value.side, refused.value.state) == ("source", "22012")
    assert alive(sessions)
    assert fetch(pair[1], "select count(*) from t") == [(0,)]


def test_a_row_that_the_target_refuses(sessions: tuple[Any, Any], pair: tuple[str, str]) -> None:
    twice = sql.SQL("select n % 19000, repeat('x', 1000) from generate_series(1, 20000) n")
    with pytest.raises(RowsRefused) as refused:
        pump(*sessions, twice, T)
    assert (refused.value.side, refused.value.state, refused.value.detail) == ("target", "23505", "t_pkey")
    assert alive(sessions)
    assert fetch(pair[1], "select count(*) from t") == [(0,)]


def test_two_counts_that_differ(sessions: tuple[Any, Any], pair: tuple[str, str]) -> None:
    execute(
        pair[1],
        "create function skip() returns trigger language plpgsql as $$ begin return null; end $$",
        "create trigger skip before insert on t for each row when (new.id = 5) execute function skip()",
    )
    with pytest.raises(IdentityBroken, match="sent 20000 rows and the target took 19999"):
        pump(*sessions, MANY, T)


@pytest.mark.parametrize("side", [0, 1])
def test_a_session_that_is_ended_in_the_middle(sessions: tuple[Any, Any], pair: tuple[str, str], side: int) -> None:
    def end(_: int) -> None:
        with psycopg.connect(pair[side], autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(%s, 10000)", (sessions[side].info.backend_pid,))

    many = sql.SQL("select n, repeat('x', 1000) as v from generate_series(1, 100000) n")
    with pytest.raises(StreamBroken, match=r"the (source|target) went away in mid-copy"):
        pump(*sessions, many, T, end)
    assert sessions[1 - side].execute("select 1").fetchone() == (1,)
    assert fetch(pair[1], "select count(*) from t") == [(0,)]
