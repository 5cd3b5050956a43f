"""The ledger on a real server: the chain, the evidence, the refusals, and what gates read from it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import errors
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import golive
from golive.demo.server import free_port
from golive.errors import Busy, ConnectionLost, LedgerBroken, Terminal
from golive.ledger import (
    KINDS,
    Head,
    Kind,
    Ledger,
    approval,
    canonical,
    code_hash,
    digest,
    frozen,
    opened,
    summary,
)
from golive.ledger.chain import GENESIS
from golive.ledger.code import hash_of
from golive.ledger.migrate import _LOCK as _MIGRATE_LOCK
from golive.ledger.store import _APPEND_LOCK
from golive.ledger.tables import SCHEMA, metadata


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    return new_database("ledger")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger(url) as made:
        made.migrate()
        yield made


def note(ledger: Ledger, number: int = 0, **more: Any) -> Any:
    given: dict[str, Any] = {"project": "riverside", "kind": Kind.INCREMENT, "actor": "lane", "payload": {"n": number}}
    return ledger.append(**(given | more))


def behind_its_back(url: str, statement: str) -> None:
    """What a superuser can do: switch every trigger off, change a row, switch them on."""
    with psycopg.connect(url) as admin:
        for switch in ("disable", "enable"):
            for table in ("entry", "evidence"):
                admin.execute(f"alter table ledger.{table} {switch} trigger all")
            if switch == "disable":
                admin.execute(statement)


# What is stored


def test_an_entry_comes_back_as_it_was_written(ledger: Ledger) -> None:
    payload = {
        "name": "Zoë 李 \U0001f600 \"quoted\" \\ \n",
        "nested": {"b": [1, None, True, {"deep": ("x", "y")}], "a": 10**30},
        "kind": Kind.SWEEP,
    }
    before = datetime.now(UTC)
    written = ledger.append(
        project="riverside", kind="sweep", actor="ann", stage="final_migration", run="manual__1",
        project_hash="p" * 64, code_hash="c" * 64, payload=payload, evidence={"rows": [["1", "ä"]]},
    )  # fmt: skip
    (read,) = ledger.entries()
    assert read == written == ledger.last("riverside", "sweep")
    nested = {"a": 10**30, "b": [1, None, True, {"deep": ["x", "y"]}]}
    assert read.payload == {"name": payload["name"], "nested": nested, "kind": "sweep"}
    assert (read.seq, read.prev_hash, read.once) == (1, GENESIS, None)
    assert read.at.tzinfo is UTC and abs(read.at - before) < timedelta(hours=1)
    assert read.evidence_hash == digest({"rows": [["1", "ä"]]})
    assert ledger.evidence(read.evidence_hash) == {"rows": [["1", "ä"]]}
    assert str(read).startswith("1 20") and "riverside.final_migration sweep by ann in manual__1" in str(read)


def test_the_hash_can_be_made_again_without_golive(ledger: Ledger, url: str) -> None:
    note(ledger, 1, evidence=b"\x00bytes")
    note(ledger, 2, run="r", payload={"ü": "x", "a": 1}, evidence={"k": ["ü"]})
    with psycopg.connect(url) as connection:
        connection.execute("set timezone to 'Asia/Kolkata'")
        rows = connection.execute("select row_to_json(e), e.payload::text from ledger.entry e order by seq").fetchall()
        document = connection.execute("select document::text from ledger.evidence where document is not null")
        assert document.fetchone() == ('{"k":["ü"]}',)
    for row, payload in rows:
        at = datetime.fromisoformat(row["at"]).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        fields = {**row, "payload": payload, "at": at}
        stored = fields.pop("hash")
        said = {name: value for name, value in fields.items() if value is not None}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == stored
    assert rows[1][1] == '{"a":1,"ü":"x"}'
    assert rows[0][0]["evidence_hash"] == hashlib.sha256(b"\x00bytes").hexdigest()


def test_the_instant_keeps_its_microseconds_at_zero(ledger: Ledger, url: str) -> None:
    """A whole second has the same text on both sides of the driver."""
    with psycopg.connect(url) as connection:
        connection.execute("create schema clocks")
        connection.execute(
            "create function clocks.clock_timestamp() returns timestamptz language sql"
            " as $$ select timestamptz '2026-02-03 04:05:06+00' $$"
        )
    with Ledger(url + "?options=-c%20search_path=clocks,pg_catalog") as stopped:
        assert note(stopped).at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert ledger.verify() == 1


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0.5, r"payload\.rows\[1\]\.share is a float"),
        (float("nan"), "is a float"),
        (Decimal("1.5"), "is a Decimal"),
        (datetime(2026, 1, 1, tzinfo=UTC), "is a datetime"),
        (date(2026, 1, 1), "is a date"),
        (b"x", "is a bytes"),
        ({1, 2}, "is a set"),
        ({3: "x"}, "the key 3, a int"),
        ("a\0b", "NUL"),
        ("\ud800", "not valid Unicode"),
    ],
)
def test_what_has_no_single_text_is_refused(ledger: Ledger, value: object, says: str) -> None:
    with pytest.raises(Terminal, match=says):
        note(ledger, payload={"rows": [1, {"share": value}]})
    with pytest.raises(Terminal, match=says.replace("payload", "evidence")):
        note(ledger, evidence={"rows": [1, {"share": value}]})
    assert ledger.verify() == 0


def test_wrong_words_are_refused(ledger: Ledger) -> None:
    with pytest.raises(Terminal, match=r"'freezing' is not known. Right: alarm, approval"):
        note(ledger, kind="freezing")
    with pytest.raises(Terminal, match="'freezing' is not known"):
        ledger.entries(kind="freezing")
    with pytest.raises(Terminal, match="'freezing' is not known"):
        ledger.last("riverside", "freezing")
    with pytest.raises(Terminal, match="needs both a project and an actor"):
        note(ledger, actor="")
    with pytest.raises(Terminal, match="payload is a list"):
        note(ledger, payload=[1])
    with pytest.raises(Terminal, match=r"entry\.run holds a NUL"):
        note(ledger, run="a\0")
    assert ledger.head() == Head(0, GENESIS)
    assert {"approval", "freeze", "unfreeze", "opening"} <= KINDS


def test_the_same_evidence_is_stored_once(ledger: Ledger, url: str) -> None:
    first, second = (note(ledger, n, evidence={"rows": [1]}) for n in (1, 2))
    assert first.evidence_hash == second.evidence_hash
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from ledger.evidence").fetchone() == (1,)
    file = note(ledger, 3, evidence=b"\xff\x00")
    assert ledger.evidence(file.evidence_hash) == b"\xff\x00"
    assert ledger.verify() == 3


def test_entries_are_selected_in_order(ledger: Ledger) -> None:
    for number in range(6):
        kind = Kind.SWEEP if number % 2 else Kind.INCREMENT
        note(ledger, number, project="a" if number < 4 else "b", kind=kind, run=f"r{number // 3}")
    assert [e.seq for e in ledger.entries()] == [1, 2, 3, 4, 5, 6]
    assert [e.seq for e in ledger.entries("a", kind=Kind.SWEEP)] == [2, 4]
    assert [e.seq for e in ledger.entries(run="r1")] == [4, 5, 6]
    assert [e.seq for e in ledger.entries(after=2, limit=2)] == [3, 4]
    assert ledger.last("b", "sweep").seq == 6
    assert ledger.last("a", "sweep", run="r0").seq == 2
    assert ledger.last("a", "sweep", "increment").seq == 4
    assert ledger.last("c", "sweep") is None


# Many writers


def test_fifty_writers_at_once_make_one_chain(ledger: Ledger, url: str) -> None:
    start = threading.Barrier(50)

    def writer(number: int) -> list[int]:
        with Ledger(url) as own:
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
        return ledger.append_once(
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
            return own.append_once(
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


# Refused by the database


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.entry set actor = 'eve'",
        "update ledger.entry set actor = 'eve' where false",
        "delete from ledger.entry",
        "truncate ledger.entry",
        "update ledger.evidence set document = '{}'",
        "delete from ledger.evidence",
        "truncate ledger.evidence cascade",
        "insert into ledger.evidence (hash, document) select hash, '{}' from ledger.evidence"
        " on conflict (hash) do update set document = excluded.document",
    ],
)
def test_the_database_refuses_changes(ledger: Ledger, url: str, statement: str, role: str) -> None:
    note(ledger, evidence={"x": 1})
    with psycopg.connect(url) as connection:
        connection.execute(f"set session_replication_role = {role}")
        with pytest.raises(errors.RestrictViolation, match="the ledger is append-only"):
            connection.execute(statement)
    assert ledger.verify() == 1


def test_the_database_refuses_a_second_end(ledger: Ledger, url: str) -> None:
    note(ledger)
    with psycopg.connect(url) as connection, pytest.raises(errors.UniqueViolation, match="prev_hash"):
        connection.execute(
            "insert into ledger.entry select 2, at, project, stage, kind, actor, run, once, project_hash, code_hash,"
            " payload, evidence_hash, prev_hash, 'forged' from ledger.entry"
        )


# Changed behind the database's back


@pytest.mark.parametrize(
    ("statement", "seq", "says"),
    [
        ("update ledger.entry set actor = 'eve' where seq = 3", 3, "it was changed"),
        ("update ledger.entry set at = at + interval '1 microsecond' where seq = 3", 3, "it was changed"),
        ("update ledger.entry set at = 'infinity' where seq = 3", 3, "it was changed"),
        ("update ledger.entry set run = '' where seq = 3", 3, "it was changed"),
        ("update ledger.entry set payload = '{\"n\": 3}' where seq = 3", 3, "it was changed"),
        ("update ledger.entry set evidence_hash = null where seq = 3", 3, "it was changed"),
        ("update ledger.entry set prev_hash = 'x' where seq = 3", 3, "it was changed"),
        ("delete from ledger.entry where seq = 1", 1, "it is missing: the beginning is followed by 2"),
        ("delete from ledger.entry where seq in (3, 4)", 3, "it is missing: 2 is followed by 5"),
        ("insert into ledger.entry select 0, at, project, stage, kind, actor, run, once, project_hash, code_hash,"
         " payload, evidence_hash, 'x', 'y' from ledger.entry where seq = 1", 0, "not written by Golive"),
        ("insert into ledger.entry select 7, at, project, stage, kind, actor, run, once, project_hash, code_hash,"
         " payload, evidence_hash, 'x', 'y' from ledger.entry where seq = 1", 7, "it was changed"),
        ("update ledger.evidence set document = '{\"n\":30}' where document ->> 'n' = '3'", 3, "gone or was altered"),
        ("update ledger.evidence set document = '{\"n\": 3}' where document ->> 'n' = '3'", 3, "gone or was altered"),
        ("update ledger.evidence set document = null, file = '' where document ->> 'n' = '3'", 3, "altered"),
        ("delete from ledger.evidence where document ->> 'n' = '3'", 3, "gone or was altered"),
    ],
)  # fmt: skip
def test_verify_names_the_first_entry_that_is_wrong(
    ledger: Ledger, url: str, statement: str, seq: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("golive.ledger.store._BLOCK", 2)
    for number in range(1, 7):
        note(ledger, number, evidence={"n": number})
    assert ledger.verify() == 6
    behind_its_back(url, statement)
    with pytest.raises(LedgerBroken, match=rf"^ledger entry {seq}: .*{says}") as caught:
        ledger.verify()
    assert caught.value.seq == seq


def test_verify_names_an_entry_that_stands_twice(ledger: Ledger, url: str) -> None:
    for number in range(3):
        note(ledger, number)
    with psycopg.connect(url) as admin:
        for name in ("entry_pkey", "entry_prev_hash_key", "entry_hash_key"):
            admin.execute(f"alter table ledger.entry drop constraint {name}")
        admin.execute("insert into ledger.entry select * from ledger.entry where seq = 2")
    with pytest.raises(LedgerBroken, match="entry 2: its number stands twice"):
        ledger.verify()


def test_an_entry_with_a_hash_of_its_own_that_does_not_follow_is_named(
    ledger: Ledger, url: str, new_database: Callable[..., str]
) -> None:
    """An entry with a right hash, but out of another ledger."""
    for number in range(3):
        note(ledger, number)
    other_url = new_database("other")
    with Ledger(other_url) as other:
        other.migrate()
        for number in range(3):
            note(other, number)
        forged = other.entries()[1]
    behind_its_back(
        url,
        f"update ledger.entry set at = '{forged.at.isoformat()}', prev_hash = '{forged.prev_hash}',"
        f" hash = '{forged.hash}' where seq = 2",
    )
    assert ledger.entries()[1] == forged
    with pytest.raises(LedgerBroken, match="entry 2: it does not follow entry 1"):
        ledger.verify()


def test_a_changed_entry_or_evidence_is_not_even_read(ledger: Ledger, url: str) -> None:
    """A gate that reads one entry does not verify the chain, and still is not deceived by a changed row."""
    kept = note(ledger, kind=Kind.APPROVAL, run="r", payload={"verdict": "rejected", "evidence_hash": "e"})
    evidence = note(ledger, evidence=b"report").evidence_hash
    behind_its_back(
        url,
        "update ledger.entry set payload = '{\"verdict\":\"approved\",\"evidence_hash\":\"e\"}' where seq = 1;"
        "update ledger.evidence set file = 'another'",
    )
    with pytest.raises(LedgerBroken, match="entry 1"):
        approval(ledger, "riverside", "r", "e")
    with pytest.raises(LedgerBroken, match="entry 2: its evidence") as caught:
        ledger.evidence(evidence)
    assert (kept.seq, caught.value.seq) == (1, 2)
    with pytest.raises(Terminal, match="there is no evidence beef"):
        ledger.evidence("beef")


def test_a_cut_end_and_a_rewritten_chain_show_against_a_kept_head(ledger: Ledger, url: str) -> None:
    for number in range(4):
        note(ledger, number)
    kept = Head.parse(str(ledger.head()))
    note(ledger, 9)
    assert ledger.verify(kept) == 5
    behind_its_back(url, "delete from ledger.entry where seq > 2")
    assert ledger.verify() == 2
    with pytest.raises(LedgerBroken, match="entry 3: it is missing: the ledger was cut off") as caught:
        ledger.verify(kept)
    assert caught.value.seq == 3
    for number in (20, 30):
        note(ledger, number)
    assert ledger.verify() == 4
    with pytest.raises(LedgerBroken, match=r"entry 4: .*it was rewritten"):
        ledger.verify(kept)
    with pytest.raises(Terminal, match="is not a head"):
        Head.parse("4")


# The schema


def test_a_ledger_that_is_not_migrated_says_what_to_do(url: str) -> None:
    with Ledger(url) as ledger:
        for call in (ledger.head, ledger.verify, ledger.entries, lambda: note(ledger)):
            with pytest.raises(Terminal, match="run `golive ledger migrate`"):
                call()


def test_migrating_twice_changes_nothing(ledger: Ledger) -> None:
    note(ledger)
    ledger.migrate()
    assert ledger.verify() == 1


def test_migrating_at_once_from_many_processes(url: str) -> None:
    """Each starts its upgrade when the lock that all of them wait for is given free."""
    program = "import sys; from golive.ledger import Ledger; Ledger(sys.argv[1]).migrate()"
    waiting = (
        "select count(*) from pg_sleep(0.02), pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute("select pg_advisory_xact_lock(%s)", [_MIGRATE_LOCK])
        started = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, url]) for _ in range(2)]
        while watcher.execute(waiting).fetchone() != (2,):
            assert all(process.poll() is None for process in started)
        holder.rollback()
        assert [process.wait(60) for process in started] == [0, 0]
    with Ledger(url) as ledger:
        assert note(ledger).seq == 1


def test_two_ledgers_are_migrated_at_once_by_threads(new_database: Callable[..., str]) -> None:
    urls = [new_database(f"ledger{number}") for number in range(2)] * 2
    start = threading.Barrier(len(urls))

    def migrated(url: str) -> int:
        with Ledger(url) as ledger:
            start.wait()
            ledger.migrate()
            return ledger.verify()

    with ThreadPoolExecutor(len(urls)) as pool:
        assert list(pool.map(migrated, urls)) == [0, 0, 0, 0]


def test_the_tables_are_what_the_migrations_make(ledger: Ledger, url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        options = {"include_schemas": True, "version_table_schema": SCHEMA, "include_name": _only_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def _only_ours(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "schema" or name == SCHEMA


def test_a_newer_schema_is_left_alone(ledger: Ledger, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("update ledger.alembic_version set version_num = '9999'")
    with pytest.raises(Terminal, match="migrated by a newer Golive"):
        ledger.migrate()


def test_a_database_that_cannot_hold_every_name_is_refused(new_database: Callable[..., str]) -> None:
    url = new_database("latin", "encoding 'LATIN1' locale 'C' template template0")
    with Ledger(url) as ledger, pytest.raises(Terminal, match="encoded in LATIN1"):
        ledger.migrate()


def test_a_server_that_is_not_there_is_a_lost_connection() -> None:
    with Ledger(f"postgresql://postgres:secret@127.0.0.1:{free_port()}/none") as ledger:
        with pytest.raises(ConnectionLost, match="golive_ledger") as caught:
            ledger.head()
        assert "secret" not in str(caught.value)
    with pytest.raises(Terminal, match="needs PostgreSQL, not 'sqlite'"):
        Ledger("sqlite:///x")


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


# What gates read


def test_opened_is_the_first_opening_of_the_project(ledger: Ledger) -> None:
    note(ledger, kind=Kind.OPENING, project="lakeside")
    assert opened(ledger, "riverside") is None
    first = note(ledger, 1, kind=Kind.OPENING)
    note(ledger, 2, kind=Kind.OPENING)
    assert opened(ledger, "riverside") == first


def test_frozen_is_the_freeze_that_was_not_undone(ledger: Ledger) -> None:
    note(ledger, kind=Kind.FREEZE, project="lakeside")
    assert frozen(ledger, "riverside") is None
    first = note(ledger, kind=Kind.FREEZE)
    assert frozen(ledger, "riverside") == first
    note(ledger, kind=Kind.UNFREEZE)
    assert frozen(ledger, "riverside") is None
    again = note(ledger, kind=Kind.FREEZE)
    note(ledger, kind=Kind.CHECKS)
    assert frozen(ledger, "riverside") == again


def test_an_approval_counts_for_its_run_and_its_evidence_alone(ledger: Ledger) -> None:
    def answer(verdict: str, evidence: str, run: str = "r1", project: str = "riverside") -> Any:
        payload = {"verdict": verdict, "evidence_hash": evidence}
        return note(ledger, kind=Kind.APPROVAL, run=run, project=project, payload=payload)

    answer("approved", "e1", run="r2")
    answer("approved", "e1", project="lakeside")
    answer("approved", "e2")
    assert approval(ledger, "riverside", "r1", "e1") is None
    note(ledger, kind=Kind.APPROVAL, run="r1", payload={"evidence_hash": "e1"})
    assert approval(ledger, "riverside", "r1", "e1") is None
    given = answer("approved", "e1")
    answer("approved", "e2")
    assert approval(ledger, "riverside", "r1", "e1") == given
    answer("rejected", "e2")
    assert approval(ledger, "riverside", "r1", "e1") is None
    assert approval(ledger, "riverside", "r1", "e2") is None
    assert approval(ledger, "riverside", "r2", "e1") is not None
    again = answer("approved", "e1")
    assert approval(ledger, "riverside", "r1", "e1") == again


def test_summary_is_the_last_of_its_run(ledger: Ledger) -> None:
    assert summary(ledger, "riverside", "r1") is None
    note(ledger, 1, kind=Kind.SUMMARY, run="r1")
    last = note(ledger, 2, kind=Kind.SUMMARY, run="r1")
    note(ledger, 3, kind=Kind.SUMMARY, run="r2")
    assert summary(ledger, "riverside", "r1") == last


# The code's hash


def test_the_code_hash_covers_names_and_contents_of_code_alone(tmp_path: Path) -> None:
    package, dags = tmp_path / "golive", tmp_path / "dags"
    (package / "inner").mkdir(parents=True)
    (package / "inner" / "a.py").write_text("1")
    (package / "b.sql").write_text("select 1")
    first = hash_of(package, dags)
    (package / "notes.txt").write_text("x")
    assert hash_of(package, dags) == first
    dags.mkdir()
    (dags / "stage.py").write_text("1")
    second = hash_of(package, dags)
    (package / "b.sql").write_text("select 2")
    third = hash_of(package, dags)
    (package / "inner" / "a.py").rename(package / "a.py")
    assert len({first, second, third, hash_of(package, dags)}) == 4


def test_the_code_hash_is_that_of_the_package_and_its_dags() -> None:
    package = Path(golive.__file__).resolve().parent
    assert code_hash() == hash_of(package, Path(__file__).resolve().parents[2] / "dags")
    assert code_hash() is code_hash() and len(code_hash()) == 64


def test_canonical_text_does_not_depend_on_order_or_container() -> None:
    assert canonical({"b": (1, 2), "a": "ä"}) == canonical({"a": "ä", "b": [1, 2]}) == '{"a":"ä","b":[1,2]}'
