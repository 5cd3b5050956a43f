"""What an entry holds, how it comes back, what is refused, and in which order entries are read."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from tests.integration.ledger.writing import note

from golive.errors import Terminal
from golive.ledger import KINDS, Head, Kind, Ledger, canonical, digest
from golive.ledger.chain import GENESIS


def test_an_entry_comes_back_as_it_was_written(ledger: Ledger) -> None:
    payload = {
        "name": 'Zoë 李 \U0001f600 "quoted" \\ \n',
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


def test_canonical_text_does_not_depend_on_order_or_container() -> None:
    assert canonical({"b": (1, 2), "a": "ä"}) == canonical({"a": "ä", "b": [1, 2]}) == '{"a":"ä","b":[1,2]}'


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
    with pytest.raises(Terminal, match=f"'freezing' is not known. Right: {', '.join(sorted(KINDS))}"):
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
