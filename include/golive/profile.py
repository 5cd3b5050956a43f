"""What a live source and its data look like before anything moves: sizes, keys, cursors, use, and damage.

A table that the project maps is looked at closely, every other one as the server's catalogue knows it.
Nothing is written, no value of a row is kept, and no statement runs longer than LOOK_SECONDS: what
could not be looked at in that time is said, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from golive.databases import Database
from golive.databases.profiling import Server, Stored
from golive.databases.relation import Rows, RowsRefused
from golive.errors import Terminal
from golive.plan import SOURCE, Plan, TablePlan

# Up to so many rows, by the server's estimate, a mapped table is counted; above, the estimate stands.
COUNTED = 1_000_000
# A mapped table of so many rows should have a cursor and a key: without one it is read as a whole each time.
LARGE = 100_000
LOOK_SECONDS = 60
# As many rows of the largest table are read to see how fast the source gives them.
READ_ROWS = 200_000

_TEXTS = frozenset({"text", "varchar", "bpchar"})

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table of the plan. ``exact`` tells whether ``rows`` were counted; ``source`` is '' for a query.

    ``findings`` are what is wrong with it, ``unseen`` what could not be looked at and why.
    """

    name: str
    source: str
    rows: int
    exact: bool
    key: tuple[str, ...]
    cursor: str
    findings: tuple[Finding, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the data that endangers the move: how many of the table's rows, and in words.

    ``kind`` is one of 'no key', 'no cursor', 'refused values', 'duplicates', 'rows without key',
    'damaged text', 'orphans' and 'volume'; ``rows`` is 0 where the finding is about the table itself,
    ``of`` are the table's rows. ``part`` is the column or the columns that it is about, '' for all.
    """

    table: str
    part: str
    kind: str
    rows: int
    of: int
    says: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The source as it was looked at. ``read`` is (rows, milliseconds) of a read of the largest table.

    ``stored`` are all tables of the source, ``mapped`` those of the plan; ``others`` are findings that
    take more than one table to see.
    """

    server: Server
    stored: tuple[Stored, ...]
    mapped: tuple[Mapped, ...]
    others: tuple[Finding, ...]
    unseen: tuple[str, ...]
    read: tuple[int, int]

    @property
    def rows(self) -> int:
        """Rows of the mapped tables; those that the server estimates, by its estimate."""
        return sum(table.rows for table in self.mapped)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*(finding for table in self.mapped for finding in table.findings), *self.others)

    @property
    def not_seen(self) -> tuple[str, ...]:
        """What could not be looked at, a sentence each."""
        return (*(line for table in self.mapped for line in table.unseen), *self.unseen)

    @property
    def rate(self) -> int:
        """Rows a second that the source gave to this side; 0 if there was nothing to read."""
        return _rate(self.read)

    @property
    def sound(self) -> tuple[Mapped, ...]:
        """The mapped tables that no finding is about."""
        named = {finding.table for finding in self.findings}
        return tuple(table for table in self.mapped if not named & {table.name, table.source})

    @property
    def unmapped(self) -> tuple[Stored, ...]:
        known = {table.source for table in self.mapped}
        return tuple(table for table in self.stored if table.name not in known)

    def as_dict(self) -> dict[str, Any]:
        """For the ledger: text and whole numbers alone."""
        return {
            "server": asdict(self.server),
            "tables": [asdict(table) for table in self.stored],
            "mapped": [asdict(table) for table in self.mapped],
            "findings": [asdict(finding) for finding in self.findings],
            "not_seen": list(self.not_seen),
            "read": {"rows": self.read[0], "milliseconds": self.read[1], "rate": self.rate},
        }


