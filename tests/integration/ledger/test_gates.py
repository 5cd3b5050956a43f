"""What gates read from the ledger: openings, freezes, approvals and summaries."""

from __future__ import annotations

from typing import Any

from tests.integration.ledger.writing import note

from golive.ledger import Kind, Ledger, approval, frozen, opened, summary


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
