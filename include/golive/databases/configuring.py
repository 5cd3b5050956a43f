"""What a target must be able to do with configuration that was made ahead in another database of the same schema.

Everything is compared as text: the columns as the server writes them, and a number that only one database knows as
the natural key of the row that it refers to. So both databases say the same of the same row, and one hash tells
whether they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Referred:
    """Where the number in a column leads: ``table.column``, whose row people know by the columns ``by``."""

    table: str
    column: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """One table of an area, as both databases have it; ``table`` is its full name.

    ``number`` tells it from every other entry of the project. ``columns`` are copied, in this order, with their
    ``types``; those under ``fixed`` are never updated, only inserted. ``where`` limits the rows of staging, ``owns``
    those of production; ``migrated`` are predicates over production: rows that the migration owns. ``remap`` is by
    column. Values of ``sensitive`` columns are never shown.
    """

    area: str
    number: int
    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    fixed: frozenset[str]
    key: tuple[str, ...]
    where: str | None
    owns: str | None
    migrated: tuple[str, ...]
    remap: Mapping[str, Referred]
    sensitive: frozenset[str]


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows, and the SHA-256 over all of them: equal contents are equal rows, in whatever database."""

    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One row that a copy would write: its key, and by column what stands there and what would; as people may see it.

    ``before`` is None for a row that is new, ``after`` for one that would be removed.
    """

    key: tuple[str, ...]
    before: Mapping[str, str | None] | None
    after: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a copy of one table would do, in rows; ``columns`` counts changed values by column. A few examples of each.

    ``before`` is production inside ``owns``, ``staged`` what was made ahead.
    """

    inserted: int
    updated: int
    removed: int
    unchanged: int
    columns: Mapping[str, int]
    examples: tuple[Changed, ...]
    before: Content
    staged: Content

    @property
    def changes(self) -> int:
        return self.inserted + self.updated + self.removed


@dataclass(frozen=True, slots=True)
class Against:
    """Rows that speak against a copy. ``kind`` is 'collides' or 'refers outside'; ``says`` is a whole sentence, without
    a value. ``table`` is the table that they refer to, for rows that refer to what is not there.
    """

    kind: str
    rows: int
    says: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a copy did to one table, in rows; ``before`` is the hash of production's rows as they were."""

    table: str
    inserted: int
    updated: int
    removed: int
    before: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A copy that can be taken back: its number, the run that made it, and of what snapshot."""

    number: int
    run: str
    snapshot: str
    tables: tuple[Written, ...]


class Configuring(Protocol):
    """Copies of configuration, into the target and back.

    What writes does so inside the caller's ``transaction`` and raises Terminal, without a value, for what the server
    refuses. ``load`` has to come first in that transaction, for every table that is meant. A ``rehearsal`` is a
    transaction at one moment of production that always ends without a trace.
    """

    def rehearsal(self, connection: Any) -> AbstractContextManager[None]: ...
    def content(self, connection: Any, table: Copied, rows: str | None) -> Content: ...
    def load(self, staging: Any, production: Any, table: Copied) -> tuple[str, ...]: ...
    def difference(self, connection: Any, table: Copied) -> Difference: ...
    def against(
        self, connection: Any, table: Copied, around: Sequence[Copied], others: Sequence[Copied]
    ) -> list[Against]: ...
    def hold_still(self, connection: Any, tables: Sequence[str]) -> None: ...
    def apply(self, connection: Any, project: str, run: str, snapshot: str, tables: Sequence[Copied]) -> None: ...
    def reconcile(self, connection: Any, table: Copied) -> list[str]: ...
    def standing(self, connection: Any, project: str, area: str) -> tuple[Standing, ...]: ...
    def revert(self, connection: Any, project: str, standing: Standing, *, forced: bool) -> list[str]: ...
