"""The plan's fingerprint, and what happens when it changes under a checkpoint."""

from __future__ import annotations

import pytest
from tests.integration.two_sides import two_sides
from tests.moving import Move, clean, execute, fetch, same

from golive.errors import FingerprintChanged, PlanError
from golive.transfer import accept

DDL = "create table t (id int primary key, v text, w int, at timestamptz)"


@pytest.fixture
def move(pair: tuple[str, str]) -> Move:
    execute(pair[0], DDL, "insert into t select n, ' v', n, timestamptz '2025-01-01' from generate_series(1, 2000) n")
    execute(pair[1], DDL)
    move = Move(pair, [{"target": "t", "cursor": "at"}])
    move.run()
    return move


CHANGES: dict[str, tuple[dict[str, object], list[str]]] = {
    "columns.v": ({"columns": {"v": "trim(v)"}}, []),
    "columns.w": ({}, ["alter table t alter w type bigint"]),
    "where": ({"where": "id > 0"}, []),
    "owns": ({"owns": "id > 0"}, []),
    "cursor": ({"cursor": "at + interval '1 day'"}, []),
    "older_than": ({"older_than": "id > 0"}, []),
    "key": ({"key": ["id", "w"]}, []),
    "source": ({"source": "select * from t"}, []),
}


@pytest.mark.parametrize("part", CHANGES)
def test_any_change_stops_and_is_named(move: Move, part: str) -> None:
    spec, ddl = CHANGES[part]
    move.tables[0].update(spec)
    execute(move.urls[1], *ddl)
    with pytest.raises(FingerprintChanged) as changed:
        move.open()
    assert changed.value.changed == (part,)
    assert f"table public.t: the plan is not the one its checkpoint was made under: {part} was" in changed.value.message
    assert "golive accept moved public.t" in changed.value.message


def test_a_scale_and_a_time_zone_are_part_of_it(pair: tuple[str, str]) -> None:
    execute(pair[0], "create table t (id int primary key, v numeric(5, 1))", "insert into t values (1, 1.5)")
    execute(pair[1], "create table t (id int primary key, v numeric(9, 1))")
    move = Move(pair, [{"target": "t"}])
    move.run()
    execute(pair[1], "alter table t alter v type numeric(9, 3)")
    move.timezone = "Europe/Berlin"
    with pytest.raises(FingerprintChanged) as changed:
        move.open()
    assert changed.value.changed == ("columns.v", "timezone")


def test_accept_and_the_next_sweep_make_it_right(move: Move) -> None:
    move.tables[0]["columns"] = {"v": "trim(v)"}
    accept(move.plan().table("public.t"), move.target)
    swept = move.sweep()["t"]
    assert swept.moved.updated == 2000
    same(move, "select id, trim(v), w, at from t", "select * from t")
    assert clean(move.sweep())


def test_accept_forgets_an_open_first_load(pair: tuple[str, str]) -> None:
    execute(pair[0], DDL, "insert into t select n, 'v', n, timestamptz '2025-01-01' from generate_series(1, 3000) n")
    execute(pair[1], DDL)
    move = Move(pair, [{"target": "t", "cursor": "at"}])
    move.open()
    left = iter([False, True])
    move.lane(stop=lambda: next(left))
    move.tables[0]["key"] = ["id", "w"]
    accept(move.plan().table("public.t"), move.target)
    assert fetch(pair[1], "select covered from golive.progress") == [("none",)]
    move.settle()
    assert fetch(pair[1], "select covered from golive.progress") == [("none",)]
    assert move.run()["t"].moved.inserted == 2000
    same(move, "select * from t")


def test_accept_with_a_key_of_another_shape(pair: tuple[str, str]) -> None:
    execute(pair[0], DDL, "insert into t values (1, null, 1, null), (2, 'v', 2, null)")
    execute(pair[1], "create table t (id int, v text not null, w int, at timestamptz, primary key (id, w))")
    move = Move(pair, [{"target": "t", "key": ["id"]}])
    move.run()
    assert move.held("public.t").keys() == {("1",)}
    move.tables[0]["key"] = ["id", "w"]
    accept(move.plan().table("public.t"), move.target)
    move.sweep()
    assert move.held("public.t").keys() == {("1", "1")}


