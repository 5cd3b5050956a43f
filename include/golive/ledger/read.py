"""What gates ask the ledger, read anew each time: call these at the moment of acting, and keep no answer."""

from __future__ import annotations

from collections.abc import Iterable

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


def verdicts(entries: Iterable[Entry]) -> list[Entry]:
    """Of each part and lane the newest `checks` among entries of one run, by the part's newest division into lanes.

    ``entries`` are in order, and of any kind. What an older division said is told by no lane of the newest.
    """
    checks = [entry for entry in entries if entry.kind == Kind.CHECKS]
    divided = {part_of(entry): entry.payload["lanes"] for entry in checks}
    newest = {
        (part_of(entry), int(entry.payload["lane"])): entry
        for entry in checks
        if entry.payload["lanes"] == divided[part_of(entry)]
    }
    return [newest[which] for which in sorted(newest)]


def part_of(checks: Entry) -> str:
    """What these verdicts are about: 'tables', 'suites' or 'comparisons'; without a word on it, tables."""
    return str(checks.payload.get("part", "tables"))


def silent(checks: Iterable[Entry]) -> list[tuple[str, int]]:
    """(part, lane) of every lane that has no verdict, of what ``verdicts`` gave."""
    spoke: dict[str, set[int]] = {}
    lanes: dict[str, int] = {}
    for entry in checks:
        part = part_of(entry)
        spoke.setdefault(part, set()).add(int(entry.payload["lane"]))
        lanes[part] = int(entry.payload["lanes"])
    return [(part, lane) for part, all_ in lanes.items() for lane in range(1, all_ + 1) if lane not in spoke[part]]


def summary(ledger: Ledger, project: str, run: str) -> Entry | None:
    """The last summary of a run."""
    return ledger.last(project, Kind.SUMMARY, run=run)
