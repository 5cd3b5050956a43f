"""The sweep: what it finds and repairs, what it must leave alone, and what it costs."""

from __future__ import annotations

import pytest
from tests.moving import Move, clean, execute, fetch, same

from golive.compare import HELD
from golive.transfer import Mode

TABLE = "create table t (id int primary key, v text, at timestamptz)"


def moved(pair: tuple[str, str], source: str = TABLE, target: str | None = None, **spec: object) -> Move:
    execute(pair[0], source)
    execute(pair[1], target or source)
    return Move(pair, [{"target": "t", **spec}])


def test_what_no_cursor_sees(pair: tuple[str, str]) -> None:
    move = moved(pair, cursor="at")
    execute(
        pair[0],
        "insert into t select n, 'v', timestamptz '2025-01-01' + n * interval '1 h' from generate_series(1, 5000) n",
    )
    move.run()
    execute(pair[0], "delete from t where id = 1000", "update t set v = 'silent' where id = 2000")
    execute(pair[1], "insert into t values (7000, 'nobody''s', null)", "update t set v = null where id = 4000")
    assert move.run()["t"].moved.updated == 0
    swept = move.sweep()["t"]
    assert (swept.moved.updated, swept.moved.deleted, swept.moved.inserted) == (2, 2, 0)
    assert swept.facts["source"] == swept.facts["equal"] + swept.moved.updated
    assert swept.facts["target"] == swept.facts["equal"] + swept.moved.updated + swept.moved.deleted
    same(move, "select * from t")
    assert clean(move.sweep())


def test_rows_of_the_targets_own_survive(pair: tuple[str, str]) -> None:
    target = "create table t (id int primary key, v text, origin text default 'old')"
    move = moved(pair, "create table t (id int primary key, v text)", target, owns="origin = 'old'")
    execute(pair[0], "insert into t select n, 'v' from generate_series(1, 100) n")
    execute(pair[1], "insert into t values (5, 'own', 'new'), (500, 'own', 'new'), (501, 'own', null)")
    for mode in (Mode.OLDER, Mode.CATCH_UP, Mode.SWEEP, Mode.SWEEP):
        move.run(mode)
    own = "select id, v, origin from t where origin is distinct from 'old' order by id"
    assert fetch(pair[1], own) == [(5, "own", "new"), (500, "own", "new"), (501, "own", None)]
    assert {key: held.reason for key, held in move.held("public.t").items()} == {("5",): "taken"}
    execute(pair[0], "delete from t")
    move.sweep()
    assert len(fetch(pair[1], own)) == 3 and fetch(pair[1], "select count(*) from t") == [(3,)]


def test_two_entries_share_a_target(pair: tuple[str, str]) -> None:
    execute(
        pair[0],
        "create table a (id int primary key, kind text)",
        "create table b (id int primary key, kind text)",
        "insert into a select n, 'a' from generate_series(1, 100) n",
        "insert into b select n, 'b' from generate_series(101, 200) n",
    )
    execute(pair[1], "create table t (id int primary key, kind text)")
    tables = [{"target": "t", "source": name, "owns": f"kind = '{name}'"} for name in "ab"]
    move = Move(pair, tables)
    move.run()
    execute(pair[0], "delete from a where id < 50", "insert into b values (1, 'b')")
    move.sweep()
    move.sweep()
    same(move, "select * from a union all select * from b", "select * from t")
    assert clean(move.sweep())


FAMILY = """
create table p (id int primary key);
create table c (id int primary key, p int);
create table self (id int primary key, up int)
"""
REFERRING = """
create table p (id int primary key);
create table c (id int primary key, p int references p on delete {0});
create table self (id int primary key, up int references self on delete {0});
create table native (p int references p on delete {0})
"""


@pytest.mark.parametrize("action", ["no action", "restrict", "cascade", "set null"])
def test_parents_go_after_their_children_and_take_nobody_with_them(pair: tuple[str, str], action: str) -> None:
    execute(
        pair[0],
        FAMILY,
        "insert into p select n from generate_series(1, 300) n",
        "insert into c select n, n from generate_series(1, 300) n",
        "insert into self select n, nullif(n - 1, 0) from generate_series(1, 300) n",
    )
    execute(pair[1], REFERRING.format(action))
    move = Move(pair, [{"target": "p"}, {"target": "c"}, {"target": "self"}])
    move.run()
    execute(pair[1], "insert into native values (7)", "insert into self values (999, 999)")
    execute(
        pair[0], "delete from p where id <= 100", "delete from c where id <= 100", "delete from self where id > 200"
    )
    swept = move.sweep()
    assert fetch(pair[1], "select p from native") == [(7,)]
    assert swept["p"].undeleted == 1 and swept["c"].undeleted == 0
    assert fetch(pair[1], "select id from p where id <= 100") == [(7,)]
    same(move, "select * from c")
    same(move, "select * from self")
    execute(pair[1], "delete from native")
    assert move.sweep()["p"].undeleted == 0
    same(move, "select * from p")


