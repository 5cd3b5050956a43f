"""Every error that Golive raises on purpose.

    GoliveError
    ├── Terminal              the same input fails again: a person has to act
    │   ├── ProjectError      a project file is wrong
    │   ├── PlanError         a file and the live schemas do not fit together
    │   ├── FingerprintChanged  the plan is not the one that a checkpoint was made under
    │   ├── IdentityBroken    rows read are not the rows accounted for
    │   ├── NotPermitted      a gate is shut: no approval, already open, frozen
    │   ├── FreezeRefused     the source cannot be made read-only, or not proven so
    │   ├── FreezeViolated    a standing freeze was broken
    │   ├── ChecksFailed      the evidence says no
    │   └── LedgerBroken      the hash chain does not hold
    └── Transient             worth another try by itself
        ├── ConnectionLost    a server went away
        ├── StreamBroken      a copy stream ended before its end
        └── Busy              another session holds the lock

A message says what happened, to which table and key, and what to do next. The ids in it are
attributes too, so that alerts and pages need not parse text. Only ``golive.flow`` turns the two
branches into Airflow's "fail" and "retry".
"""

from __future__ import annotations

from dataclasses import dataclass


class GoliveError(Exception):
    """Base of all; ``project`` and ``table`` are None where they do not apply."""

    def __init__(self, message: str, *, project: str | None = None, table: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.project = project
        self.table = table


class Terminal(GoliveError):
    """The same input fails again."""


class Transient(GoliveError):
    """Worth another try by itself."""


class ProjectError(Terminal):
    """A project file is wrong; ``faults`` lists every fault found, not only the first."""

    def __init__(self, message: str, *, faults: tuple[Fault, ...] = (), project: str | None = None) -> None:
        super().__init__(message, project=project)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a project file: where it stands and what would be right."""

    path: str
    line: int | None
    key: str
    what: str
    right: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.key}: {self.what}. Right: {self.right}"


class PlanError(Terminal):
    """A file and the live schemas do not fit together."""


class FingerprintChanged(Terminal):
    """The plan is not the one that a checkpoint was made under; ``changed`` names the parts."""

    def __init__(self, message: str, *, changed: tuple[str, ...], project: str, table: str) -> None:
        super().__init__(message, project=project, table=table)
        self.changed = changed


class IdentityBroken(Terminal):
    """Rows read are not the rows accounted for: nothing was committed."""


class NotPermitted(Terminal):
    """A gate is shut."""


class FreezeRefused(Terminal):
    """The source cannot be made read-only, or could not be proven so."""


class FreezeViolated(Terminal):
    """A standing freeze was broken."""


class ChecksFailed(Terminal):
    """The evidence says no."""


class LedgerBroken(Terminal):
    """The hash chain does not hold; ``seq`` is the first entry that is wrong."""

    def __init__(self, message: str, *, seq: int) -> None:
        super().__init__(message)
        self.seq = seq


class ConnectionLost(Transient):
    """A server went away."""


class StreamBroken(Transient):
    """A copy stream ended before its end; the target was rolled back."""


class Busy(Transient):
    """Another session holds the lock."""
