"""Increments: what a cursor brings, what its bound may never pass, and what the sweep is for."""

from __future__ import annotations

import time

import psycopg
import pytest
from tests.moving import Move, clean, execute, fetch, same

from golive.errors import PlanError
from golive.transfer import Mode

MOMENT = "timestamptz '2025-03-01 12:00:00+00'"
TABLE = "create table t (id int primary key, v text, at timestamptz)"
ALL = "select id, v, at from t"


def moved(pair: tuple[str, str], ddl: str = TABLE, **limits: int) -> Move:
    execute(pair[0], ddl)
    execute(pair[1], ddl)
    return Move(pair, [{"target": "t", "cursor": "at"}], limits)


def test_fifty_thousand_rows_of_one_moment_and_later_ones_at_that_moment(pair: tuple[str, str]) -> None:
    move = moved(pair, overlap_seconds=0)
    execute(pair[0], f"insert into t select n, 'v' || n, {MOMENT} from generate_series(1, 50000) n")
    assert move.run()["t"].moved.inserted == 50_000
    execute(pair[0], f"insert into t select n, 'w' || n, {MOMENT} from generate_series(50001, 53000) n")
    second = move.run()["t"]
    assert second.kind == "load"
    assert (second.moved.inserted, second.moved.updated) == (3000, 0)
    assert same(move, ALL) == 53_000
    chunks = [line["rows"] for line in move.checkpoints() if line["increment"] == 2]
    assert len(chunks) == 53 and {chunk["order"] for chunk in chunks} == {"cursor"}


def test_an_increment_reads_from_its_cursor_and_not_everything(pair: tuple[str, str]) -> None:
    move = moved(pair)
    execute(pair[0], f"insert into t select n, 'v', {MOMENT} + n * interval '1 hour' from generate_series(1, 1000) n")
    move.run()
    execute(
        pair[0],
        f"insert into t values (2001, 'new', {MOMENT} + interval '50 days')",
        f"update t set v = 'changed', at = {MOMENT} + interval '50 days' where id = 3",
    )
    settled = move.run()["t"]
    assert (settled.moved.inserted, settled.moved.updated) == (1, 1)
    assert settled.moved.read == 3  # the two, and the one at the last bound
    same(move, ALL)


def test_rows_without_a_cursor_come_with_every_increment(pair: tuple[str, str]) -> None:
    move = moved(pair)
    execute(
        pair[0], f"insert into t values (1, 'a', null), (2, 'b', {MOMENT}), (3, 'c', 'infinity'), (4, 'd', '-infinity')"
    )
    move.run()
    execute(pair[0], "update t set v = v || '!' where id in (1, 3, 4)", f"insert into t values (5, 'e', {MOMENT})")
    settled = move.run()["t"]
    assert settled.kind == "load" and settled.moved.updated == 3 and settled.moved.inserted == 1
    same(move, ALL)


@pytest.mark.parametrize(
    ("kind", "first", "later"),
    [
        ("date", "date '2025-01-01' + n % 3", "date '2025-01-03'"),
        ("bigint", "n", "1000"),
        ("timestamp", "timestamp '2025-01-01' + n * interval '1 s'", "timestamp '2025-01-02'"),
        ("text", "lpad(n::text, 5, '0')", "'00100'"),
        ("numeric", "n / 7.0", "99"),
    ],
)
def test_other_cursors(pair: tuple[str, str], kind: str, first: str, later: str) -> None:
    move = moved(pair, f"create table t (id int primary key, v text, at {kind})", chunk_rows=100)
    execute(pair[0], f"insert into t select n, 'v', {first} from generate_series(1, 500) n")
    move.run()
    execute(
        pair[0], f"insert into t values (1001, 'late', {later})", f"update t set v = 'x', at = {later} where id = 1"
    )
    settled = move.run()["t"]
    assert settled.kind == "load" and settled.moved.inserted >= (0 if kind == "text" else 1)
    if kind == "text":  # below the bound, where only a sweep looks
        move.sweep()
    same(move, ALL)
    assert clean(move.sweep())


def test_the_overlap_brings_a_row_whose_clock_was_late(pair: tuple[str, str]) -> None:
    move = moved(pair, overlap_seconds=60)
    execute(pair[0], f"insert into t values (1, 'a', {MOMENT})")
    move.run()
    execute(pair[0], f"insert into t values (2, 'b', {MOMENT} - interval '59 s'), (3, 'c', {MOMENT} - interval '61 s')")
    assert move.run()["t"].moved.inserted == 1
    assert move.sweep()["t"].moved.inserted == 1
    same(move, ALL)


