"""One line of the ledger, and what it may be about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from golive.errors import Terminal


class Kind(StrEnum):
    """What an entry is about; the ledger refuses every other word."""

    DRY_RUN = "dry_run"
    """The ordered actions that were shown; its evidence is what an approval agrees to."""
    APPROVAL = "approval"
    """A question or its answer: ``verdict`` is 'asked', 'approved', 'rejected' or 'refused', ``evidence_hash``
    what was shown. Asking again takes an earlier approval back."""
    FREEZE = "freeze"
    """The source was stopped; the evidence is the freeze record."""
    UNFREEZE = "unfreeze"
    """The source was opened again: the freeze before it no longer stands."""
    INCREMENT = "increment"
    """One table was carried from a checkpoint to a bound."""
    SWEEP = "sweep"
    """One table was compared and repaired."""
    CHECKS = "checks"
    """The verdicts of a validation pass."""
    SAMPLE = "sample"
    """The sample of every table: seed, size and verdict."""
    OPENING = "opening"
    """A step of opening the new system; after the first, nothing of Golive writes rows into it."""
    SUMMARY = "summary"
    """The numbers of a whole run."""
    ALARM = "alarm"
    """Something that a person was told of at once."""


KINDS: frozenset[str] = frozenset(Kind)


def known(kind: str) -> str:
    """The kind itself; Terminal if the ledger does not know it."""
    if kind not in KINDS:
        raise Terminal(f"ledger: the kind {kind!r} is not known. Right: {', '.join(sorted(KINDS))}")
    return str(kind)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger, as stored.

    ``seq`` counts from 1 without gaps, over all projects. ``at`` is UTC by the ledger server's
    clock. ``once`` is the key of an entry that may exist only once in its project.
    ``evidence_hash`` is the SHA-256 of the evidence stored with the entry. ``hash`` covers every
    other field, ``prev_hash`` among them.
    """

    seq: int
    at: datetime
    project: str
    stage: str | None
    kind: str
    actor: str
    run: str | None
    once: str | None
    project_hash: str | None
    code_hash: str | None
    payload: dict[str, Any]
    evidence_hash: str | None
    prev_hash: str
    hash: str

    def __str__(self) -> str:
        place = f"{self.project}.{self.stage}" if self.stage else self.project
        run = f" in {self.run}" if self.run else ""
        evidence = f" evidence {self.evidence_hash[:12]}" if self.evidence_hash else ""
        return f"{self.seq} {self.at:%Y-%m-%d %H:%M:%S}Z {place} {self.kind} by {self.actor}{run}{evidence}"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's place and hash: printed and kept elsewhere, it shows later that nothing was cut off."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """The head that ``str`` wrote; Terminal for any other text."""
        match = re.fullmatch(r"(\d+):([0-9a-f]{64})", text.strip())
        if match is None:
            raise Terminal(f"ledger: {text!r} is not a head. Right: the number and the hash as printed, 812:9f2c...")
        return cls(int(match[1]), match[2])
