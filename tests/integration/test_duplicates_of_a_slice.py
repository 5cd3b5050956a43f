"""A key that stands twice in the source, once in the older slice and once outside it."""

from __future__ import annotations

from tests.moving import Move, execute, fetch

from golive.transfer import Mode


def test_a_duplicate_of_which_one_row_is_older_stays_in_quarantine(pair: tuple[str, str]) -> None:
    execute(pair[0], "create table t (id int not null, day int)", "insert into t values (1, 1), (2, 1), (2, 9), (3, 9)")
    execute(pair[1], "create table t (id int primary key, day int)")
    move = Move(pair, [{"target": "t", "key": ["id"], "older_than": "day < 5"}])
    for mode in (Mode.OLDER, Mode.OLDER_SWEEP, Mode.OLDER):
        move.run(mode)
        assert fetch(pair[1], "select id from t order by 1") == [(1,)]
        assert set(move.held("public.t") or move.held("t")) == {("2",)}
    execute(pair[0], "delete from t where day = 9 and id = 2")
    move.run(Mode.OLDER)
    assert fetch(pair[1], "select id from t order by 1") == [(1,), (2,)]
    assert not move.held("public.t") and not move.held("t")
