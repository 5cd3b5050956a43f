"""The configuration areas of a project resolved against both live schemas: staging's, and production's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golive.databases import Database
from golive.databases.catalog import ForeignKey, TableInfo
from golive.databases.configuring import Content, Copied, Referred
from golive.errors import Fault, PlanError
from golive.ledger import digest
from golive.project import Project
from golive.project.files import dotted, placed
from golive.project.preparing import AreaTable, Remap
from golive.project.sides import all_sensitive

ALIAS = "t"

Where = tuple[str | int, ...]
Found = tuple[Where, str, str]


@dataclass(frozen=True)
class AreaPlan:
    """One area on both live schemas: its tables, parents before children, and every area that it depends on."""

    area: str
    tables: tuple[Copied, ...]
    depends: frozenset[str]

    def snapshot(self, contents: Sequence[Content]) -> str:
        """The hash of an area as it was made ahead: what is copied of which tables, and all rows of it."""
        return digest(
            {
                "area": self.area,
                "tables": [
                    {
                        "table": table.table, "columns": list(table.columns), "types": list(table.types),
                        "key": list(table.key), "where": table.where or "", "owns": table.owns or "",
                        "remap": {name: [r.table, r.column, *r.by] for name, r in table.remap.items()},
                        "rows": content.rows, "hash": content.hash,
                    }
                    for table, content in zip(self.tables, contents, strict=True)
                ],
            }
        )  # fmt: skip


def lay_out(project: Project, staging: Database, target: Database) -> dict[str, AreaPlan]:
    """Every area that is copied, by name; raises PlanError with all that does not fit together."""
    plans, found = _resolve(project, staging, target)
    if found:
        text = "\n".join(f"{dotted(where)}: {what}. Right: {right}" for where, what, right in found)
        raise PlanError(
            f"project {project.name}: its configuration does not fit its databases: {len(found)} fault(s)\n{text}",
            project=project.name,
        )
    return plans


def check_live(project: Project, staging: Database, target: Database, folder: Path | None = None) -> list[Fault]:
    """Every fault of the areas against both live schemas, with path and line; empty if all fits."""
    _, found = _resolve(project, staging, target)
    return placed(project.name, found, folder)


def _resolve(project: Project, staging: Database, target: Database) -> tuple[dict[str, AreaPlan], list[Found]]:
    with staging.session(read_only=True) as reader, target.session(read_only=True) as writer:
        keys = target.catalog.foreign_keys(writer)
        sides = _Sides(
            project, staging, reader, target, writer, keys,
            _migrated(project, target, writer), _sensitive(project, target, writer),
        )  # fmt: skip
        entries: list[tuple[Where, AreaTable, Copied]] = []
        found: list[Found] = []
        for n, area in enumerate(project.configuration):
            for m, spec in enumerate(area.tables if area.copyable else ()):
                entry = _Entry(sides, area.area, spec, ("configuration", n, "tables", m), len(entries) + 1)
                table = entry.resolved()
                found += entry.found
                if table is not None:
                    entries.append((entry.where, spec, table))
    found += _numbers_left(entries, keys)
    depends = {area.area: set(area.depends) for area in project.configuration}
    plans = {
        area.area: AreaPlan(
            area.area,
            _parents_first([table for _, _, table in entries if table.area == area.area], keys),
            frozenset(_reached(area.area, depends)),
        )
        for area in project.configuration
        if area.copyable
    }
    return plans, found


def _migrated(project: Project, target: Database, writer: Any) -> list[tuple[str, str | None]]:
    """(full name, ``owns``) of every table that the migration writes to."""
    found = ((target.catalog.table(writer, spec.target), spec.owns) for spec in project.tables)
    return [(info.name, owns) for info, owns in found if info is not None]


def _sensitive(project: Project, target: Database, writer: Any) -> dict[str, frozenset[str]]:
    """The columns of each table that nobody may see, by its full name."""
    found: dict[str, frozenset[str]] = {}
    for name, columns in all_sensitive(project).items():
        info = target.catalog.table(writer, name)
        if info is not None:
            found[info.name] = found.get(info.name, frozenset()) | columns
    return found


@dataclass(frozen=True)
class _Sides:
    """Both databases with their open sessions, what the migration writes to production, and what nobody may see."""

    project: Project
    staging: Database
    reader: Any
    target: Database
    writer: Any
    keys: Sequence[ForeignKey]
    migrated: Sequence[tuple[str, str | None]]
    sensitive: Mapping[str, frozenset[str]]


class _Entry:
    """The work on one table of one area: collects faults instead of stopping at the first."""

    def __init__(self, sides: _Sides, area: str, spec: AreaTable, where: Where, number: int) -> None:
        self.sides, self.area, self.spec, self.where, self.number = sides, area, spec, where, number
        self.found: list[Found] = []

    def resolved(self) -> Copied | None:
        sides, spec = self.sides, self.spec
        infos = []
        for database, connection in ((sides.staging, sides.reader), (sides.target, sides.writer)):
            info = database.catalog.table(connection, spec.table)
            if info is None or info.kind not in "rp":
                self._fault(("table",), f"connection {database.name} has no table {spec.table!r}", "a table of both")
            else:
                infos.append(info)
        if len(infos) < 2:
            return None
        there, here = infos
        columns = tuple(self._columns(there, here))
        key = spec.key or here.primary_key
        if not key:
            self._fault(("key",), f"{here.name} has no primary key", "columns that tell its rows apart")
        for name in key:
            if name not in columns:
                self._fault(("key",), f"{name!r} is no column of {here.name} that is copied", "columns that are copied")
        for name in spec.sensitive:
            if here.column(name) is None:
                self._fault(("sensitive",), f"{here.name} has no column {name!r}", "a column of the table")
        remap = {name: r for name, each in spec.remap.items() if (r := self._referred(here, columns, name, each))}
        self._predicate("where", spec.where, sides.staging, sides.reader, there)
        self._predicate("owns", spec.owns, sides.target, sides.writer, here)
        migrated = [owns for name, owns in sides.migrated if name == here.name]
        for owns in migrated:
            if owns is None or spec.owns is None or owns == spec.owns:
                self._fault((), f"owns rows of {here.name} that the migration owns", "`owns` in both, and disjoint")
        fixed = frozenset(c.name for c in here.columns if c.always and c.name in columns)
        for name in sorted(fixed - set(key)):
            self._fault(("without",), f"{name!r} is GENERATED ALWAYS and cannot be updated", "`without` for it")
        if self.found:
            return None
        kinds = {column.name: column.type.formatted for column in here.columns}
        hidden = sides.sensitive.get(here.name, frozenset())
        # In place of a number stands what people know its row by, which may be what nobody may see.
        hidden |= {name for name, r in remap.items() if sides.sensitive.get(r.table, frozenset()).intersection(r.by)}
        return Copied(
            area=self.area, number=self.number, table=here.name, columns=columns,
            types=tuple(kinds[name] for name in columns), fixed=fixed, key=tuple(key), where=spec.where,
            owns=spec.owns, migrated=tuple(owns for owns in migrated if owns is not None), remap=remap,
            sensitive=hidden,
        )  # fmt: skip

    def _fault(self, where: Where, what: str, right: str) -> None:
        self.found.append(((*self.where, *where), what, right))

    def _columns(self, there: TableInfo, here: TableInfo) -> Iterator[str]:
        """The columns that are copied, in production's order."""
        spec = self.spec
        for key, names in (("columns", spec.columns), ("without", spec.without)):
            for name in names:
                if here.column(name) is None and (key == "columns" or there.column(name) is None):
                    self._fault((key,), f"{here.name} has no column {name!r}", "a column of the table")
        for column in here.columns:
            wanted = column.name in spec.columns if spec.columns else column.name not in spec.without
            if column.generated or not wanted:
                if not (column.generated or column.nullable or column.default):
                    what = f"{here.name}.{column.name} is NOT NULL without a default, and is not copied"
                    self._fault(("columns" if spec.columns else "without",), what, f"{column.name!r} copied too")
                continue
            other = there.column(column.name)
            if other is None:
                self._fault((), f"staging's {there.name} has no column {column.name!r}", f"`without: [{column.name}]`")
            elif other.type.formatted != column.type.formatted:
                what = f"{column.name!r} is {other.type.formatted} in staging and {column.type.formatted} in production"
                self._fault((), what, "one schema in both, or `without` for it")
            else:
                yield column.name
        for column in there.columns if not spec.columns else ():
            if here.column(column.name) is None and column.name not in spec.without:
                what = f"staging's {there.name} has a column {column.name!r} that production has not"
                self._fault((), what, f"`without: [{column.name}]`, or that column in production")

    def _referred(self, here: TableInfo, columns: Sequence[str], name: str, remap: Remap) -> Referred | None:
        """Where the number in a column leads: by the foreign key, or else to the table's primary key."""
        sides, where = self.sides, ("remap", name)
        info = sides.target.catalog.table(sides.writer, remap.table)
        other = sides.staging.catalog.table(sides.reader, remap.table)
        if name not in columns or info is None or other is None:
            what = (
                f"{name!r} is no column of {here.name} that is copied"
                if info and other
                else f"{remap.table!r} is not in both"
            )
            self._fault(where, what, "a column that refers to a table of both databases")
            return None
        referred = next(
            (
                k.referred[0] for k in sides.keys
                if k.child == here.name and k.columns == (name,) and k.parent == info.name
            ),
            info.primary_key[0] if len(info.primary_key) == 1 else None,
        )  # fmt: skip
        unique = [set(names) for names in info.unique]
        if referred is None or {referred} not in unique:
            self._fault(where, f"{info.name} has no one column that {name!r} can refer to", "a table with a number")
            return None
        if set(remap.by) not in unique or set(remap.by) not in [set(names) for names in other.unique]:
            what = f"{', '.join(remap.by)} of {info.name} is not unique and never null in both databases"
            self._fault((*where, "by"), what, "the columns by which people know its rows")
            return None
        return Referred(info.name, referred, remap.by)

    def _predicate(self, key: str, text: str | None, database: Database, connection: Any, info: TableInfo) -> None:
        if text is None:
            return
        item = database.catalog.from_table(info.name, ALIAS)
        try:
            (kind,) = database.catalog.expression_types(connection, item, [text])
        except PlanError as error:
            self._fault((key,), f"is refused by connection {database.name}: {error}", "an expression over its columns")
            return
        if kind.name != "bool":
            self._fault((key,), f"is of type {kind.name}", "a condition that is true or false")


