"""The merge: what the target refuses, what its triggers do, and values that are handed on between rows."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.moving import Move, clean, execute, fetch, same

from golive.databases.postgresql import rowwise
from golive.errors import IdentityBroken, PlanError


def moved(pair: tuple[str, str], source: str, target: str | None = None, **spec: object) -> Move:
    execute(pair[0], source)
    execute(pair[1], target or source)
    return Move(pair, [{"target": "t", **spec}])


def test_a_trigger_that_skips_rows_is_not_silent(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int primary key, v text)")
    execute(pair[0], "insert into t select n, 'v' from generate_series(1, 100) n")
    execute(
        pair[1],
        "create function skip() returns trigger language plpgsql as"
        " $$ begin if new.id = 7 then return null; end if; return new; end $$",
        "create trigger skip before insert or update on t for each row execute function skip()",
    )
    with pytest.raises(IdentityBroken, match=r"table public\.t: the source sent 100 rows and the target took 99"):
        move.run()
    execute(pair[1], "insert into t values (1, 'other')")  # and through staging
    with pytest.raises(IdentityBroken, match=r"table public\.t: 100 rows were read, but 98 inserted \+ 1 updated"):
        move.run()
    assert fetch(pair[1], "select * from t") == [(1, "other")]


SKIP_DELETES = [
    "create or replace function keep() returns trigger language plpgsql as $$ begin return null; end $$",
    "create or replace trigger keep before delete on t for each row execute function keep()",
]


def test_a_trigger_that_keeps_rows_is_not_silent_in_a_reload(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (v text)")
    execute(pair[0], "insert into t values ('a'), ('b')")
    move.run()
    execute(pair[0], "insert into t values ('c')")
    execute(pair[1], *SKIP_DELETES)
    with pytest.raises(IdentityBroken, match=r"table public\.t: the target had 2 rows, but 0 were deleted"):
        move.run()
    assert fetch(pair[1], "select count(*) from t") == [(2,)]


def test_a_trigger_that_keeps_rows_is_not_silent_when_a_delete_is_tried_again(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int primary key)")
    execute(pair[0], "insert into t values (1), (2)")
    move.run()
    execute(pair[0], "delete from t where id = 2")
    refuse = SKIP_DELETES[0].replace("return null", "raise 'not this one'")
    execute(pair[1], refuse, SKIP_DELETES[1])
    assert move.sweep()["t"].undeleted == 1
    execute(pair[1], *SKIP_DELETES)
    with pytest.raises(IdentityBroken, match=r"table public\.t: 1 rows of the target were to be deleted, but 0"):
        move.settle()
    assert fetch(pair[1], "select count(*) from golive.undeleted") == [(1,)]


def test_a_trigger_that_changes_a_value_shows_in_every_sweep(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int primary key, v text)")
    execute(pair[0], "insert into t values (1, 'v'), (2, 'V')")
    execute(
        pair[1],
        "create function loud() returns trigger language plpgsql as $$ begin new.v := upper(new.v); return new; end $$",
        "create trigger loud before insert or update on t for each row execute function loud()",
    )
    move.run()
    for _ in range(2):
        swept = move.sweep()["t"]
        assert swept.facts["different"] == 1 and swept.moved.updated == 1


def test_a_trigger_that_refuses_is_a_refusal_of_its_row(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int primary key, v text)")
    execute(pair[0], "insert into t select n, 'v' from generate_series(1, 100) n")
    execute(
        pair[1],
        "create function no() returns trigger language plpgsql as"
        " $$ begin if new.id = 7 then raise 'secret %', new.v; end if; return new; end $$",
        "create trigger no before insert on t for each row execute function no()",
    )
    move.run()
    (held,) = move.held("public.t").values()
    assert (held.key, held.state) == (("7",), "P0001")
    assert "secret" not in str(fetch(pair[1], "select q::text from golive.quarantine q"))


def test_a_clean_set_never_goes_row_by_row(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("row by row")

    move = moved(pair, "create table t (id int primary key, v text unique)")
    execute(pair[0], "insert into t select n, 'v' || n from generate_series(1, 2000) n")
    monkeypatch.setattr("golive.databases.postgresql.merge.by_row", fail)
    move.run()
    execute(pair[0], "update t set v = v || '!' where id % 3 = 0")
    move.run()
    same(move, "select * from t")
    execute(pair[0], "insert into t values (5001, null)")
    execute(pair[1], "alter table t alter v set not null")
    with pytest.raises(AssertionError, match="row by row"):
        move.run()
    assert rowwise.by_row is not fail


FREED: dict[str, list[str]] = {
    "in a chain": [
        "update t set v = 5000 where id = 1",
        *(f"update t set v = {n - 1} where id = {n}" for n in range(2, 51)),
    ],
    "in a later chunk": ["update t set v = 5000 where id = 1000", "update t set v = 1000 where id = 1"],
    "by a deleted row": ["delete from t where id = 3", "insert into t values (1001, 3)"],
}


@pytest.mark.parametrize("how", FREED)
def test_a_unique_value_that_another_row_frees(pair: tuple[str, str], how: str) -> None:
    move = moved(pair, "create table t (id int primary key, v int unique)")
    move.limits["chunk_rows"] = 100
    execute(pair[0], "insert into t select n, n from generate_series(1, 1000) n")
    move.run()
    execute(pair[0], *FREED[how])
    move.sweep()
    same(move, "select * from t")
    assert not move.held("public.t")


def test_swapped_unique_values(pair: tuple[str, str]) -> None:
    source = "create table t (id int primary key, v int)"
    move = moved(pair, source, "create table t (id int primary key, v int unique deferrable)")
    execute(pair[0], "insert into t values (1, 1), (2, 2)")
    move.run()
    execute(pair[0], "update t set v = 3 - v")
    move.run()
    same(move, "select * from t")


def test_swapped_values_that_cannot_wait_are_held_and_told(pair: tuple[str, str]) -> None:
    move = moved(
        pair, "create table t (id int primary key, v int)", "create table t (id int primary key, v int unique)"
    )
    execute(pair[0], "insert into t values (1, 1), (2, 2), (3, 3)")
    move.run()
    execute(pair[0], "update t set v = 3 - v where id < 3")
    swept = move.sweep()["t"]
    assert swept.facts["held"] == 2
    assert {key: held.state for key, held in move.held("public.t").items()} == {("1",): "23505", ("2",): "23505"}
    execute(pair[0], "update t set v = 9 where id = 1")
    move.run()
    same(move, "select * from t")
    assert not move.held("public.t")


def test_keys_that_the_target_takes_for_one(pair: tuple[str, str]) -> None:
    execute(pair[1], "create extension citext")
    move = moved(pair, "create table t (id text primary key, v int)", "create table t (id citext primary key, v int)")
    execute(pair[0], "insert into t values ('Ann', 1), ('ANN', 2), ('Bob', 3)")
    move.run()
    held = move.held("public.t")
    assert len(held) == 1 and {refusal.state for refusal in held.values()} == {"23505"}
    assert move.sweep()["t"].facts["equal"] == 2
    assert fetch(pair[1], "select count(*) from t") == [(2,)]


def test_padded_codes_find_their_rows(pair: tuple[str, str]) -> None:
    move = moved(
        pair, "create table t (id varchar(6) primary key, v int)", "create table t (id char(6) primary key, v int)"
    )
    execute(pair[0], "insert into t values ('a', 1), ('b  ', 2), ('c', 3)")
    move.run()
    execute(pair[0], "update t set v = v + 1")
    assert move.run()["t"].moved.updated == 3
    assert clean(move.sweep())
    same(move, "select rtrim(id) as id, v from t")


def test_a_number_written_otherwise_is_another_key(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id numeric primary key, v int)")
    execute(pair[0], "insert into t values (1.0, 1), (2, 2)")
    move.run()
    execute(pair[0], "update t set id = 1.00 where id = 1")
    move.sweep()
    same(move, "select * from t")
    assert clean(move.sweep())


def test_local_times_that_are_one_moment_in_the_target(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (at timestamp(3) primary key)", "create table t (at timestamptz(3))", key=["at"])
    move.timezone = "Europe/Berlin"  # where half past two was skipped that night
    execute(pair[0], "insert into t values ('2025-03-30 02:30'), ('2025-03-30 03:30'), ('2025-03-30 05:00')")
    move.run()
    (held,) = move.held("public.t").values()
    assert (held.reason, held.rows) == ("duplicate", 2)
    assert fetch(pair[1], "select count(*) from t") == [(1,)]


def test_a_text_key_and_a_number_in_the_target(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id text primary key, v int)", "create table t (id int primary key, v int)")
    execute(pair[0], "insert into t values ('1', 1), ('01', 2), ('3', 3)")
    move.run()
    assert {key: held.reason for key, held in move.held("public.t").items()} == {("1",): "duplicate"}
    assert fetch(pair[1], "select * from t") == [(3, 3)]


def test_rows_hidden_by_a_policy_are_an_error(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int primary key, v int)")
    role = f"golive_reader_{pair[0].rsplit('_', 2)[1]}"
    execute(
        pair[0],
        "insert into t values (1, 1), (2, 2)",
        "alter table t enable row level security",
        "create policy p on t using (id = 1)",
        f"create role {role} login",
        f"grant select on t to {role}",
    )
    try:
        hidden = Move((pair[0].replace("postgres@", f"{role}@"), pair[1]), move.tables)
        with pytest.raises(PlanError, match="row-level security policy"):
            hidden.run()
    finally:
        with psycopg.connect(pair[0], autocommit=True) as admin:
            admin.execute(sql.SQL("drop owned by {0}").format(sql.Identifier(role)))
            admin.execute(sql.SQL("drop role {0}").format(sql.Identifier(role)))
