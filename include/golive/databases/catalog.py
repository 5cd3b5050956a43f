"""What a live schema has, in words that every engine shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class TypeInfo(Protocol):
    """A column's type as its engine knows it; callers hand it back to the engine."""

    @property
    def name(self) -> str: ...

    @property
    def formatted(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column. ``default`` covers identities; ``generated`` ones cannot be written at all.

    ``always`` is an identity that refuses a value unless it is told to take it.
    """

    name: str
    type: TypeInfo
    nullable: bool
    default: bool
    generated: bool
    always: bool


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table by its full name, ``schema.table``; ``rows`` is the server's own estimate.

    ``unique`` lists the column sets that are unique and never null, the primary key among them.
    """

    name: str
    kind: str
    rows: int
    columns: tuple[ColumnInfo, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> ColumnInfo | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``child.columns`` refer to ``parent.referred``; ``valid`` is false while rows were never checked."""

    name: str
    child: str
    parent: str
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    valid: bool


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """The sequence that fills a column."""

    table: str
    column: str
    sequence: str