def profile(plan: Plan, source: Database) -> Profile:
    """Look at the source of a plan; reads only. Raises what ``session`` does when the source goes away."""
    with source.session(read_only=True) as reader:
        look = _Look(source, reader)
        stored = source.profiling.stored(reader)
        by_name = {table.name: table for table in stored}
        tables = tuple(_table(look, table, by_name) for table in plan.tables)
        others = [*_mapped_orphans(look, plan, tables), *_declared_orphans(look)]
        largest = max(zip(plan.tables, tables, strict=True), key=lambda pair: pair[1].rows)[0]
        read = _read(look, largest)
        found = Profile(source.profiling.server(reader), stored, tables, tuple(others), tuple(look.unseen), read)
    return replace(found, others=(*found.others, *_volume(found, plan.project.limits.frozen_minutes)))


def read_rate(plan: Plan, source: Database) -> int:
    """Rows a second that the source gives to this side of its largest table; 0 if it has none, or not in time."""
    largest = max(plan.tables, key=lambda table: table.rows)
    with source.session(read_only=True) as reader:
        return _rate(_read(_Look(source, reader), largest))


class _Look:
    """Asks one thing at a time, within LOOK_SECONDS; collects what could not be seen instead of stopping."""

    def __init__(self, source: Database, reader: Any) -> None:
        self.source, self.reader = source, reader
        self.unseen: list[str] = []

    def __call__(self, what: str, ask: Callable[..., A], *of: Any) -> A | None:
        """What ``ask`` says of the source; None if it says nothing in time, or if the server refuses it."""
        try:
            with self.source.profiling.bounded(self.reader, LOOK_SECONDS):
                return ask(self.reader, *of)
        except RowsRefused as refused:
            why = f"an expression fails on some of its rows (SQLSTATE {refused.state})"
        except Terminal as error:
            why = error.message
        self.unseen.append(f"{what} was not looked at: {why}")
        return None


def _table(look: _Look, table: TablePlan, stored: dict[str, Stored]) -> Mapped:
    apart = _Look(look.source, look.reader)
    rows, exact = _rows(apart, table)
    return Mapped(
        name=table.name,
        source="" if table.spec.is_query else _source_name(look, table),
        rows=rows,
        exact=exact,
        key=table.target.key,
        cursor=table.spec.cursor or "",
        findings=tuple(_findings(apart, table, rows, stored)),
        unseen=tuple(apart.unseen),
    )


def _read(look: _Look, table: TablePlan) -> tuple[int, int]:
    return look(f"the speed of {table.name}", look.source.profiling.timed_read, table.source, READ_ROWS) or (0, 0)


def _rate(read: tuple[int, int]) -> int:
    return read[0] * 1000 // max(1, read[1])


def _source_name(look: _Look, table: TablePlan) -> str:
    info = look.source.catalog.table(look.reader, table.spec.source_text)
    assert info is not None  # the plan was made from it
    return info.name


def _rows(look: _Look, table: TablePlan) -> tuple[int, bool]:
    """Counted, or the estimate: of a large table, and of one whose count did not end in time."""
    if table.rows > COUNTED:
        return table.rows, False
    everything = replace(table.source, key=())  # the rows without a key too
    counted = look(f"the number of rows of {table.name}", look.source.read.count, everything, Rows())
    return (counted, True) if counted is not None else (max(0, table.rows), False)


def _findings(look: _Look, table: TablePlan, rows: int, stored: dict[str, Stored]) -> Iterator[Finding]:
    name, key, read = table.name, ", ".join(table.target.key), look.source.read
    if not table.keyed:
        yield Finding(name, "", "no key", 0, rows, f"{name} has no key: it is reloaded as a whole, and so at night too")
    else:
        refusals = look(f"the values of {name}", read.unreadable, table.source, Rows()) or []
        if refused := sum(refusal.rows for refusal in refusals):
            says = f"{refused} of {rows} rows of {name} hold what an expression refuses: they cannot be migrated"
            yield Finding(name, "", "refused values", refused, rows, says)
    if table.keyed and not table.unique:
        twice = look(f"duplicates of {name}", read.duplicates, table.source) or []
        if several := sum(refusal.rows for refusal in twice):
            says = (
                f"{several} of {rows} rows of {name} share their key ({key}) with another: none of them can be migrated"
            )
            yield Finding(name, "", "duplicates", several, rows, says)
        without = look(f"rows without key of {name}", read.without_key, table.source) or []
        if none := sum(refusal.rows for refusal in without):
            says = f"{none} of {rows} rows of {name} have no key ({key}): they cannot be migrated"
            yield Finding(name, "", "rows without key", none, rows, says)
    if rows > LARGE and table.spec.cursor is None:
        known = stored.get("" if table.spec.is_query else _source_name(look, table))
        could = [candidate.column for candidate in known.cursors if candidate.indexed] if known else []
        hint = f" ({', '.join(could)} could be one)" if could else ""
        says = f"{name} has {rows} rows and no cursor{hint}: each increment reads all of it"
        yield Finding(name, "", "no cursor", 0, rows, says)
    yield from _damaged(look, table, rows)


