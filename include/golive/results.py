"""What a check says, and how two sides of a table differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Verdict(StrEnum):
    """PASS is the only one that opens a door.

    ERROR is a check that could not run, VACUOUS one that looked at nothing; neither is a PASS.
    """

    PASS = "PASS"
    FAIL = "FAIL"
    ERROR = "ERROR"
    VACUOUS = "VACUOUS"


class Severity(StrEnum):
    """How much a finding weighs; an opportunity is none: what could be better in the data, and blocks nothing."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    OPPORTUNITY = "opportunity"


class Group(StrEnum):
    """Where a check comes from: Golive itself, a suite of expectations, or a comparison of the project file."""

    CHECK = "check"
    SUITE = "suite"
    COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Example:
    """One differing row, as shown to people: sensitive values are masked already.

    ``source`` and ``target`` hold the values of the columns that differ, as text; None for the
    side that has no such row.
    """

    key: tuple[str, ...]
    source: dict[str, str | None] | None
    target: dict[str, str | None] | None


@dataclass(frozen=True, slots=True)
class TableDiff:
    """The keyed difference of one table, in rows; at most ten examples of each kind.

    ``missing`` rows stand in the source only, ``extra`` rows in the target only.
    """

    table: str
    matching: int
    different: int
    missing: int
    extra: int
    examples: tuple[Example, ...] = ()

    @property
    def equal(self) -> bool:
        return not self.rows

    @property
    def rows(self) -> int:
        """How many rows differ, lack or are too many."""
        return self.different + self.missing + self.extra

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TableDiff:
        """The difference as the ledger keeps it."""
        examples = (Example(tuple(one["key"]), one["source"], one["target"]) for one in data.get("examples") or ())
        return cls(**{**data, "examples": tuple(examples)})


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One verdict with its evidence.

    ``says`` is one sentence with both values in it. ``looked_at`` counts rows (or objects) seen.
    ``table`` is the table that it is about: for a suite the suite's name, for a comparison None.
    ``severity`` is what it weighs if it says FAIL, ``owner`` the role that puts it right; without one,
    the data engineer's.
    """

    check: str
    table: str | None
    verdict: Verdict
    says: str
    looked_at: int = 0
    diff: TableDiff | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    group: Group = Group.CHECK
    severity: Severity = Severity.CRITICAL
    owner: str = ""

    @property
    def name(self) -> str:
        """What tells it from every other check of the project; an issue about it carries it."""
        return "/".join(part for part in (self.group.value, self.table, self.check) if part)

    @property
    def passed(self) -> bool:
        return self.verdict is Verdict.PASS

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger."""
        return asdict(self) | {"verdict": self.verdict.value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckResult:
        """The result that ``as_dict`` gave, as the ledger keeps it; what it lacks is as it is by default."""
        diff = data.get("diff")
        return cls(
            data["check"],
            data["table"],
            Verdict(data["verdict"]),
            data["says"],
            looked_at=data.get("looked_at", 0),
            diff=TableDiff.from_dict(diff) if diff else None,
            evidence=dict(data.get("evidence") or {}),
            group=Group(data.get("group", Group.CHECK)),
            severity=Severity(data.get("severity", Severity.CRITICAL)),
            owner=data.get("owner", ""),
        )


class Judged(Protocol):
    """Whatever has a verdict: a check's result, a table of the sample."""

    @property
    def verdict(self) -> Verdict: ...


def worst(results: Iterable[Judged]) -> Verdict:
    """The verdict of a whole: PASS only if there are results and all of them passed."""
    verdicts = {result.verdict for result in results}
    for verdict in (Verdict.ERROR, Verdict.FAIL, Verdict.VACUOUS):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS if verdicts else Verdict.VACUOUS
