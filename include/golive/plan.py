"""A project's tables resolved against both live schemas.

The plan is what is copied and what is compared: every column of the target as an expression over
the source, with the type in which it travels. It is made anew by every task, from the file and the
two catalogues, and its fingerprint tells whether a checkpoint was made under the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from golive.databases import Database
from golive.databases.catalog import ForeignKey, TableInfo
from golive.databases.operations import Foreign
from golive.databases.relation import Column, Relation
from golive.errors import Fault, PlanError
from golive.project import Project, TableSpec
from golive.project.files import dotted, placed
from golive.project.neighbours import RIGHT, apart, told
from golive.project.sides import sensitive_columns

SOURCE = "src"
TARGET = "t"

Where = tuple[str | int, ...]
Found = tuple[Where, str, str]


@dataclass(frozen=True)
class TablePlan:
    """One entry of ``tables`` on both live schemas.

    ``name`` is the target's full name, and with ``#2`` behind it where a second entry writes to the
    same table. ``unique`` says that the source itself keeps the key unique and not null;
    ``straight`` that rows may be copied into the table without staging. ``parents`` are the plans
    that come first; a cycle of foreign keys is cut, and ``foreign`` still lists all of them.
    """

    project: str
    name: str
    spec: TableSpec
    source: Relation
    target: Relation
    unique: bool
    straight: bool
    foreign: tuple[Foreign, ...]
    parents: tuple[str, ...]
    fingerprint: dict[str, str]
    rows: int

    @property
    def keyed(self) -> bool:
        """Whether rows can be told apart; a table without a key is reloaded as a whole."""
        return bool(self.target.key)

    @property
    def sensitive(self) -> frozenset[str]:
        return frozenset(column.name for column in self.target.columns if column.sensitive)


@dataclass(frozen=True)
class Plan:
    """All tables of a project, parents before children."""

    project: Project
    tables: tuple[TablePlan, ...]

    def table(self, name: str) -> TablePlan:
        """The plan of this name; raises KeyError."""
        for plan in self.tables:
            if plan.name == name:
                return plan
        raise KeyError(name)


def build(project: Project, source: Database, target: Database) -> Plan:
    """The plan of a project; raises PlanError with everything that does not fit together."""
    tables, found = _resolve(project, source, target)
    if found:
        text = "\n".join(f"{dotted(where)}: {what}. Right: {right}" for where, what, right in found)
        raise PlanError(
            f"project {project.name} does not fit its databases: {len(found)} fault(s)\n{text}", project=project.name
        )
    return Plan(project, tables)


def check_live(project: Project, source: Database, target: Database, folder: Path | None = None) -> list[Fault]:
    """Every fault of a project against both live schemas, with path and line; empty if all fits."""
    _, found = _resolve(project, source, target)
    return placed(project.name, found, folder)


def again(
    table: TablePlan, project: Project, source: Database, reader: Any, target: Database, writer: Any
) -> tuple[TablePlan | None, tuple[str, ...]]:
    """A plan resolved anew, on open sessions of both sides: the plan as it is now, and what no longer fits, in words.

    The plan is None if something does not fit. Its ``parents`` are left empty.
    """
    number = project.tables.index(table.spec)
    spec = table.spec
    info = target.catalog.table(writer, spec.target)
    if info is None or info.kind not in "rp":
        return None, (f"the target has no table {spec.target!r}",)
    origin = None if spec.is_query else source.catalog.table(reader, spec.source_text)
    entry = _Table(project, spec, number, table.name, info, origin, source, reader, target, writer)
    found = entry.plan(target.catalog.foreign_keys(writer))
    return found, tuple(f"{dotted(where)}: {what}" for where, what, _ in entry.found)


def _resolve(project: Project, source: Database, target: Database) -> tuple[tuple[TablePlan, ...], list[Found]]:
    found: list[Found] = []
    tables: list[TablePlan] = []
    with ExitStack() as stack:
        reader = stack.enter_context(source.session(read_only=True))
        writer = stack.enter_context(target.session(read_only=True))
        keys = target.catalog.foreign_keys(writer)
        seen: dict[str, int] = {}
        infos = target.catalog.tables(writer, [spec.target for spec in project.tables])
        names = [spec.source_text for spec in project.tables if not spec.is_query]
        origins = dict(zip(names, source.catalog.tables(reader, names), strict=True))
        for number, (spec, info) in enumerate(zip(project.tables, infos, strict=True)):
            if info is None or info.kind not in "rp":
                what = f"the target has no table {spec.target!r}"
                found.append((("tables", number, "target"), what, "one of its tables"))
                continue
            seen[info.name] = seen.get(info.name, 0) + 1
            name = info.name if seen[info.name] == 1 else f"{info.name}#{seen[info.name]}"
            origin = origins.get(spec.source_text)
            table = _Table(project, spec, number, name, info, origin, source, reader, target, writer)
            plan = table.plan(keys)
            found += table.found
            if plan is not None:
                tables.append(plan)
        found += _neighbours(project, tables, target.state.neighbours(writer, project.name))
    return _in_order(tables, keys), found


def _neighbours(
    project: Project, tables: Sequence[TablePlan], theirs: Sequence[tuple[str, str, str]]
) -> Iterator[Found]:
    """Tables that another project fills here too, without leaving this one's rows alone."""
    for other, name, owns in theirs:
        for table in tables:
            if table.name.partition("#")[0] == name.partition("#")[0] and not apart(table.spec.owns, owns):
                yield ("tables", project.tables.index(table.spec), "target"), told(other, name), RIGHT


