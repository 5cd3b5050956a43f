"""One side of a table in the target's columns, and which of its rows are meant.

The source's side and the target's side of a table are both a Relation over the same columns, so
whatever reads keys, counts, digests or values is written once and runs on either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from golive.errors import Terminal
from golive.keys import Chunk, Key


class Part(StrEnum):
    """Which rows by ``older_than``: all, those that hold it, or the rest (false and unknown)."""

    ALL = "all"
    OLDER = "older"
    REST = "rest"


class Order(StrEnum):
    """What a chunk's edges are made of: the key, or the cursor and then the key."""

    KEY = "key"
    CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the target, as one side has it.

    ``expression`` is SQL of that side's engine and has type ``type``. ``declared`` is the target's
    type with the digits it keeps (never its length: a cast to varchar(5) would cut in silence what an
    assignment refuses), or text for a type that only the target has; ``wire`` is the base type in
    which the value travels and is staged. ``by_value`` columns are digested by
    value, the others by their text; ``ordered`` ones are ordered by value, the others by their
    text in byte order.
    """

    name: str
    expression: str
    type: str
    declared: str
    wire: str
    by_value: bool
    ordered: bool
    nullable: bool
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """The rows of one side: a FROM item, the columns, what limits them, and the key's names.

    ``table`` is what people call it; on the target, the table's full name. ``from_item`` has an
    alias, under which the expressions know it.
    ``where`` holds for every row that is meant at all: the spec's ``where`` on the source, its
    ``owns`` on the target. ``key`` is empty for a table that has none. ``cursor`` and ``older``
    are the spec's expressions, on the source only; ``cursor_type`` is the cursor's own type.
    """

    table: str
    from_item: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    where: str | None = None
    older: str | None = None
    cursor: str | None = None
    cursor_type: str | None = None

    def column(self, name: str) -> Column:
        """The column of this name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def keys(self) -> tuple[Column, ...]:
        return tuple(self.column(name) for name in self.key)


@dataclass(frozen=True, slots=True)
class Rows:
    """A subset of a relation's rows; the default is all that have a key.

    ``since`` and ``until`` bound the cursor, both inclusive, as text of its type; ``nulls`` takes
    the rows without a cursor instead. ``keys`` names single rows; ``without`` leaves some out.
    """

    chunk: Chunk = field(default_factory=Chunk)
    order: Order = Order.KEY
    part: Part = Part.ALL
    since: str | None = None
    until: str | None = None
    nulls: bool = False
    keys: tuple[Key, ...] | None = None
    without: tuple[Key, ...] = ()


class RowsRefused(Terminal):
    """Some of the rows of a statement were refused by one side; which ones is still to be found.

    ``side`` is source or target, ``state`` the SQLSTATE, ``detail`` the constraint or column. The
    server's own message may hold values and is not kept.
    """

    def __init__(self, side: str, state: str, detail: str | None) -> None:
        super().__init__(f"rows were refused by the {side} (SQLSTATE {state}{f', {detail}' if detail else ''})")
        self.side = side
        self.state = state
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows a bucket holds and the sum of their hashes; equal digests mean equal rows."""

    rows: int
    total: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that could not be migrated: never its values, only where and why.

    ``rows`` is how many source rows share the key (more than one for a duplicated key);
    ``parked`` marks a refusal that another row's arrival may cure (a parent, a freed unique value).
    """

    key: tuple[str | None, ...]
    reason: str
    state: str | None = None
    detail: str | None = None
    rows: int = 1
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of rows that were read: read = inserted + updated + unchanged + refused."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    deleted: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            self.read + other.read,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.deleted + other.deleted,
        )

    @property
    def balanced(self) -> bool:
        return self.read == self.inserted + self.updated + self.unchanged + self.refused
