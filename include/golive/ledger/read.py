"""What gates ask the ledger, read anew each time: call these at the moment of acting, and keep no answer."""

from __future__ import annotations

from golive.ledger.entry import Entry, Kind
from golive.ledger.store import Ledger


def opened(ledger: Ledger, project: str) -> Entry | None:
    """The first step of opening; once it is there, no task writes rows into the new system."""
    return next(iter(ledger.entries(project, kind=Kind.OPENING, limit=1)), None)


def frozen(ledger: Ledger, project: str) -> Entry | None:
    """The freeze that stands, or None: there was none, or it was undone."""
    entry = ledger.last(project, Kind.FREEZE, Kind.UNFREEZE)
    return entry if entry is not None and entry.kind == Kind.FREEZE else None


def approval(ledger: Ledger, project: str, run: str, evidence_hash: str, question: str = "go_live") -> Entry | None:
    """The approval, in this run, of exactly the evidence with this hash, or None.

    A later entry about the same question other than 'approved' takes it back, whatever was shown
    then: a no, and asking again.
    """
    standing = None
    for entry in ledger.entries(project, kind=Kind.APPROVAL, run=run):
        if entry.payload.get("question", "go_live") != question:
            continue
        if entry.payload.get("verdict") != "approved":
            standing = None
        elif entry.payload.get("evidence_hash") == evidence_hash:
            standing = entry
    return standing


def summary(ledger: Ledger, project: str, run: str) -> Entry | None:
    """The last summary of a run."""
    return ledger.last(project, Kind.SUMMARY, run=run)
