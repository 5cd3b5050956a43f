"""Many writers of one ledger: one chain, one entry for a step that is repeated, and lost connections."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from tests.integration.ledger.writing import behind_its_back, note

from golive.demo.server import free_port
from golive.errors import Busy, ConnectionLost, LedgerBroken, Terminal
from golive.ledger import Kind, Ledger
from golive.ledger.chain import GENESIS
from golive.ledger.store import _APPEND_LOCK


def test_fifty_writers_at_once_make_one_chain(ledger: Ledger, url: str) -> None:
    start = threading.Barrier(50)

    def writer(number: int) -> list[int]:
        with Ledger(url) as own:
            own.entries(limit=1)  # a question takes no transaction, and the entry after it on the same connection does
            start.wait()
            return [note(own, number, project=f"p{number % 3}", evidence={"n": number % 5}).seq for _ in range(3)]

    with ThreadPoolExecutor(50) as pool:
        written = [seq for seqs in pool.map(writer, range(50)) for seq in seqs]
    assert sorted(written) == list(range(1, 151))
    entries = ledger.entries()
    assert [e.prev_hash for e in entries] == [GENESIS] + [e.hash for e in entries[:-1]]
    assert [e.at for e in entries] == sorted(e.at for e in entries)
    assert ledger.verify(ledger.head()) == 150


def test_once_under_retry_keeps_the_first(ledger: Ledger, url: str) -> None:
    def step(answer: str, project: str = "riverside", kind: Kind = Kind.FREEZE) -> Any:
        evidence = {"answer": answer}
        return ledger.append(
            once="run1.freeze", project=project, kind=kind, actor="ann", payload={"says": answer}, evidence=evidence
        )

    first = step("first")
    assert step("second") == first == ledger.last("riverside", "freeze")
    assert first.once == "run1.freeze" and first.payload == {"says": "first"}
    assert step("other project", project="lakeside").seq == 2
    with pytest.raises(Terminal, match=r"'run1.freeze' stands already, as entry 1 of kind freeze, not unfreeze"):
        step("mistake", kind=Kind.UNFREEZE)
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from ledger.evidence").fetchone() == (2,)
    assert ledger.verify() == 2
    behind_its_back(url, "update ledger.entry set once = 'another' where seq = 1")
    with pytest.raises(LedgerBroken):
        ledger.verify()


def test_once_under_a_race_writes_one_entry(ledger: Ledger, url: str) -> None:
    start = threading.Barrier(20)

    def racer(number: int) -> Any:
        with Ledger(url) as own:
            start.wait()
            return own.append(
                once="open", project="riverside", kind=Kind.OPENING, actor=f"t{number}", payload={}, evidence={"x": 1}
            )

    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(racer, range(20)))
    assert len(set(map(str, got))) == 1
    assert ledger.verify() == 1


def test_a_writer_that_does_not_let_go_is_busy(ledger: Ledger, url: str) -> None:
    with psycopg.connect(url) as holder, Ledger(url + "?options=-c%20lock_timeout=1ms") as impatient:
        holder.execute("select pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
        with pytest.raises(Busy, match="golive_ledger"):
            note(impatient)
    assert note(ledger).seq == 1


def test_a_session_ended_by_the_server_is_a_lost_connection(ledger: Ledger, url: str) -> None:
    """The writer waits for the lock when its session is ended; nothing of it stays."""
    waiters = (
        "select count(pg_terminate_backend(pid)) from pg_sleep(0.02), pg_locks where locktype = 'advisory'"
        " and not granted and database = (select oid from pg_database where datname = current_database())"
    )
    with (
        psycopg.connect(url) as holder,
        psycopg.connect(url, autocommit=True) as admin,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute("select pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
        writing = pool.submit(note, ledger, 1, evidence={"x": 1})
        while admin.execute(waiters).fetchone() == (0,):
            assert not writing.done()
        with pytest.raises(ConnectionLost, match="golive_ledger"):
            writing.result()
        assert admin.execute("select count(*) from ledger.evidence").fetchone() == (0,)
    assert ledger.head().seq == 0


def test_one_connection_serves_all_calls_and_a_lost_one_is_replaced(ledger: Ledger, url: str) -> None:
    mine = (
        "select pid from pg_stat_activity where application_name = 'golive' and datname = current_database()"
        " and backend_type = 'client backend'"
    )
    note(ledger)
    with psycopg.connect(url, autocommit=True) as admin:
        (kept,) = admin.execute(mine).fetchall()
        assert ledger.verify() == 1 and note(ledger).seq == 2 and ledger.head().seq == 2
        assert admin.execute(mine).fetchall() == [kept]
        assert admin.execute("select pg_terminate_backend(%s, 10000)", kept).fetchone() == (True,)
        assert note(ledger).seq == 3
        assert admin.execute(mine).fetchall() not in ([], [kept])
        ledger.__exit__(None, None, None)
        assert note(ledger).seq == 4, "outside of its context each call has a connection of its own"
        while admin.execute(mine).fetchall():
            pass


def test_a_server_that_is_not_there_is_a_lost_connection() -> None:
    with Ledger(f"postgresql://postgres:secret@127.0.0.1:{free_port()}/none") as ledger:
        with pytest.raises(ConnectionLost, match="golive_ledger") as caught:
            ledger.head()
        assert "secret" not in str(caught.value)
