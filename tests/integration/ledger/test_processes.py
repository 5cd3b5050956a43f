"""Fifty writers in processes of their own: several projects, some steps written by all of them at once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import psycopg

from golive.ledger import Ledger
from golive.ledger.chain import GENESIS
from golive.ledger.store import _APPEND_LOCK

PROCESSES, THREADS, PROJECTS = 5, 10, ("riverside", "lakeside")

# Each writer, in every project: an entry, a step that it alone writes, twice, and one that all of them write. None of
# them is to be Busy on a slow machine.
WRITERS = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from golive.ledger import Ledger

def writer(name):
    with Ledger(sys.argv[1] + "?options=-c%20lock_timeout=0") as ledger:
        for project in {PROJECTS!r}:
            given = {{"project": project, "kind": "increment", "actor": name, "payload": {{"by": name}}}}
            ledger.append(**given)
            mine = [ledger.append(once=f"mine/{{name}}", evidence={{"by": name}}, **given) for _ in range(2)]
            assert mine[0] == mine[1]
            ledger.append(once="everybody's", **given)

with ThreadPoolExecutor({THREADS}) as pool:
    list(pool.map(writer, [f"{{sys.argv[2]}}.{{number}}" for number in range({THREADS})]))
"""


def test_fifty_writers_in_five_processes_make_one_chain(ledger: Ledger, url: str) -> None:
    """All start when the lock that every one of them waits for is given free."""
    waiting = (
        "select count(*) from pg_sleep(0.02), pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute("select pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
        started = [
            subprocess.Popen([sys.executable, "-W", "error", "-c", WRITERS, url, str(number)])
            for number in range(PROCESSES)
        ]
        while watcher.execute(waiting).fetchone() != (PROCESSES * THREADS,):
            assert all(process.poll() is None for process in started)
        holder.rollback()
        assert [process.wait(300) for process in started] == [0] * PROCESSES

    writers = PROCESSES * THREADS
    expected = len(PROJECTS) * (writers * 2 + 1)
    assert ledger.verify(ledger.head()) == expected
    entries = ledger.entries()
    assert [entry.seq for entry in entries] == list(range(1, expected + 1))
    assert [entry.prev_hash for entry in entries] == [GENESIS] + [entry.hash for entry in entries[:-1]]
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    steps = Counter((entry.project, entry.once) for entry in entries if entry.once)
    assert len(steps) == len(PROJECTS) * (writers + 1) and set(steps.values()) == {1}
    every = Counter((entry.project, entry.actor) for entry in entries if not entry.once)
    assert len(every) == len(PROJECTS) * writers and set(every.values()) == {1}
