"""What a superuser changed behind the triggers' back, and how verifying and reading name it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.integration.ledger.writing import behind_its_back, note

from golive.errors import LedgerBroken, Terminal
from golive.ledger import Head, Kind, Ledger, approval


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
        'update ledger.entry set payload = \'{"verdict":"approved","evidence_hash":"e"}\' where seq = 1;'
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
