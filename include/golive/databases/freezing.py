"""What a freeze of a source is made of, and what an engine must be able to do for one.

Everything here is plain data that goes into the ledger as JSON: text and integers, no floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Block:
    """What stands once every table is blocked.

    ``since`` is a time in UTC, as ISO 8601, and that of the first block if this one completed an
    older one. ``waited_for`` describes each writer that was waited for in this call.
    """

    since: str
    by: str
    tables: tuple[str, ...]
    not_covered: tuple[str, ...]
    waited_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The point after which no row changes.

    ``at`` is a time in UTC (ISO 8601), ``position`` the end of the write-ahead log at that moment.
    ``seals`` gives, for each thing that holds the freeze up, the version of its catalogue row: it
    changes whenever the thing is altered, also when it is altered back.
    """

    at: str
    position: str
    seals: dict[str, str]


@dataclass(frozen=True, slots=True)
class RoleProof:
    """How many probes were made as a role, and how many of them the freeze itself rejected."""

    role: str
    probed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven. ``catalogue`` counts the tables whose trigger the catalogue shows in force.

    For what stands in ``not_probed``, with its reason, the catalogue's word is the only proof.
    """

    roles: tuple[RoleProof, ...]
    not_probed: tuple[str, ...]
    catalogue: int


@dataclass(frozen=True, slots=True)
class FreezeState:
    """What stands in a database now, whoever asks.

    ``project`` is None when no freeze was set. ``refusing`` is false for a freeze that is being
    taken away: its remains are there, and writes pass. ``mark`` is None until the writers of the
    time before were gone. ``ddl`` tells whether changes of the schema are refused too.
    """

    project: str | None
    since: str | None
    by: str | None
    mark: Mark | None
    refusing: bool
    covered: tuple[str, ...]
    uncovered: tuple[str, ...]
    ddl: bool

    @property
    def frozen(self) -> bool:
        """True when writes are refused on every table."""
        return self.refusing and not self.uncovered


class Freezing(Protocol):
    """A source made read-only, proven so, watched, and opened again.

    Limits are in seconds. ``connection`` is in autocommit: each step commits by itself, and each
    can be repeated after a crash at any point.
    """

    def alone(self, connection: Any, *, limit_seconds: int) -> None:
        """Be the only session that sets or undoes a freeze here, until it ends; Busy if another stays at it."""

    def block(self, connection: Any, *, project: str, by: str, limit_seconds: int) -> Block:
        """Refuse every write from now on, table by table; what stands already is kept.

        Raises FreezeRefused, with the reason and what to do, and leaves what it has set for
        ``unblock``.
        """

    def drain(self, connection: Any, *, limit_seconds: int) -> tuple[str, ...]:
        """Wait until every transaction that may have written before the block has ended.

        Gives a description of each that was waited for. Raises FreezeRefused at the limit.
        """

    def mark(self, connection: Any) -> Mark:
        """Take the position, and keep it in the source beside what holds the freeze up."""

    def prove(self, connection: Any, *, limit_seconds: int) -> Proof:
        """Try to write, with no row, as every role that may be assumed; always rolled back.

        Raises FreezeRefused if anything got through, or no proof could be had within the limit.
        """

    def watch(self, connection: Any, *, project: str, mark: Mark) -> list[str]:
        """What is no longer as it was at the mark, one sentence each; empty while the freeze stands. Reads only."""

    def unblock(self, connection: Any, *, project: str, limit_seconds: int) -> list[str]:
        """Let writes pass, then take away all that ``block`` set; says what it did, nothing if nothing stood.

        Raises FreezeRefused for the freeze of another project, and Busy when writes pass again but
        a long reader keeps the remains from being removed within the limit.
        """

    def frozen_state(self, connection: Any) -> FreezeState:
        """What stands now. Reads only."""