def test_everything_wrong_is_said_at_once(pair: tuple[str, str]) -> None:
    execute(pair[0], "create table t (id int, v text)")
    execute(
        pair[1], "create table t (id int primary key, v text, must int not null, g int generated always as (1) stored)"
    )
    spec = {
        "target": "t",
        "columns": {"nix": "1", "v": "nope", "g": "2"},
        "key": ["id", "zz"],
        "where": "id",
        "cursor": "gone",
        "owns": "id",
        "sensitive": ["who"],
    }
    with pytest.raises(PlanError) as refused:
        Move(pair, [spec, {"target": "absent"}]).plan()
    for place in ("columns.nix", "columns.v", "columns.g", "columns:", "key", "where", "cursor", "owns", "sensitive"):
        assert f"tables[0].{place}" in refused.value.message
    assert "tables[1].target: the target has no table 'absent'" in refused.value.message


TYPES = """
create type held as (doc json);
create type named as (id int, name text);
create type mood as enum ('fine', 'gone');
"""
WITHOUT_ORDER = ["json", "json[]", "point", "box", "polygon", "xml", "xid", "held"]
WITH_ORDER = ["jsonb", "int[]", "named", "mood", "inet", "bit(3)", "interval", "daterange", "xid8", "bytea", "money"]


@pytest.mark.parametrize("kind", WITHOUT_ORDER)
def test_a_key_that_has_no_order_is_refused(pair: tuple[str, str], kind: str) -> None:
    for url in pair:
        execute(url, TYPES, f"create table t (id int, k {kind})", f"create table u (id int, k {kind})")
    execute(pair[1], "drop table u", "create table u (id int, k text)")
    with pytest.raises(PlanError) as refused:
        Move(pair, [{"target": "t", "key": ["id", "k"]}, {"target": "u", "key": ["k"]}]).plan()
    for said in (
        f"tables[0].key: public.t.k is of type {kind}, whose values have no order. Right: columns of the target",
        f"tables[0].columns.k: is in the key of public.t and of type {kind} in the source",
        f"tables[1].columns.k: is in the key of public.u and of type {kind} in the source, whose values have no order."
        " Right: an expression of another type for 'k', such as a cast to text",
    ):
        assert said in refused.value.message
    assert "3 fault(s)" in refused.value.message


@pytest.mark.parametrize("kind", WITH_ORDER)
def test_a_key_that_has_an_order_is_taken(pair: tuple[str, str], kind: str) -> None:
    for url in pair:
        execute(url, TYPES, f"create table t (k {kind}, v int)")
    assert Move(pair, [{"target": "t", "key": ["k"]}]).plan().table("public.t").keyed


def test_a_key_without_an_order_moves_as_text(pair: tuple[str, str]) -> None:
    execute(pair[0], "create table t (k json, v int)", """insert into t values ('{"a": 1}', 1), ('{"a": 2}', 2)""")
    execute(pair[1], "create table t (k text primary key, v int)")
    move = Move(pair, [{"target": "t", "columns": {"k": "cast(k as text)"}}])
    move.run()
    same(move, "select k::text, v from t")
    assert clean(move.sweep())


@pytest.mark.parametrize("kind", ["json", "json[]", "point", "box", "xml", "boolean", "held"])
def test_a_cursor_that_has_no_highest_value_is_refused(pair: tuple[str, str], kind: str) -> None:
    for url in pair:
        execute(url, TYPES, f"create table t (id int primary key, at {kind})")
    with pytest.raises(PlanError, match=r"tables\[0\]\.cursor: at of public\.t is of type \S+, of which there is no"):
        Move(pair, [{"target": "t", "cursor": "at"}]).plan()


@pytest.mark.parametrize("kind", ["timestamptz", "date", "bigint", "numeric", "text", "interval"])
def test_a_cursor_that_has_a_highest_value_is_taken(pair: tuple[str, str], kind: str) -> None:
    for url in pair:
        execute(url, f"create table t (id int primary key, at {kind})")
    assert Move(pair, [{"target": "t", "cursor": "at"}]).plan().table("public.t").source.cursor == "at"


def test_parents_come_first_whatever_the_files_order(pair: tuple[str, str]) -> None:
    for url in pair:
        execute(
            url,
            "create table a (id int primary key)",
            "create table b (id int primary key, a int references a)",
            "create table c (id int primary key, b int references b, a int references a)",
        )
    plan = Move(pair, [{"target": name} for name in "cba"]).plan()
    assert [(table.name, table.parents) for table in plan.tables] == [
        ("public.a", ()),
        ("public.b", ("public.a",)),
        ("public.c", ("public.a", "public.b")),
    ]


def test_what_another_entry_calls_sensitive_is_masked_in_every_one_of_its_table(pair: tuple[str, str]) -> None:
    two = [{"target": "t", "owns": "id > 0", "sensitive": ["v"]}, {"target": "t", "owns": "id <= 0", "where": "id < 0"}]
    assert [table.sensitive for table in two_sides(pair, DDL, DDL, *two).plan.tables] == [{"v"}, {"v"}]
