"""The plan's fingerprint, and what happens when it changes under a checkpoint."""

from __future__ import annotations

import pytest
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