def test_a_table_without_a_cursor_is_compared(pair: tuple[str, str]) -> None:
    for url in pair:
        execute(url, "create table t (id int primary key, v text)")
    move = Move(pair, [{"target": "t"}])
    execute(pair[0], "insert into t select n, 'v' from generate_series(1, 3000) n")
    assert move.run()["t"].kind == "load"
    execute(
        pair[0], "update t set v = 'x' where id = 7", "delete from t where id = 8", "insert into t values (4000, 'n')"
    )
    settled = move.run()["t"]
    assert settled.kind == "sweep"
    assert (settled.moved.inserted, settled.moved.updated, settled.moved.deleted) == (1, 1, 1)
    same(move, "select id, v from t")


def test_a_late_commit_arrives_with_the_next_increment(pair: tuple[str, str]) -> None:
    move = moved(pair, overlap_seconds=0)
    execute(pair[0], f"insert into t values (1, 'a', {MOMENT})")
    move.run()
    with psycopg.connect(pair[0]) as late:
        late.execute("select 1")  # begun, and nothing written yet
        execute(pair[0], f"insert into t values (2, 'b', {MOMENT} + interval '2 h')")
        started = time.monotonic()
        move.run(wait=1)
        assert time.monotonic() - started >= 1
        ((bound,),) = fetch(pair[1], "select bound from golive.progress")
        assert bound == "2025-03-01 12:00:00+00"
        late.execute(f"insert into t values (3, 'c', {MOMENT} + interval '1 h')")
    move.run()
    assert same(move, ALL) == 3


def test_a_candidate_becomes_the_bound_when_its_transactions_have_ended(pair: tuple[str, str]) -> None:
    move = moved(pair, overlap_seconds=0)
    execute(pair[0], f"insert into t values (1, 'a', {MOMENT})")
    move.run()
    first, second = psycopg.connect(pair[0]), psycopg.connect(pair[0])
    first.execute("select 1")
    execute(pair[0], f"insert into t values (2, 'b', {MOMENT} + interval '1 h')")
    move.run(wait=0)
    second.execute("select 1")  # always one open, never the same: the first candidate must not starve
    execute(pair[0], f"insert into t values (3, 'c', {MOMENT} + interval '2 h')")
    move.run(wait=0)
    first.close()
    move.run(wait=0)
    assert {row[0] for row in fetch(pair[1], "select id from t")} == {1, 2}
    second.close()
    move.run()
    assert same(move, ALL) == 3


def test_a_prepared_transaction_holds_the_bound(pair: tuple[str, str]) -> None:
    move = moved(pair, overlap_seconds=0)
    execute(pair[0], f"insert into t values (1, 'a', {MOMENT})")
    move.run()
    execute(
        pair[0],
        f"begin; insert into t values (2, 'b', {MOMENT} + interval '1 h'); prepare transaction 'g'",
        f"insert into t values (3, 'c', {MOMENT} + interval '2 h')",
    )
    move.run(wait=0)
    assert fetch(pair[1], "select bound from golive.progress") == [("2025-03-01 12:00:00+00",)]
    execute(pair[0], "commit prepared 'g'")
    move.run()
    assert same(move, ALL) == 3


def test_a_retry_copies_the_same_range(pair: tuple[str, str]) -> None:
    move = moved(pair)
    execute(pair[0], f"insert into t values (1, 'a', {MOMENT})")
    move.run()
    execute(pair[0], f"insert into t values (2, 'b', {MOMENT} + interval '1 d')")
    move.open(run="again")
    execute(pair[0], f"insert into t values (3, 'c', {MOMENT} + interval '2 d')")
    assert [opened.says for opened in move.open(run="again")] == ["goes on with increment 2: 0 of 1 chunks"]
    move.lane()
    assert {row[0] for row in fetch(pair[1], "select id from t")} == {1, 2}
    move.settle()
    move.run()
    same(move, ALL)


def test_older_rows_first_and_the_rest_when_it_is_time(pair: tuple[str, str]) -> None:
    move = moved(pair)
    move.tables[0]["older_than"] = "id <= 500"
    execute(pair[0], f"insert into t select n, 'v', {MOMENT} from generate_series(1, 1000) n")
    assert move.run(Mode.OLDER)["t"].moved.inserted == 500
    execute(pair[0], f"update t set v = 'x', at = {MOMENT} + interval '1 h' where id in (5, 700)")
    assert move.run(Mode.OLDER)["t"].moved.updated == 1
    settled = move.run()["t"]
    assert settled.moved.inserted == 500
    same(move, ALL)
    assert clean(move.sweep())


def test_a_cursor_that_fails_on_a_row_is_named(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int primary key, v text, at text)")
    move.tables[0]["cursor"] = "cast(at as date)"
    execute(pair[0], "insert into t values (1, 'a', '2025-01-01'), (2, 'b', 'soon')")
    with pytest.raises(PlanError, match=r"table public\.t: .*22007.*`cursor`"):
        move.run()
