"""A freeze that is asked for again: at once, after a kill, when it was broken, by another project."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.integration.freeze.source import OPEN_DDL, SHUT_DDL, WRITES, Source, refused

from golive import freeze
from golive.errors import FreezeRefused

DIE = """
import importlib, os, signal, sys
from golive import freeze
from golive.databases import connect
url, place, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
module = importlib.import_module("golive.databases.postgresql." + place.split(".")[0])
name = place.split(".")[1]
real = getattr(module, name)
def deadly(*args, **kwargs):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)
setattr(module, name, deadly)
freeze.freeze(connect(url, name="old_system"), "riverside", limit_seconds=30, by="the registrar")
"""


def test_frozen_twice_or_at_once_is_one_freeze(source: Source) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = (run.result() for run in [pool.submit(source.freeze) for _ in range(2)])
    third = source.freeze()
    for other in (second, third):
        assert other.as_dict() | {"seconds": 0} == first.as_dict() | {"seconds": 0}
    assert freeze.watch(source.database, first) == []


@pytest.mark.parametrize(
    ("place", "count"),
    [
        ("freeze.set_trigger", 1),
        ("freeze.set_trigger", 4),
        ("freeze.set_guards", 1),
        ("freeze.drain", 1),
        ("freeze.mark", 1),
        ("freeze.prove", 1),
    ],
)
def test_killed_in_the_middle_and_run_again_it_is_the_same_freeze(source: Source, place: str, count: int) -> None:
    before = source.objects()
    killed = subprocess.run([sys.executable, "-c", DIE, source.url, place, str(count)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    half = freeze.standing(source.database)
    assert half.project == "riverside" and half.refusing
    done = source.freeze()
    assert done.since == half.since and done.repaired == () and len(done.tables) == 7
    assert freeze.watch(source.database, done) == []
    for statement in WRITES:
        refused(source.admin, statement)
    freeze.unfreeze(source.database, "riverside")
    assert source.objects() == before


def test_a_broken_freeze_is_set_again_and_says_so(source: Source) -> None:
    first = source.freeze()
    source.admin.execute(OPEN_DDL + "alter table student disable trigger all; create table fresh (a int)")
    source.admin.execute(SHUT_DDL + "insert into student (name) values ('x')")
    second = source.freeze()
    assert second.since == first.since and second.mark != first.mark
    assert any("public.student" in line for line in second.repaired)
    assert set(second.tables) - set(first.tables) == {"public.fresh"}
    assert freeze.watch(source.database, second) == []
    refused(source.admin, "insert into student (name) values ('x')")


def test_a_standing_freeze_outlives_a_failed_repair(source: Source) -> None:
    source.freeze()
    source.admin.execute(OPEN_DDL + "create table fresh (a int);" + SHUT_DDL)
    with psycopg.connect(source.url) as writer:
        writer.execute("insert into fresh values (1)")
        with pytest.raises(FreezeRefused, match=r"public\.fresh is held by .*was left standing"):
            source.freeze(1)
    refused(source.admin, "insert into student (name) values ('x')")


def test_two_projects_cannot_freeze_one_source(source: Source) -> None:
    done = source.freeze()
    with pytest.raises(FreezeRefused, match=r"is frozen for riverside since .* by the registrar\. Nothing was changed"):
        source.freeze(5, project="hillside")
    with pytest.raises(FreezeRefused, match="that of riverside, not of hillside"):
        freeze.unfreeze(source.database, "hillside")
    assert freeze.watch(source.database, done) == []
