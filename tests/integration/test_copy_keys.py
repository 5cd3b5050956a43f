"""Chunks by every kind of key: cut small, changed on both sides, swept, and equal to independent eyes."""

from __future__ import annotations

import psycopg
import pytest
from tests.moving import Move, clean, execute, fetch, same

from golive.keys import Chunk, chunks
from golive.transfer import Mode

# Texts that a careless literal would break, and that collations order differently.
ODD = """(array['a', 'B', 'A', 'b', '_', ' ', '', '''', '"', ',', '{', '}', '{}', '\\', '\\\\"', 'NULL', 'null', '%s',
E'\\n', E'\\t', E'\\x01', 'é', 'z', 'ä', 'Ä', '漢', '😀', '--', '/*', '$1',
E'\\\\N', '(', ')'])[1 + n % 33] || n / 33"""

KEYS = {
    "int": "n * 3 - 500",
    "smallint": "n - 200",
    "bigint": "(n - 200)::bigint * 9000000000",
    "text": ODD,
    "varchar(40)": ODD,
    "char(12)": "lpad(n::text, 3 + n % 7, 'x') || chr(97 + n % 26)",
    "uuid": "md5(n::text)::uuid",
    "date": "date '2000-01-01' + n * 17",
    "timestamptz": "timestamptz '2000-01-01' + n * interval '1 hour 3.000001 s'",
    "timestamp": "timestamp '2000-01-01 BC' + n * interval '11 months'",
    "time": "time '00:00' + n * interval '3 min'",
    "numeric": "(n - 200)::numeric / 7",
    "numeric(12, 3)": "(n - 200) / 8.0",
    "float8": "(n - 200)::float8 / 7",
    "bytea": "decode(md5(n::text), 'hex') || '\\x00'",
    "inet": "inet '10.0.0.0' + n * 777",
    "interval": "n * interval '25 hours'",
    "bit(16)": "n::bit(16)",
    "code": "'c' || n",
    "int4range": "int4range(n, n + 5)",
}


def filled(url: str, select: str) -> None:
    """400 rows in the table, and 20 more beside it."""
    execute(
        url,
        f"insert into t {select} from generate_series(1, 400) n",
        f"create table spare as {select} from generate_series(401, 420) n",
    )


def checked(move: Move, expected: str = "select * from t") -> None:
    move.limits["chunk_rows"] = 100
    assert move.run(Mode.OLDER)["t"].moved.inserted == 400
    assert len(move.checkpoints()) == 4
    execute(
        move.urls[0],
        "update t set v = 'changed' where n % 37 = 0",
        "delete from t where n % 41 = 0",
        "insert into t select * from spare",
    )
    execute(move.urls[1], "delete from t where n % 43 = 0", "update t set v = 'ours' where n % 47 = 0")
    move.sweep()
    assert clean(move.sweep())
    assert same(move, expected) == 400 - 9 + 20
    assert not move.held("public.t")


@pytest.mark.parametrize("kind", KEYS)
def test_one_column(pair: tuple[str, str], kind: str) -> None:
    for url in pair:
        execute(url, "create domain code as text", f"create table t (id {kind} primary key, n int, v text)")
    fill = f"select {KEYS[kind]} as id, n as n, 'v' as v"
    filled(pair[0], fill)
    checked(Move(pair, [{"target": "t", "key": ["id"]}]))


def test_several_columns(pair: tuple[str, str]) -> None:
    ddl = "create table t (a text, b int, c date, d bool, n int, v text, primary key (c, a, b, d))"
    for url in pair:
        execute(url, ddl)
    fill = "select chr(64 + n % 50) as a, n % 3 as b, date '2025-01-01' + n / 7 as c, n % 2 = 0 as d, n, 'v' as v"
    filled(pair[0], fill)
    checked(Move(pair, [{"target": "t", "key": ["d", "a", "c", "b"]}]))


def test_an_enum_that_the_two_sides_order_differently(pair: tuple[str, str]) -> None:
    labels = [f"'{letter}{number}'" for letter in "zAbY" for number in range(105)]
    for url, order in zip(pair, (labels, sorted(labels, reverse=True)), strict=True):
        execute(
            url, f"create type mood as enum ({', '.join(order)})", "create table t (id mood primary key, n int, v text)"
        )
    fill = "select (enum_range(null::mood))[n] as id, n, 'v' as v"
    filled(pair[0], fill)
    checked(Move(pair, [{"target": "t"}]))


def test_a_collation_on_one_side(pair: tuple[str, str]) -> None:
    collation = "icu" if fetch(pair[0], "select from pg_collation where collname = 'en-x-icu'") else "en_US"
    try:
        execute(
            pair[0],
            "create table t (id text collate "
            + {"icu": '"en-x-icu"', "en_US": '"en_US"'}[collation]
            + " primary key, n int, v text)",
        )
    except psycopg.errors.UndefinedObject:
        pytest.skip("this server has no collation but C's: built without ICU, and no locale is installed")
    execute(pair[1], 'create table t (id text collate "C" primary key, n int, v text)')
    fill = f"select {ODD} as id, n as n, 'v' as v"
    filled(pair[0], fill)
    checked(Move(pair, [{"target": "t"}]))


def test_a_table_beside_the_key_of_another_type(pair: tuple[str, str]) -> None:
    execute(pair[0], "create table t (id int primary key, n int, v text)")
    execute(pair[1], "create table t (id text primary key, n int, v text)")
    fill = "select n * 7 as id, n, 'v'"
    filled(pair[0], fill)
    checked(Move(pair, [{"target": "t"}]), "select id::text as id, n, v from t")


def test_chunks_cover_every_key_once() -> None:
    assert chunks([]) == [Chunk()]
    assert chunks([("1",), ("5",)]) == [Chunk(None, ("1",)), Chunk(("1",), ("5",)), Chunk(("5",), None)]
