"""What engines must be able to do for a training copy: mask sensitive values where they are, and load what is left.

A mask is made by the server that holds the value, within the SELECT that reads it. Equal values have equal masks in
every table and column, so that whoever was the same stays the same; a value of few (yes and no, a list of codes) is
drawn anew for each row, since what replaced it everywhere would soon be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class How(StrEnum):
    """How a column is masked."""

    BY_VALUE = "by value"
    """Equal values get equal masks, different ones different masks, and none is its own."""
    DRAWN = "drawn"
    """One of a few allowed values, by the row: equal to its own by chance."""
    EMPTIED = "emptied"
    """NULL, for its type has no mask that is of the same type."""


@dataclass(frozen=True, slots=True)
class Mask:
    """The mask of one column. ``form`` is the engine's word for what is done, ``type`` the column's base type.

    ``wide`` is a text's length limit, 0 without one. ``allowed`` are the values that a drawn one is drawn from, as
    text; ``between`` bounds that a constraint sets, and the digits after the point. ``apart``: different values have
    to stay different, in a key or where a foreign key leads.
    """

    column: str
    how: How
    form: str
    type: str
    nullable: bool
    apart: bool
    wide: int = 0
    allowed: tuple[str, ...] = ()
    between: tuple[str, str, int] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint that masks have to keep: its name, its expression, and the masked columns that it reads.

    Of a domain ``value`` is the column that is its VALUE; of a table's own constraint it is None. ``alone`` is true
    where it reads nothing but one column.
    """

    name: str
    expression: str
    columns: tuple[str, ...]
    value: str | None
    alone: bool


@dataclass(frozen=True, slots=True)
class CopyTable:
    """One table of a training copy, by its full name.

    ``columns`` are copied, in this order: all but ``computed``, which the training side makes by itself. ``key``
    tells its rows apart and is not masked, empty where there is none; by ``place`` (a key, masked or not; else the
    whole row) values are drawn. The columns of ``emptied`` become NULL in rows that would break a rule; a
    ``partitioned`` table has its rows in other tables.
    """

    table: str
    columns: tuple[str, ...]
    computed: tuple[str, ...]
    masks: tuple[Mask, ...]
    key: tuple[str, ...]
    place: tuple[str, ...]
    rules: tuple[Rule, ...]
    partitioned: bool
    emptied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What a training database says of the refresh that made its rows."""

    project: str
    source: str
    run: str


class Masking(Protocol):
    """Reads the new system through masks, and loads a training copy of it.

    ``lay_out`` gives every table but those that are left out, and raises PlanError for a column that cannot be
    masked; all names of tables are full. Within ``keyed``, one moment of a server that is only read and keeps no
    trace, ``fitted`` gives a table whose masks keep its constraints, or raises PlanError naming table, column and
    constraint, and ``fill`` copies rows. ``emptied`` is the training side's part, inside the caller's
    ``transaction``: all tables stand empty in the block, foreign keys and triggers are away until its end, and then
    sequences lie beyond what was copied. Both raise Terminal, without a value, for what a server refuses.

    ``hashes`` and ``hashed_values`` are for the check, and know nothing of masks: salted hashes of values, '' for
    one in which there is nothing to hide, None for NULL. The first gives (key, a hash for each masked column) in
    byte order of the key, the second the distinct hashes of a column's texts of at least so many characters, in
    byte order.
    """

    def tables(self, connection: Any) -> tuple[str, ...]: ...
    def lay_out(
        self, connection: Any, sensitive: Mapping[str, frozenset[str]], left_out: frozenset[str]
    ) -> tuple[CopyTable, ...]: ...
    def keyed(self, connection: Any, key: bytes) -> AbstractContextManager[None]: ...
    def fitted(self, connection: Any, table: CopyTable) -> CopyTable: ...
    def fill(self, target: Any, training: Any, table: CopyTable) -> int: ...
    def made(self, connection: Any) -> Made | None: ...
    def is_ledger(self, connection: Any) -> bool: ...
    def holding(self, connection: Any, tables: Sequence[str]) -> str | None: ...
    def mark(self, connection: Any, made: Made) -> None: ...
    def emptied(self, connection: Any, tables: Sequence[str]) -> AbstractContextManager[None]: ...
    def hashes(
        self, connection: Any, table: CopyTable, salt: str
    ) -> AbstractContextManager[Iterator[tuple[str, tuple[str | None, ...]]]]: ...
    def hashed_values(
        self, connection: Any, table: CopyTable, column: str, salt: str, least: int
    ) -> AbstractContextManager[Iterator[str]]: ...
    def open_tables(self, connection: Any, tables: Sequence[str]) -> list[str]: ...