def _damaged(look: _Look, table: TablePlan, rows: int) -> Iterator[Finding]:
    """Text columns of what the table is read from that look damaged; counts alone, whatever they hold."""
    catalog, text = look.source.catalog, table.spec.source_text
    if table.spec.is_query:
        columns = catalog.query_columns(look.reader, text)
    else:
        info = catalog.table(look.reader, text)
        assert info is not None  # the plan was made from it
        columns = tuple((column.name, column.type) for column in info.columns)
    texts = {name: catalog.column_of(SOURCE, name) for name, kind in columns if kind.name in _TEXTS}
    found = look(f"the text of {table.name}", look.source.profiling.garbled, table.source.from_item, texts)
    for one in found or ():
        signs = [f"{one.encoding} in a wrong encoding"] if one.encoding else []
        signs += [f"{one.control} with control characters"] if one.control else []
        says = f"column {one.column} of what {table.name} is read from looks damaged: of {rows} rows {', '.join(signs)}"
        yield Finding(table.name, one.column, "damaged text", max(one.encoding, one.control), rows, says)


def _mapped_orphans(look: _Look, plan: Plan, tables: tuple[Mapped, ...]) -> Iterator[Finding]:
    """Rows whose parent, by a foreign key of the target, comes from no mapped table."""
    for table, seen in zip(plan.tables, tables, strict=True):
        for columns, parent, referred in table.foreign:
            given = [each for each in plan.tables if each.target.table == parent]
            sources = [(each.source, referred) for each in given if _has(each, referred)]
            if not sources:
                continue  # the parent's rows are the target's own
            by = ", ".join(columns)
            what = f"the parents of {table.name} by {by}"
            orphans = look(what, look.source.profiling.unresolved, table.source, columns, sources)
            if orphans:
                says = f"{orphans} of {seen.rows} rows of {table.name} refer by {by} to no row that comes to {parent}"
                yield Finding(table.name, by, "orphans", orphans, seen.rows, says)


def _volume(found: Profile, minutes: int) -> Iterator[Finding]:
    """A night reads every row at least once, for the sweep: more rows than the source gives in its minutes."""
    if found.rate and found.rows > found.rate * minutes * 60:
        says = (
            f"{found.rows} rows at {found.rate} rows/s, as the source gave them, take longer to read once than the"
            f" {minutes} minutes that `limits.frozen_minutes` allows for the night"
        )
        yield Finding("all tables", "", "volume", 0, found.rows, says)


def _has(table: TablePlan, columns: tuple[str, ...]) -> bool:
    return set(columns) <= {column.name for column in table.source.columns}


def _declared_orphans(look: _Look) -> Iterator[Finding]:
    """Rows that break a foreign key of the source itself: one that is declared, and not held."""
    for key in look.source.catalog.foreign_keys(look.reader):
        if key.valid:
            continue
        found = look(f"foreign key {key.name}", look.source.inspect.orphans, key)
        if found and found[1]:
            broken = f"{found[1]} of {found[0]} rows of {key.child} break its foreign key {key.name}"
            says = f"{broken}, which the source declares and does not hold"
            yield Finding(key.child, key.name, "orphans", found[1], found[0], says)
