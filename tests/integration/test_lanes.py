"""Lanes: shared chunks, killed sessions, guards, stops, and random deaths."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.moving import Move, clean, execute, fetch, same

from golive.errors import Busy, ConnectionLost, NotPermitted, StreamBroken
from golive.transfer import Mode

FAMILY = """
create table p (id int primary key, v text);
create table c (id int primary key, p int, v text)
"""
FILL = """
insert into p select n, 'v' from generate_series(1, 3000) n;
insert into c select n, n % 3000 + 1, 'v' from generate_series(1, 6000) n
"""


def family(pair: tuple[str, str], **limits: int) -> Move:
    execute(pair[0], FAMILY, FILL)
    execute(pair[1], FAMILY, "alter table c add foreign key (p) references p")
    return Move(pair, [{"target": "c"}, {"target": "p"}], limits)


def both(move: Move) -> None:
    assert same(move, "select * from p") and same(move, "select * from c")


@pytest.mark.parametrize("lanes", [2, 3])
def test_lanes_share_chunks_and_none_is_done_twice(pair: tuple[str, str], lanes: int) -> None:
    move = family(pair, chunk_rows=300)
    move.open()
    with ThreadPoolExecutor(lanes) as pool:
        done = list(pool.map(move.lane, range(1, lanes + 1)))
    lines = move.checkpoints()
    assert len(lines) == sum(lane.chunks for lane in done) == 30
    assert sum(lane.moved.inserted for lane in done) == 9000
    assert all(lane.chunks for lane in done)
    last_parent = max(line["done_at"] for line in lines if line["table_name"] == "public.p")
    assert all(line["done_at"] > last_parent for line in lines if line["table_name"] == "public.c")
    assert all(each.finished and not each.quarantined for each in move.settle().values())
    both(move)


def test_a_table_that_left_the_project_keeps_no_lane_waiting(pair: tuple[str, str]) -> None:
    move = family(pair)
    move.open()
    (children,) = [table for table in move.tables if table["target"] == "c"]
    move.tables.remove(children)
    move.lane()
    assert {line["table_name"] for line in move.checkpoints() if line["done_at"] is None} == {"public.c"}
    move.tables.append(children)
    move.lane()
    both(move)


def test_what_is_busy_inside_a_chunk_is_raised_and_not_waited_for(pair: tuple[str, str]) -> None:
    def busy() -> None:
        raise Busy("rows changed while they were compared")

    move = family(pair)
    move.open()
    with pytest.raises(Busy, match="rows changed"):
        move.lane(guard=busy)
    move.run()
    both(move)


def test_a_stopped_lane_goes_on_past_the_middle(pair: tuple[str, str]) -> None:
    move = family(pair, chunk_rows=100)
    move.open(Mode.OLDER)
    assert len(move.checkpoints()) == 90
    left = iter([False] * 70 + [True] * 9)
    first = move.lane(stop=lambda: next(left))
    assert (first.stopped, first.chunks) == (True, 70)
    assert not move.settle()["c"].finished
    before = {line["done_at"] for line in move.checkpoints() if line["done_at"]}
    assert [opened.chunks for opened in move.open(Mode.OLDER) if opened.table == "public.c"] == [20]
    move.lane()
    assert len(before) == 70 and before < {line["done_at"] for line in move.checkpoints()}
    assert all(each.finished for each in move.settle().values())
    both(move)


def test_a_guard_takes_rows_and_checkpoint_back_together(pair: tuple[str, str]) -> None:
    move = family(pair, chunk_rows=1000)
    move.open()
    calls = Counter[str]()

    def shut() -> None:
        calls["guard"] += 1
        if calls["guard"] == 4:  # the second chunk, before its commit
            raise NotPermitted("the new system is open")

    with pytest.raises(NotPermitted):
        move.lane(guard=shut)
    assert fetch(pair[1], "select count(*) from p") == [(1000,)]
    assert sum(1 for line in move.checkpoints() if line["done_at"]) == 1
    move.lane()
    move.settle()
    both(move)


@pytest.mark.parametrize("side", [0, 1])
def test_a_killed_session_commits_nothing_and_a_retry_completes(pair: tuple[str, str], side: int) -> None:
    for url in pair:
        execute(url, "create table t (id int primary key, v text)")
    execute(pair[0], "insert into t select n, repeat(md5(n::text), 30) from generate_series(1, 100000) n")
    move = Move(pair, [{"target": "t"}], {"chunk_rows": 60_000})
    move.open()
    killed = threading.Event()

    def kill() -> None:
        with psycopg.connect(pair[side], autocommit=True, application_name="killer") as admin:
            while not killed.is_set():
                # In mid-copy: bytes have gone through, and the end is far.
                found = admin.execute(
                    "select pg_terminate_backend(a.pid)"
                    " from pg_stat_activity a join pg_stat_progress_copy p using (pid)"
                    " where a.application_name = 'golive' and a.datname = current_database()"
                    " and p.tuples_processed between 5000 and 55000"
                ).fetchall()
                if found:
                    killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises((StreamBroken, ConnectionLost)) as broken:
            move.lane()
        if side == 0:
            assert isinstance(broken.value, StreamBroken)
        rows = fetch(pair[1], "select count(*) from t")[0][0]
        assert rows == sum(line["inserted"] for line in move.checkpoints() if line["done_at"])
        assert rows in (0, 60_000)
    finally:
        killed.set()
        killer.join()
    move.lane()
    move.settle()
    assert same(move, "select id, md5(v) as v from t") == 100_000


def test_a_dead_lane_leaves_its_chunk_to_the_other(pair: tuple[str, str]) -> None:
    move = family(pair, chunk_rows=500)
    move.open()
    inside, dead = threading.Event(), threading.Event()

    def hang() -> None:
        inside.set()
        dead.wait(60)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(move.lane, 1, guard=hang)
        inside.wait(60)
        second = pool.submit(move.lane, 2)
        # The second does all it may; the first's chunk of the parents keeps the children back.
        waits = "select from golive.heartbeat where lane = 2 and doing = 'waiting for other lanes'"
        while not fetch(pair[1], waits):
            assert not second.done()
        assert fetch(pair[1], "select count(done_at), count(*) from golive.checkpoint") == [(5, 18)]
        with psycopg.connect(pair[1], autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid in"
                " (select pid from pg_stat_activity where application_name = 'golive' and datname = current_database()"
                " and pid in (select pid from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock'))"
            )
        dead.set()
        with pytest.raises(ConnectionLost):
            first.result(60)
        assert second.result(60).chunks == 18
    assert fetch(pair[1], "select lane, count(*) from golive.checkpoint group by 1") == [(2, 18)]
    move.settle()
    both(move)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(chunk=st.integers(100, 900), seed=st.integers(0, 2**16), deaths=st.integers(1, 5))
def test_killed_anywhere_and_resumed(pair: tuple[str, str], chunk: int, seed: int, deaths: int) -> None:
    dice = random.Random(seed)
    drop = ("drop table if exists c, p", "drop schema if exists golive cascade")
    for url in pair:
        execute(url, *drop)
    move = family(pair, chunk_rows=chunk)
    for url in pair:
        execute(url, "delete from c where id > 2000", "delete from p where id > 1000 and id not in (select p from c)")

    def mortal() -> None:
        if dice.random() < 0.08:
            raise NotPermitted("dead")

    def lives(mode: Mode) -> None:
        run = f"run {dice.random()}"
        for life in range(deaths + 1):
            move.guard = mortal if life < deaths else lambda: None
            try:
                move.open(mode, run=run)
                move.lane()
                move.settle()
            except NotPermitted:
                continue

    lives(Mode.OLDER)
    execute(
        pair[0],
        f"update p set v = 'x' where id % {dice.randint(2, 99)} = 0",
        f"delete from c where id % {dice.randint(2, 99)} = 0",
        "insert into p values (5000, 'new')",
        "insert into c values (9000, 5000, 'new')",
    )
    lives(Mode.CATCH_UP)
    lives(Mode.SWEEP)
    both(move)
    move.guard = lambda: None
    assert clean(move.sweep())
