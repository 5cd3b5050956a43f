"""The parts of a report. All text in it is fit to be shown: cleaned of control characters, values masked before."""

from __future__ import annotations

from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from golive.reports.cells import Table


class State(StrEnum):
    """What a run has come to, for a colour and for programs; people read ``RunReport.says``."""

    NOTHING = "nothing"
    """The run has written nothing into the ledger."""
    DRY_RUN = "dry_run"
    """It showed what would be done; nothing was changed."""
    WAITING = "waiting"
    """It waits for a person."""
    WORKING = "working"
    """It goes on by itself."""
    STOPPED = "stopped"
    """A person has to act before anything goes on."""
    BACK = "back"
    """The old system was opened again after this run had frozen it."""
    MOVED = "moved"
    """Rows were moved before go-live."""
    OPEN = "open"
    """The new system is open."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that stands out: ``value`` as people read it, ``label`` what it counts."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """One ledger entry in words. ``detail`` may have several lines; ``evidence`` is a hash, or empty."""

    entry: int
    at: datetime
    who: str
    says: str
    detail: str = ""
    evidence: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class DryRunTable:
    """What a go-live would carry of one table, of how many rows."""

    table: str
    rows: int
    total: int
    says: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What was shown before anything was changed; ``minutes`` are (step, expected minutes)."""

    entry: int
    evidence: str
    actions: tuple[str, ...]
    rows: int
    total: int
    minutes: tuple[tuple[str, int], ...]
    tables: tuple[DryRunTable, ...]

    @property
    def total_minutes(self) -> int:
        return sum(value for _, value in self.minutes)


@dataclass(frozen=True, slots=True)
class TableLine:
    """What became of one table's rows. ``source`` counts rows of the whole mapped source, None until a sweep.

    ``undeleted`` rows could not be deleted; ``finished`` is false while parts of the table wait.
    """

    table: str
    source: int | None
    read: int
    inserted: int
    updated: int
    deleted: int
    quarantined: int
    undeleted: int = 0
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were left behind, in words, and the server's code if there is one."""

    says: str
    code: str
    rows: int


@dataclass(frozen=True, slots=True)
class Held:
    """One table's rows in quarantine; ``examples`` are (masked key, reason)."""

    table: str
    rows: int
    reasons: tuple[Reason, ...]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a differing row; None is NULL on that side, or no row (``Differing.only``)."""

    column: str
    source: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Differing:
    """One differing row, masked; ``only`` is the side that alone has it, or empty."""

    key: str
    only: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One verdict. ``examples`` are rows that differ."""

    check: str
    table: str
    verdict: str
    says: str
    entry: int
    looked_at: int = 0
    examples: tuple[Differing, ...] = ()

    @property
    def passed(self) -> bool:
        return self.verdict == "PASS"


class Checked:
    """A report with checks, told apart by whether they passed."""

    __slots__ = ()
    checks: tuple[CheckLine, ...]

    @property
    def failed(self) -> tuple[CheckLine, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def passed(self) -> tuple[CheckLine, ...]:
        """The checks that passed."""
        return tuple(check for check in self.checks if check.passed)


@dataclass(frozen=True, slots=True)
class SampleTable:
    """The sample of one table, in rows."""

    table: str
    verdict: str
    says: str
    source_rows: int
    sampled: int
    matching: int
    different: int
    missing: int
    extra: int
    examples: tuple[Differing, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleReport:
    """The sample: ``seed`` and ``percent`` draw it again."""

    entry: int
    evidence: str
    seed: int
    percent: int
    rows: int
    verdict: str
    says: str
    tables: tuple[SampleTable, ...]


@dataclass(frozen=True, slots=True)
class FreezeReport:
    """What was stopped, and how that was proven. ``seconds`` is how long the source stood still, None while it does."""

    entry: int
    evidence: str
    source: str
    by: str
    since: str
    position: str
    tables: tuple[str, ...]
    proofs: tuple[str, ...]
    not_covered: tuple[str, ...]
    waited_for: tuple[str, ...]
    repaired: tuple[str, ...]
    seconds: int | None
    undone: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person was asked, or said; ``verdict`` is asked, approved, rejected or refused."""

    entry: int
    at: datetime
    who: str
    question: str
    verdict: str
    comment: str
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class RunReport(Checked):
    """A run of a project as the ledger tells it.

    ``says`` is its state in one sentence and ``do`` what a person does next. ``shown_from`` names
    the run that the numbers come from, where that is another one: the one that opened the system.
    ``criteria`` are the conditions of going live as they stood when the run last wrote, None for a run
    that did not look at them. ``whole`` is true when ``tables`` sum up all increments and sweeps of the
    project, not this run's. Checks that did not pass stand first.
    """

    project: str
    run: str
    stage: str
    state: State
    says: str
    do: str
    facts: tuple[Fact, ...] = ()
    shown_from: str = ""
    steps: tuple[Step, ...] = ()
    criteria: Table | None = None
    dry_run: DryRun | None = None
    tables: tuple[TableLine, ...] = ()
    whole: bool = False
    quarantine: tuple[Held, ...] = ()
    checks: tuple[CheckLine, ...] = ()
    sample: SampleReport | None = None
    freeze: FreezeReport | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of a project in a list of them: its last entry in words."""

    run: str
    stage: str
    since: datetime
    last: datetime
    says: str


def as_data(value: Any) -> Any:
    """A report, or a part of one, as plain data for JSON; times and days are ISO 8601, times in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return as_data(asdict(value))
    if isinstance(value, dict):
        return {name: as_data(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
