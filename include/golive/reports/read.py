"""What a report needs of the ledger: a run's entries, the alarms about it, and their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from golive.ledger import Entry, Kind, Ledger, verdicts


@dataclass(frozen=True)
class Read:
    """A run's entries, the evidence that a report needs, and what ended its freeze."""

    entries: list[Entry]
    alarms: list[Entry]
    undone: Entry | None
    evidence: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, *kinds: str, **payload: Any) -> list[Entry]:
        """The run's entries of these kinds whose payload has these values, in order."""
        return [
            entry for entry in self.entries
            if entry.kind in kinds and all(entry.payload.get(name) == value for name, value in payload.items())
        ]

    def last(self, *kinds: str, **payload: Any) -> Entry | None:
        found = self.of(*kinds, **payload)
        return found[-1] if found else None

    def shown(self, entry: Entry) -> dict[str, Any]:
        return self.evidence[entry.evidence_hash or ""]

    @property
    def checks(self) -> list[Entry]:
        """The last verdict of every lane since the last sweep: of tables, suites and comparisons."""
        sweep = self.last(Kind.SWEEP)
        since = sweep.seq if sweep else 0
        return verdicts(entry for entry in self.entries if entry.seq > since)


def read_run(ledger: Ledger, project: str, run: str) -> Read:
    """Read it; the chain is not verified, but every entry and evidence against its own hash."""
    entries = ledger.entries(project, run=run)
    numbers = {str(entry.seq) for entry in entries}
    alarms = [
        entry for entry in ledger.entries(project, kind=Kind.ALARM)
        if _is_about(entry.once or "", run, numbers)
    ]
    entries = [entry for entry in entries if entry.kind != Kind.ALARM]
    freezes = [entry.seq for entry in entries if entry.kind == Kind.FREEZE]
    undone = None
    if freezes:
        later = ledger.entries(project, kind=Kind.UNFREEZE, after=freezes[-1])
        undone = later[0] if later else None
    read = Read(entries, alarms, undone)
    for entry in _needed(read):
        if entry.evidence_hash is not None and entry.evidence_hash not in read.evidence:
            document = ledger.evidence(entry.evidence_hash)
            assert isinstance(document, dict)
            read.evidence[entry.evidence_hash] = document
    return read


def _is_about(once: str, run: str, numbers: set[str]) -> bool:
    """Whether an alarm's name says that it is about this run, or about one of its entries."""
    parts_ = once.split("/")
    return once.startswith((f"alarm/{run}/", f"alarm/silent/{run}/")) or (
        len(parts_) > 2 and parts_[1] in ("frozen", "broken", "unanswered") and parts_[2] in numbers
    )


def _needed(read: Read) -> list[Entry]:
    """The entries whose evidence a report shows."""
    shows = [read.last(kind) for kind in (Kind.DRY_RUN, Kind.FREEZE, Kind.SAMPLE, Kind.SUMMARY)]
    asked = read.of(Kind.APPROVAL, verdict="asked", question="quarantine")
    return [*filter(None, shows), *asked[-1:], *read.of(Kind.INCREMENT, Kind.SWEEP), *read.checks]