def test_a_part_does_not_delete_what_only_left_it(pair: tuple[str, str]) -> None:
    move = moved(pair, older_than="v = 'old'")
    execute(
        pair[0], "insert into t select n, case when n <= 2000 then 'old' else 'new' end from generate_series(1, 3000) n"
    )
    move.run(Mode.OLDER)
    execute(
        pair[0],
        "update t set v = 'new' where id = 5",
        "delete from t where id = 6",
        "update t set v = 'new' where id = 7",
        "update t set v = 'old' where id = 2500",
    )
    execute(pair[1], "update t set v = 'new' where id = 7")
    swept = move.run(Mode.OLDER_SWEEP)["t"]
    assert (swept.moved.updated, swept.moved.deleted, swept.moved.inserted) == (1, 1, 1)
    same(move, "select * from t where v = 'old' or id in (5, 7)", "select * from t")
    assert clean(move.run(Mode.OLDER_SWEEP))
    move.run()
    same(move, "select * from t")
    assert clean(move.sweep())


def test_a_row_outside_the_part_that_became_unreadable(pair: tuple[str, str]) -> None:
    ddl = "create table t (id int primary key, old bool, v text)"
    move = moved(pair, ddl, "create table t (id int primary key, old bool, v int)", older_than="old")
    execute(pair[0], "insert into t select n, true, '5' from generate_series(1, 300) n")
    move.run(Mode.OLDER)
    execute(pair[0], "update t set old = false, v = 'bad' where id = 7")
    swept = move.run(Mode.OLDER_SWEEP)["t"]
    assert swept.facts["held"] == 1 and swept.moved.deleted == 0
    assert move.held("public.t").keys() == {("7",)}


def test_a_key_that_repeats_after_the_opening(pair: tuple[str, str]) -> None:
    move = moved(pair, "create table t (id int, v text)", "create table t (id int primary key, v text)", key=["id"])
    execute(pair[0], "insert into t select n, 'v' from generate_series(1, 300) n")
    move.run()
    move.open(Mode.SWEEP)
    execute(pair[0], "insert into t values (7, 'again')")
    move.lane()
    swept = move.settle()["t"]
    assert swept.facts["held"] == 1 and {key: h.reason for key, h in move.held("public.t").items()} == {
        ("7",): "duplicate"
    }
    assert clean(move.sweep())


@pytest.mark.parametrize(
    ("ours", "theirs"), [((1, 30_000), (30_001, 60_000)), ((1, 10), (11, 60_000)), ((1, 60_000), (0, -1))]
)
def test_nothing_in_common(pair: tuple[str, str], ours: tuple[int, int], theirs: tuple[int, int]) -> None:
    move = moved(pair)
    for url, (first, last) in zip(pair, (ours, theirs), strict=True):
        execute(url, f"insert into t select n, 'v' from generate_series({first}, {last}) n")
    move.limits["chunk_rows"] = 7000
    move.sweep()
    assert same(move, "select * from t") == ours[1]
    # No chunk has more than its size on either side, so a difference is bounded by twice that.
    facts = [line["facts"] for line in move.checkpoints() if line["increment"] == 1 and line["facts"]]
    assert max(max(fact["missing"], fact["extra"]) for fact in facts) <= 7000 < HELD


def test_all_rows_different(pair: tuple[str, str]) -> None:
    move = moved(pair)
    execute(pair[0], "insert into t select n, 'v' from generate_series(1, 20000) n")
    execute(pair[1], "insert into t select n, 'w' from generate_series(1, 20000) n")
    assert move.sweep()["t"].moved.updated == 20_000
    same(move, "select * from t")


def test_several_target_rows_of_one_key_stop_the_sweep(pair: tuple[str, str]) -> None:
    from golive.errors import IdentityBroken

    move = moved(pair, "create table t (id int primary key, v text)", "create table t (id int, v text)", key=["id"])
    execute(pair[0], "insert into t values (1, 'v'), (2, 'v')")
    move.run()
    execute(pair[1], "insert into t values (2, 'twice')")
    with pytest.raises(IdentityBroken, match=r"2 rows of the target share the key \(2\)"):
        move.sweep()