class _Table:
    """The work on one entry: collects faults instead of stopping at the first."""

    def __init__(
        self, project: Project, spec: TableSpec, number: int, name: str, info: TableInfo, origin: TableInfo | None,
        source: Database, reader: Any, target: Database, writer: Any,
    ) -> None:
        self.project, self.spec, self.number, self.name, self.info = project, spec, number, name, info
        self.origin = origin
        self.source, self.reader, self.target, self.writer = source, reader, target, writer
        self.found: list[Found] = []

    def plan(self, keys: Sequence[ForeignKey]) -> TablePlan | None:
        origin = self._origin()
        if origin is None:
            return None
        from_item, columns, unique_sets, rows = origin
        expressions = self._expressions(columns)
        types = self._types(from_item, expressions)
        ours, theirs = self._columns(from_item, expressions, types)
        key = self._key({column.name for column in ours})
        self._ordered(key, from_item, (ours, theirs), types)
        kinds = self._predicates(from_item)
        if self.found:
            return None
        spec, catalog = self.spec, self.source.catalog
        names = {column.name for column in ours}
        # Columns of the source that arrive as they are: what is unique in them is unique in the target's words.
        at = {catalog.column_of(SOURCE, column): column for column in columns}
        at |= {column: column for column in columns if column == column.lower()}
        plain = {name: at[expression] for name, expression in expressions.items()
                 if expression in at and catalog.keeps_apart(types[name], self._target_type(name))}
        unique = bool(key) and all(name in plain for name in key) and any(
            set(wanted) <= {plain[name] for name in key} for wanted in unique_sets
        )
        cursor_type = kinds.get("cursor")
        source = Relation(
            table=self.name, from_item=from_item, columns=tuple(ours), key=key, where=spec.where,
            older=spec.older_than, cursor=spec.cursor, cursor_type=cursor_type,
        )
        target = Relation(
            table=self.info.name, from_item=self.target.catalog.from_table(self.info.name, TARGET),
            columns=tuple(theirs), key=key, where=spec.owns,
        )
        fingerprint = {f"columns.{c.name}": f"{c.expression} ({c.type} as {t.type}, {t.declared})"
                       for c, t in zip(ours, theirs, strict=True)}
        fingerprint |= {
            "source": spec.source_text, "key": ", ".join(key), "where": spec.where or "", "owns": spec.owns or "",
            "cursor": f"{spec.cursor} ({cursor_type})" if spec.cursor else "", "older_than": spec.older_than or "",
            "timezone": self.project.timezone,
        }
        return TablePlan(
            project=self.project.name, name=self.name, spec=spec, source=source, target=target, unique=unique,
            straight=all(self.target.catalog.straight(self._target_type(name)) for name in names),
            foreign=tuple((k.columns, k.parent, k.referred) for k in keys
                          if k.child == self.info.name and set(k.columns) <= names),
            parents=(), fingerprint=fingerprint, rows=rows,
        )

    def _fault(self, where: Where, what: str, right: str) -> None:
        self.found.append((("tables", self.number, *where), what, right))

    def _target_type(self, name: str) -> Any:
        column = self.info.column(name)
        assert column is not None
        return column.type

    def _origin(self) -> tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...], int] | None:
        """The FROM item, its columns, what is unique in it, and the server's estimate of its rows."""
        catalog, text = self.source.catalog, self.spec.source_text
        if self.spec.is_query:
            try:
                described = catalog.query_columns(self.reader, text)
            except PlanError as error:
                self._fault(("source",), f"the query is refused by the source: {error}", "a query that runs there")
                return None
            return catalog.from_query(text, SOURCE), tuple(name for name, _ in described), (), -1
        info = self.origin
        if info is None:
            self._fault(("source",), f"the source has no table {text!r}", "a table, a view, or a query: `select ...`")
            return None
        names = tuple(column.name for column in info.columns)
        return catalog.from_table(info.name, SOURCE), names, info.unique, info.rows

    def _expressions(self, columns: tuple[str, ...]) -> dict[str, str]:
        """Target column -> expression over the source."""
        spec, out = self.spec, {}
        for name in (*spec.columns, *spec.without):
            column = self.info.column(name)
            place: Where = ("columns", name) if name in spec.columns else ("without",)
            if column is None:
                known = ", ".join(c.name for c in self.info.columns)
                self._fault(place, f"{self.info.name} has no column {name!r}", f"one of {known}")
            elif column.generated and name in spec.columns:
                self._fault(place, f"{name!r} is generated by the target", "no entry for this column")
        for column in self.info.columns:
            if column.generated or column.name in spec.without:
                continue
            if column.name in spec.columns:
                out[column.name] = spec.columns[column.name]
            elif column.name in columns:
                out[column.name] = self.source.catalog.column_of(SOURCE, column.name)
            elif not column.nullable and not column.default:
                what = f"nothing is mapped to {self.info.name}.{column.name}, which is NOT NULL without a default"
                self._fault(
                    ("columns",), what,
                    f"an expression for {column.name!r} under `columns`",
                )
        if not out and not self.found:
            self._fault(("columns",), "no column of the target is mapped", "at least one expression under `columns`")
        return out

    def _types(self, from_item: str, expressions: dict[str, str]) -> dict[str, Any]:
        """Target column -> the type of its expression; one that the source refuses is a fault of its own."""
        catalog = self.source.catalog
        try:
            every = catalog.expression_types(self.reader, from_item, list(expressions.values()))
            return dict(zip(expressions, every, strict=True))
        except PlanError:
            types = {}
            for name, expression in expressions.items():
                try:
                    types[name] = catalog.expression_types(self.reader, from_item, [expression])[0]
                except PlanError as error:
                    what = f"is refused by the source: {error}"
                    self._fault(("columns", name), what, "an expression over the source's columns")
            return types

    def _columns(
        self, from_item: str, expressions: dict[str, str], types: dict[str, Any]
    ) -> tuple[list[Column], list[Column]]:
        ours, theirs = [], []
        for name in self.spec.sensitive:
            if self.info.column(name) is None:
                self._fault(("sensitive",), f"{self.info.name} has no column {name!r}", "a column of the target")
        hidden = sensitive_columns(self.project, "target", self.info.name)
        for name, have in types.items():
            column = self.info.column(name)
            assert column is not None
            lost = self.source.catalog.loss(have, column.type)
            if lost:
                self._fault(
                    ("columns", name), lost,
                    f"say it: cast(... as {column.type.formatted}) for {name!r} under `columns`",
                )
            common = {"nullable": column.nullable, "sensitive": name in hidden or name in self.spec.sensitive}
            ours.append(self.source.catalog.column(name, expressions[name], have, column.type, **common))
            at = self.target.catalog.column_of(TARGET, name)
            theirs.append(self.target.catalog.column(name, at, column.type, column.type, **common))
        for name in self.source.catalog.uncastable(self.reader, from_item, ours):
            wanted = self._target_type(name).formatted
            self._fault(
                ("columns", name), f"{types[name].formatted} has no cast to {wanted}", f"an expression of type {wanted}"
            )
        return ours, theirs

    def _key(self, mapped: set[str]) -> tuple[str, ...]:
        key = self.spec.key or self.info.primary_key
        for name in key:
            if name not in mapped:
                what = "has no mapping" if self.info.column(name) else f"is no column of {self.info.name}"
                self._fault(("key",), f"{name!r} {what}", "mapped columns of the target that tell its rows apart")
        always = [c.name for c in self.info.columns if c.always and c.name in mapped and c.name not in key]
        for name in always:
            what = f"{name!r} is GENERATED ALWAYS and cannot be updated"
            self._fault(("columns", name), what, "`without` for it, or the key")
        return key

    def _ordered(
        self, key: tuple[str, ...], from_item: str, sides: tuple[list[Column], list[Column]], types: dict[str, Any]
    ) -> None:
        """Keys have an order, and with it an equality, on both servers: rows are found, cut and merged by them."""
        ours, theirs = ([column for column in side if column.name in key] for side in sides)
        for name in self.source.catalog.unordered(self.reader, from_item, ours):
            self._fault(
                ("columns", name),
                f"is in the key of {self.info.name} and of type {types[name].formatted} in the source, whose values"
                " have no order",
                f"an expression of another type for {name!r}, such as a cast to text, or another key",
            )
        where_of = self.target.catalog.from_table(self.info.name, TARGET)
        for name in self.target.catalog.unordered(self.writer, where_of, theirs):
            self._fault(
                ("key",),
                f"{self.info.name}.{name} is of type {self._target_type(name).formatted}, whose values have no order",
                "columns of the target that can be compared and ordered",
            )

    def _predicates(self, from_item: str) -> dict[str, str]:
        """Types of cursor, where, older_than and owns; predicates must be boolean."""
        spec, kinds = self.spec, {}
        where_of = self.target.catalog.from_table(self.info.name, TARGET)
        for key, text, side, connection, item in (
            ("cursor", spec.cursor, self.source, self.reader, from_item),
            ("where", spec.where, self.source, self.reader, from_item),
            ("older_than", spec.older_than, self.source, self.reader, from_item),
            ("owns", spec.owns, self.target, self.writer, where_of),
        ):
            if text is None:
                continue
            try:
                kind = side.catalog.expression_types(connection, item, [text])[0].name
            except PlanError as error:
                self._fault((key,), f"is refused by connection {side.name}: {error}", "an expression over its columns")
                continue
            kinds[key] = kind
            if key == "cursor" and not side.catalog.has_highest(connection, item, text):
                what = f"{text} of {self.info.name} is of type {kind}, of which there is no highest value"
                self._fault((key,), what, "a time or a number that grows with every change")
            if key != "cursor" and kind != "bool":
                self._fault((key,), f"is of type {kind}", "a condition that is true or false")
        return kinds


def _in_order(tables: list[TablePlan], keys: Sequence[ForeignKey]) -> tuple[TablePlan, ...]:
    """Parents before children, else the file's order; a cycle is cut where the file's order cuts it."""
    pairs = {(key.child, key.parent) for key in keys if key.child != key.parent}
    parents = {
        plan.name: {other.name for other in tables if (plan.target.table, other.target.table) in pairs}
        for plan in tables
    }
    left, done = list(tables), list[TablePlan]()
    while left:
        settled = {plan.name for plan in done}
        ready = [plan for plan in left if parents[plan.name] <= settled] or left[:1]
        for plan in ready:
            before = tuple(p.name for p in done if p.name in parents[plan.name])
            done.append(replace(plan, parents=before))
        placed = {plan.name for plan in done}
        left = [plan for plan in left if plan.name not in placed]
    return tuple(done)
