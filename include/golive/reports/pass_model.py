"""The report of a validation pass, as plain values: what ``passes`` reads and ``pass_file`` puts into words."""

from __future__ import annotations

from dataclasses import dataclass

from golive.reports.plain import Tone, Word
from golive.reports.trends import Step


@dataclass(frozen=True, slots=True)
class Light:
    """The traffic light: its colour as a word, and the tone of that."""

    colour: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. ``age`` is in days, ``rows`` how many are wrong, None where the check counts none.

    ``keys`` is the hash of the evidence that lists the key of every one of those rows, or empty.
    """

    id: str
    title: str
    severity: Word
    change: str
    state: str
    who: str
    age: int
    since: str
    rows: int | None
    says: str
    means: str
    do: str
    keys: str = ""


@dataclass(frozen=True, slots=True)
class ToDo:
    """Somebody, the departments that they speak for, and the findings that wait for them."""

    who: str
    departments: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A waiver that holds: what it sets aside, and who gave it, why, and until when."""

    title: str
    by: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """A check of which nobody knows what it would say."""

    title: str
    word: Word
    says: str
    who: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario of the new system, and how its test ended last."""

    name: str
    test: str
    result: str
    covered: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A clean-up rule of the old system; ``open`` is None where nobody counted, ``at_most`` where it has no limit."""

    says: str
    who: str
    open: int | None
    at_most: int | None


@dataclass(frozen=True, slots=True)
class PassReport:
    """One pass; ``sentence`` says whether it may go on, and ``missing`` all that keeps it from that.

    ``changes`` counts every change, ``changed`` lists what is behind each. ``opportunities`` block nothing, and
    count nowhere else. ``scenarios`` is None where the project declares none.
    """

    project: str
    title: str
    stage: str
    number: int
    day: str
    sentence: str
    light: Light
    only_reports: bool
    missing: tuple[str, ...]
    changes: tuple[tuple[str, int], ...]
    changed: tuple[tuple[str, tuple[Line, ...]], ...]
    trend: tuple[Step, ...]
    top: tuple[Line, ...]
    open: int
    people: tuple[ToDo, ...]
    opportunities: tuple[Line, ...]
    rules: tuple[Rule, ...]
    waivers: tuple[SetAside, ...]
    unseen: tuple[Unseen, ...]
    checks: int
    percent: int | None
    scenarios: tuple[Scenario, ...]
    made: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.title}: validation pass {self.number}"
