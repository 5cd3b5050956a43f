"""Quarantine: exactly the rows that cannot be migrated, by key and reason, and out again when they can."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.moving import Move, clean, execute, fetch, same

SOURCE = """
create table p (id int primary key);
insert into p select n from generate_series(1, 3000) n where n <> 77;
create table t (id int, code text, n text, v text, p int, taken int);
insert into t select n, 'c' || n, n::text, 'v', n, n from generate_series(1, 3000) n
"""
TARGET = """
create type mood as enum ('v', 'w');
create table p (id int primary key check (id <> 78));
create table t (id int primary key, code varchar(5) unique, n int check (n > 0), v mood not null, p int references p,
  taken int, origin text default 'old')
"""
TABLES = [{"target": "p"}, {"target": "t", "key": ["id"], "owns": "origin = 'old'"}]


@pytest.fixture
def move(pair: tuple[str, str]) -> Move:
    execute(pair[0], SOURCE)
    execute(pair[1], TARGET, "insert into p values (-1)", "insert into t values (2000, 'own', 1, 'v', -1, 0, 'new')")
    tables = [dict(TABLES[0], owns="id > 0"), TABLES[1]]
    return Move(pair, tables, {"chunk_rows": 500})


PLANTED = {
    "insert into t values (9001, 'x1', 'nine', 'v', 1, 1)": (("9001",), "unreadable", "22P02"),
    "insert into t values (9002, 'x2', '99999999999', 'v', 1, 1)": (("9002",), "unreadable", "22003"),
    "insert into t values (9003, 'x3', '-1', 'v', 1, 1)": (("9003",), "refused", "23514"),
    "insert into t values (9004, 'x4', '1', null, 1, 1)": (("9004",), "refused", "23502"),
    "insert into t values (9005, 'x5', '1', 'z', 1, 1)": (("9005",), "refused", "22P02"),
    "insert into t values (9006, 'toolong', '1', 'v', 1, 1)": (("9006",), "refused", "22001"),
    "insert into t values (9007, 'x7', '1', 'v', 5555, 1)": (("9007",), "refused", "23503"),
    "insert into t values (9008, 'c8', '1', 'v', 1, 1)": (("9008",), "refused", "23505"),
    "insert into t values (9009, 'x9', '1', 'v', 1, 1), (9009, 'y9', '1', 'v', 1, 1)": (("9009",), "duplicate", None),
    "insert into t values (null, 'x0', '1', 'v', 1, 1)": ((None,), "no key", None),
}
NATIVE = {("2000",): "taken", ("77",): "23503", ("78",): "23503"}


def test_every_kind_exactly(move: Move) -> None:
    execute(move.urls[0], *PLANTED)
    move.run()
    for _ in range(2):
        found = {key: (held.reason, held.state) for key, held in move.held("public.t").items()}
        expected = {key: (reason, state) for key, reason, state in PLANTED.values()}
        for key, why in NATIVE.items():
            expected[key] = ("taken", None) if why == "taken" else ("refused", why)
        assert found == expected
        assert move.held("public.p").keys() == {("78",)}
        assert {held.rows for key, held in move.held("public.t").items() if key == ("9009",)} == {2}
        assert clean(move.sweep())
    bad = ", ".join(str(key[0]) for key in (*expected,) if key[0])
    columns = "id, code, n::int as n, v::text as v, p, taken"
    good = f"select {columns} from t where id not in ({bad})"
    assert same(move, good, f"select {columns} from t where origin = 'old'") == 2997
    assert fetch(move.urls[1], "select code from t where id = 2000") == [("own",)]
    assert fetch(move.urls[1], "select count(*) from t where origin = 'new'") == [(1,)]


def test_quarantine_keeps_no_values(move: Move) -> None:
    execute(move.urls[0], *PLANTED)
    move.run()
    lines = str(fetch(move.urls[1], "select q::text from golive.quarantine q"))
    assert "nine" not in lines and "toolong" not in lines


def test_corrected_rows_come_out(move: Move) -> None:
    execute(move.urls[0], *PLANTED)
    move.run()
    execute(
        move.urls[0],
        "delete from t where id is null or (id = 9009 and code = 'y9')",
        "delete from t where id = 9006",
        "insert into p values (77), (5555)",
        "update t set n = '1' where id in (9001, 9002, 9003)",
        "update t set v = 'w' where id in (9004, 9005)",
        "update t set code = 'y8' where id = 9008",
    )
    move.run()
    assert move.held("public.t").keys() == {("2000",), ("78",)}
    columns = "id, code, n::int as n, v::text as v, p, taken"
    same(move, f"select {columns} from t where id not in (2000, 78)", f"select {columns} from t where origin = 'old'")


def test_a_good_row_that_becomes_bad_is_held(move: Move) -> None:
    move.run()
    execute(move.urls[0], "update t set n = 'bad' where id = 5", "update t set v = 'z' where id = 6")
    swept = move.sweep()["t"]
    assert swept.facts["held"] == 2 and swept.moved.deleted == 0
    assert {("5",), ("6",)} <= move.held("public.t").keys()
    assert fetch(move.urls[1], "select id, n, v::text from t where id in (5, 6) order by 1") == [
        (5, 5, "v"),
        (6, 6, "v"),
    ]
    execute(move.urls[0], "delete from t where id = 5", "update t set v = 'w' where id = 6")
    move.sweep()
    move.sweep()
    assert fetch(move.urls[1], "select id, v::text from t where id in (5, 6)") == [(6, "w")]


def test_a_parent_in_a_later_chunk_of_the_same_table(pair: tuple[str, str]) -> None:
    execute(
        pair[0],
        "create table t (id int primary key, up int)",
        "insert into t select n, case when n <= 9900 then n + 100 end from generate_series(1, 10000) n",
    )
    execute(pair[1], "create table t (id int primary key, up int references t)")
    move = Move(pair, [{"target": "t"}], {"chunk_rows": 100})
    move.open()
    assert len(move.checkpoints()) == 100
    move.lane()
    settled = move.settle()["t"]
    assert settled.quarantined == 0 and settled.moved.inserted == 10_000
    assert same(move, "select * from t") == 10_000


def test_a_cycle_of_foreign_keys(pair: tuple[str, str]) -> None:
    ddl = ["create table a (id int primary key, b int)", "create table b (id int primary key, a int)"]
    for url in pair:
        execute(url, *ddl)
    execute(pair[1], "alter table a add foreign key (b) references b", "alter table b add foreign key (a) references a")
    execute(
        pair[0],
        "insert into a select n, nullif(n % 2 * n, 0) from generate_series(1, 300) n",
        "insert into b select n, nullif((1 - n % 2) * n, 0) from generate_series(1, 300) n",
        "insert into a values (1001, 1002)",
        "insert into b values (1003, 1001)",
    )
    move = Move(pair, [{"target": "a"}, {"target": "b"}], {"chunk_rows": 100})
    move.run()
    assert move.held("public.a").keys() == {("1001",)} and move.held("public.b").keys() == {("1003",)}
    same(move, "select * from a where id < 1000 union all select * from b where id < 1000")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_source_of_another_encoding(new_database: Callable[..., str], encoding: str) -> None:
    options = f"encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0"
    urls = (new_database("source", options), new_database("target"))
    ddl = "create table t (id text primary key, v text, w text[])"
    with psycopg.connect(urls[0], autocommit=True, client_encoding=encoding) as old:
        old.execute(ddl)
        old.execute("insert into t select 'k' || n, 'v' || n, array['w'] from generate_series(1, 600) n")
        latin = b"insert into t values ('bad', 'M\xfcller', null), ('worse', '', array['\xe9'])"
        old.pgconn.exec_(latin)
        if encoding == "LATIN1":
            old.pgconn.exec_(b"insert into t values ('\xfc', '\xfc', null), ('\xe9', '', null)")
    execute(urls[1], ddl)
    move = Move(urls, [{"target": "t"}], {"chunk_rows": 100})
    move.run()
    execute(
        urls[1],
        "delete from t where id = 'k7'",
        "update t set v = '€' where id = 'k8'",
        "insert into t values ('€', 'only here', null)",
    )
    swept = move.sweep()["t"]
    assert (swept.facts["missing"] - swept.quarantined, swept.facts["different"], swept.moved.deleted) == (1, 1, 1) or (
        encoding == "SQL_ASCII" and swept.moved.deleted == 1
    )
    assert clean(move.sweep())
    states = {key: held.state for key, held in move.held("public.t").items()}
    assert states == ({("bad",): "22021", ("worse",): "22021"} if encoding == "SQL_ASCII" else {})
    good = "select * from t where id not in ('bad', 'worse')" if encoding == "SQL_ASCII" else "select * from t"
    assert same(move, good) == (600 if encoding == "SQL_ASCII" else 604)


def test_a_key_that_is_called_not_null_and_was_never_looked_at(pair: tuple[str, str]) -> None:
    execute(pair[0], "create table t (id int unique, v int)", "insert into t values (1, 1), (null, 2)")
    execute(pair[1], "create table t (id int primary key, v int)")
    with psycopg.connect(pair[0]) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("this server knows no NOT NULL that is not valid")
    execute(pair[0], "alter table t add constraint given not null id not valid")
    move = Move(pair, [{"target": "t"}])
    move.run()
    (held,) = move.held("public.t").values()
    assert (held.key, held.reason, held.rows) == ((None,), "no key", 1)
    assert clean(move.sweep())
