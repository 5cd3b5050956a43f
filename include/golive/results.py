"""What a check says, and how two sides of a table differ."""

from __future__ import annotations

from collections.abc import Iterable
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
        return not (self.different or self.missing or self.extra)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One verdict with its evidence.

    ``says`` is one sentence with both values in it. ``looked_at`` counts rows (or objects) seen.
    """

    check: str
    table: str | None
    verdict: Verdict
    says: str
    looked_at: int = 0
    diff: TableDiff | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.verdict is Verdict.PASS

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger."""
        return asdict(self) | {"verdict": self.verdict.value}


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
