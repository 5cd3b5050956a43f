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
    RUN = "run"
    """A run was first seen under its name: ``made`` is when Airflow made it. Another one of that name is refused."""
    STAGE = "stage"
    """A stage was opened, closed, or waived by a person: its last entry is its state."""
    STEP = "step"
    """A task of a stage did its work: what it found in one sentence, and what is missing."""
    ATTESTATION = "attestation"
    """What people stated on a form that decides nothing by itself."""
    WAIVER = "waiver"
    """A named person set a rule aside, with a reason."""
    PROFILE = "profile"
    """What the source and its data look like."""
    READINESS = "readiness"
    """A score over answers and profile, and what it proposes."""
    DOCUMENT = "document"
    """A document of the roadmap, or that somebody read it."""
    RISK = "risk"
    """A risk as it stands now."""
    THIRD_PARTY = "third_party"
    """A connection of somebody else's system: declared, seen, or both."""
    SIZING = "sizing"
    """How long the stages and the night will take, computed from sizes and measured throughput."""
    AGREEMENT = "agreement"
    """A version of the Success Agreement."""
    SLOT = "slot"
    """A day on the schedule of all projects: proposed, booked, moved or released."""
    AREA = "area"
    """A configuration area as it stands now."""
    TRAINING = "training"
    """Somebody was at a course, attested it, or passed it."""
    MATERIAL = "material"
    """What people learn with, and the build that it shows."""
    CLEAN_UP = "clean_up"
    """How many defects of a rule are open in the old system."""
    PROCESS = "process"
    """A business process: closed, or how much of it is open."""
    LEFTOVER = "leftover"
    """What must be gone from an environment: found, and removed."""
    CRITERION = "criterion"
    """A condition of going live as it stands now."""
    ISSUE = "issue"
    """An issue as it stands now."""
    MEETING = "meeting"
    """A meeting was held: who was there, what was decided."""
    COMMUNICATION = "communication"
    """Something was told to a group of people."""
    FIGURE = "figure"
    """A measurement of the new system against what was agreed."""
    OUTCOME = "outcome"
    """What must go on after the move: whether it runs."""
    FIRST_USE = "first_use"
    """When a team first worked with the new system; or that it has not yet."""
    TICKET = "ticket"
    """A day's support tickets of one level; ``answered`` are the minutes that each first answer of that day took."""
    FAILING_KEYS = "failing_keys"
    """Every key that one check refuses; the evidence is a compressed file of them, masked where sensitive."""
    PASS = "pass"
    """A validation pass as a whole: what is open by severity, and what changed against the one before."""
    SCENARIOS = "scenarios"
    """Which declared scenarios were tested, and how that ended."""
    PRIVACY = "privacy"
    """Which personal columns each system holds, and who may read them."""
    TRAINING_COPY = "training_copy"
    """The new system's data were copied for training, masked: when, how much, and who may see it."""
    MAPPING = "mapping"
    """The mapping was frozen, or thawed: ``state`` is 'frozen' or 'thawed'; the evidence is every line of it."""
    CONFIG_COPY = "config_copy"
    """A configuration area was compared, copied or undone: rows, hashes before and after, what was skipped."""
    WORK_LIST = "work_list"
    """Rows of a sample were given to departments to look at; the evidence holds them, masked."""
    REVIEW = "review"
    """A person's verdicts on rows of one table's work-list, each with the digest of the row that was judged."""
    REPORT = "report"
    """A report that was made once and is kept as it was."""


KINDS: frozenset[str] = frozenset(Kind)

# What tells one thing of a kind from another: the newest entry with these values is how it stands.
IDENTITY: dict[str, tuple[str, ...]] = {
    Kind.STEP: ("task",),
    Kind.ATTESTATION: ("question",),
    Kind.WAIVER: ("what",),
    Kind.DOCUMENT: ("name", "read_by"),
    Kind.RISK: ("id",),
    Kind.THIRD_PARTY: ("name",),
    Kind.AREA: ("area",),
    Kind.TRAINING: ("person", "course"),
    Kind.MATERIAL: ("name",),
    Kind.CLEAN_UP: ("rule",),
    Kind.PROCESS: ("process",),
    Kind.LEFTOVER: ("name",),
    Kind.CRITERION: ("id",),
    Kind.ISSUE: ("id",),
    Kind.FIGURE: ("name",),
    Kind.OUTCOME: ("name",),
    Kind.FIRST_USE: ("team",),
    Kind.TICKET: ("on", "level"),
    Kind.CHECKS: ("part", "lane"),
    Kind.FAILING_KEYS: ("check",),
    Kind.SCENARIOS: ("scenario",),
    Kind.CONFIG_COPY: ("area",),
    Kind.WORK_LIST: ("table",),
    Kind.REPORT: ("what",),
}


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
