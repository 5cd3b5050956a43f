"""Killed at any instant, a lane leaves rows and checkpoints that agree, and the next one goes on behind them."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from tests.moving import Move, execute, fetch

from golive.errors import ConnectionLost, StreamBroken
from golive.transfer import Mode

LANE = Path(__file__).parent / "lane.py"
CHUNK = 2_000
TABLE = {"target": "here", "source": "there", "key": ["id"], "cursor": "upd"}


def make(pair: tuple[str, str], rows: int) -> Move:
    """One table of so many rows, cut into many chunks, with rows of the target's own that must stay."""
    execute(
        pair[0], "create table there (id int primary key, word text not null, upd timestamptz not null)",
        "insert into there select n, repeat(md5(n::text), 4), timestamptz '2026-01-01' + n * interval '1 second'"
        f" from generate_series(1, {rows}) n",
    )
    execute(
        pair[1], "create table here (id int primary key, word text not null, upd timestamptz not null,"
        " moved boolean not null default true)", "insert into here values (0, 'own', now(), false)",
    )
    move = Move(pair, [TABLE | {"owns": "moved"}], limits={"chunk_rows": max(CHUNK, rows // 50)})
    move.open(Mode.CATCH_UP, run="run")
    return move


def lane(move: Move) -> subprocess.Popen[str]:
    arguments = [sys.executable, str(LANE), move.project.model_dump_json(), *move.urls]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "begins\n", process.stderr and process.stderr.read()
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def nobody_left(move: Move) -> None:
    """Until the server has ended the sessions of a client that is gone."""
    for url in move.urls:
        with psycopg.connect(url, autocommit=True) as connection:
            query = (
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and application_name = 'golive'"
            )
            while connection.execute(query).fetchone() != (0,):
                connection.execute("select pg_sleep(0.05)")


def checkpoints_agree(move: Move) -> int:
    """The rows of every chunk that is done are there, and no other; returns how many chunks are done."""
    done, read = 0, 0
    for line in move.checkpoints():
        if line["done_at"] is None:
            assert line["read"] == 0
            continue
        done, read = done + 1, read + line["read"]
        edges = line["rows"]["chunk"]
        low, high = edges["after"], edges["upto"]
        inside = " and ".join(
            ([f"id > {int(low[-1])}"] if low else []) + ([f"id <= {int(high[-1])}"] if high else []) or ["true"]
        )
        if line["rows"]["nulls"]:
            continue
        there = fetch(move.urls[0], f"select count(*), sum(hashtext(id || word)) from there where {inside}")
        here = fetch(move.urls[1], f"select count(*), sum(hashtext(id || word)) from here where moved and {inside}")
        assert there == here
        assert here[0][0] == line["inserted"] + line["updated"] + line["unchanged"]
    assert fetch(move.urls[1], "select count(*) from here where moved") == [(read,)]
    return done


def arrived(move: Move) -> None:
    query = "select count(*), count(distinct id), sum(hashtextextended(id || word || upd, 0)) from"
    assert fetch(move.urls[0], f"{query} there") == fetch(move.urls[1], f"{query} here where moved")
    assert fetch(move.urls[1], "select word from here where not moved") == [("own",)]


@pytest.mark.parametrize(
    ("rows", "kills"), [(100_000, 3), pytest.param(1_000_000, 10, marks=pytest.mark.slow)]
)
def test_kill_9_of_the_lane(pair: tuple[str, str], rows: int, kills: int) -> None:
    move = make(pair, rows)
    chance = random.Random(rows)
    total = len(move.checkpoints())
    before, alive = 0, 0
    for turn in range(kills):
        process = lane(move)
        # Somewhere in this turn's share of the chunks, and then at any instant of one.
        goal = min(total - 1, max(before, total * (turn + chance.random()) / (kills + 1)))
        query = "select count(*) from golive.checkpoint where done_at is not null"
        while process.poll() is None and fetch(move.urls[1], query)[0][0] < goal:
            pass
        time.sleep(chance.random() * 0.05)
        alive += process.poll() is None
        process.kill()
        ended(process)
        nobody_left(move)
        done = checkpoints_agree(move)
        assert done >= before
        before = done
    assert alive >= kills - 1
    process = lane(move)
    assert process.stdout and process.stdout.readline() == "done\n"
    ended(process)
    assert process.returncode == 0
    assert checkpoints_agree(move) == total
    arrived(move)


@pytest.mark.parametrize(("rows", "kills"), [(100_000, 3), pytest.param(1_000_000, 10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("side", [0, 1], ids=["source", "target"])
def test_a_backend_that_is_ended_in_mid_copy(pair: tuple[str, str], side: int, rows: int, kills: int) -> None:
    """The stream ends before its end: nothing of the chunk stays, and the error says that it is worth another try."""
    move = make(pair, rows)
    shot = (
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid() and query ilike 'copy%' and state = 'active'"
    )
    for _ in range(kills):
        process = lane(move)
        with psycopg.connect(move.urls[side], autocommit=True) as connection:
            while process.poll() is None and not connection.execute(shot).fetchall():
                pass
        assert process.stderr
        words = process.stderr.read()
        ended(process)
        assert process.returncode == 1, "it was done before it could be shot"
        assert ConnectionLost.__name__ in words or StreamBroken.__name__ in words, words[-800:]
        nobody_left(move)
        checkpoints_agree(move)
    move.lane()
    arrived(move)
