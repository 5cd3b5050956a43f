"""What a live database and its data look like, and who reaches it; nothing here writes, or gives a value of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from golive.databases.relation import Relation


@dataclass(frozen=True, slots=True)
class Server:
    """A database and the server that holds it; ``bytes`` is what the database takes on its disk.

    ``supported`` is false for a version that Golive was not made for; ``standby`` is a server that
    only follows another.
    """

    version: str
    supported: bool
    encoding: str
    standby: bool
    bytes: int


@dataclass(frozen=True, slots=True)
class CursorCandidate:
    """A column that increments could follow: a time, or a number that a sequence gives."""

    column: str
    type: str
    indexed: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A table as it lies on the disk, partitions and inheritors counted in.

    ``rows`` is the server's own estimate, None while nobody gathered statistics; ``bytes`` are those
    of rows, indexes and long values. ``reads`` and ``writes`` count since the server's statistics
    began; ``last_read`` and ``last_analyzed`` are UTC to the minute, '' where the server does not know.
    """

    name: str
    rows: int | None
    bytes: int
    columns: int
    keyed: bool
    reads: int
    writes: int
    last_read: str
    last_analyzed: str
    cursors: tuple[CursorCandidate, ...]


@dataclass(frozen=True, slots=True)
class Garbled:
    """How many rows of a text column look damaged.

    ``encoding`` counts what is no text in UTF-8, or what UTF-8 looks like after it was read as
    something else; ``control`` counts control characters other than tab and line ends.
    """

    column: str
    encoding: int
    control: int


class Profiling(Protocol):
    """Sizes, use, keys, and damage in the data."""

    def server(self, connection: Any) -> Server: ...
    def stored(self, connection: Any) -> tuple[Stored, ...]: ...

    def bounded(self, connection: Any, seconds: int) -> AbstractContextManager[None]:
        """Statements of the block end after so many seconds each: Terminal then, which says so, without a value."""

    def unresolved(
        self,
        connection: Any,
        child: Relation,
        columns: Sequence[str],
        parents: Sequence[tuple[Relation, Sequence[str]]],
    ) -> int:
        """The rows of ``child`` that refer to a row which none of ``parents`` has; a NULL refers to nothing.

        Compared as the target's columns compare, so a mapping that makes two keys equal counts as one.
        """

    def garbled(self, connection: Any, from_item: str, columns: Mapping[str, str]) -> tuple[Garbled, ...]:
        """The damaged ones among text columns, given as name -> expression; one scan over the FROM item."""

    def timed_read(self, connection: Any, relation: Relation, limit: int) -> tuple[int, int]:
        """(rows, milliseconds) of reading up to ``limit`` rows as they would travel, to this side of the wire."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the login of a connection may do.

    ``tables`` has the rights on each table that was asked about; ``database`` those on the database;
    ``not_owned`` names every table whose writes it could not stop, with its owner.
    """

    login: str
    superuser: bool
    database: frozenset[str]
    tables: Mapping[str, frozenset[str]]
    not_owned: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Login:
    """A role that can sign in and has rights on tables; ``writes`` are the tables that it may change."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """A session of somebody else as it stands now; ``address`` is '' where it is local or may not be seen."""

    login: str
    application: str
    address: str


@dataclass(frozen=True, slots=True)
class Held:
    """A column of a table or view; ``kind`` is text, time, number, boolean, network, or '' for any other type."""

    table: str
    column: str
    type: str
    kind: str


class Reach(Protocol):
    """Who may reach a database, who does, and what we may do ourselves."""

    def columns(self, connection: Any) -> tuple[Held, ...]:
        """Every column of every table and view, but the server's own and Golive's; by table, in the table's order."""

    def readers(self, connection: Any, columns: Sequence[Held]) -> tuple[tuple[str, ...], ...]:
        """For each of these columns the roles that can sign in and may SELECT it, by name; superusers aside.

        ``PUBLIC`` stands for everybody, where the right was granted to all.
        """

    def identity(self, connection: Any) -> str:
        """What tells this database from every other, however it was reached, for as long as its server runs."""

    def rights(self, connection: Any, tables: Sequence[str]) -> Rights: ...

    def logins(self, connection: Any, tables: Sequence[str]) -> tuple[Login, ...]:
        """Roles with rights on these tables, except superusers and the login of this connection."""

    def clients(self, connection: Any) -> tuple[Client, ...]:
        """Sessions and replication of this database, except those of the login of this connection."""