def _numbers_left(entries: Sequence[tuple[Where, AreaTable, Copied]], keys: Sequence[ForeignKey]) -> Iterator[Found]:
    """Numbers that are copied as they are although the rows that they refer to get others in production."""
    for where, _, table in entries:
        for key in keys:
            if key.child != table.table or not set(key.columns) <= set(table.columns) - table.remap.keys():
                continue
            for _, _, parent in entries:
                if parent.table == key.parent and not set(key.referred) <= set(parent.columns):
                    names = ", ".join(key.columns)
                    what = f"{names} refers to {', '.join(key.referred)} of {key.parent}, which is not copied"
                    yield (*where, "remap"), what, f"`remap` for {names}"


def _parents_first(tables: list[Copied], keys: Sequence[ForeignKey]) -> tuple[Copied, ...]:
    """Parents before children, else the file's order; a cycle is cut where the file's order cuts it."""
    pairs = {(key.child, key.parent) for key in keys}
    pairs |= {(table.table, referred.table) for table in tables for referred in table.remap.values()}
    left, done = list(tables), list[Copied]()
    while left:
        names = {table.table for table in left}
        ready = [
            table for table in left
            if not any((table.table, other) in pairs for other in names if other != table.table)
        ] or left[:1]  # fmt: skip
        done += ready
        left = [table for table in left if table not in ready]
    return tuple(done)


def _reached(area: str, depends: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = list(depends[area])
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += depends.get(name, ())
    return found
