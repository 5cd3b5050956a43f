"""A table of one side, by what the project file says of it: its entries, its key, and what nobody may see of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from golive.project.model import Project, TableSpec
from golive.project.preparing import Side


def entries(project: Project, side: Side, table: str) -> list[TableSpec]:
    """The entries that write to this table of the target, or read from this one of the source."""
    if side == "target":
        return [spec for spec in project.tables if _is(spec.target, table)]
    return [spec for spec in project.tables if _reads(spec, table)]


def tables(project: Project, side: Side) -> set[str]:
    """The tables of a side that the file names; those within a query of a source are not among them."""
    if side == "target":
        return {spec.target for spec in project.tables}
    return {spec.source_text for spec in project.tables if not spec.is_query}


def key_of(project: Project, side: Side, table: str) -> tuple[str, ...]:
    """The columns that tell the rows of a target's table apart, as the file says; empty if it does not say."""
    if side == "source":
        return ()  # a key is columns of the target
    return next((spec.key for spec in entries(project, side, table) if spec.key), ())


def all_sensitive(project: Project) -> dict[str, frozenset[str]]:
    """Every sensitive column of the target, by table as the file names it: of the move, of areas, of the copy."""
    named: list[tuple[str, Iterable[str]]] = [(spec.target, spec.sensitive) for spec in project.tables]
    named += [(table.table, table.sensitive) for area in project.configuration for table in area.tables]
    named += list(project.training_copy.sensitive.items()) if project.training_copy is not None else []
    found: dict[str, frozenset[str]] = {}
    for table, columns in named:
        if columns:
            found[table] = found.get(table, frozenset()) | frozenset(columns)
    return found


def sensitive_columns(project: Project, side: Side, table: str) -> frozenset[str]:
    """The table's columns that are sensitive in the target, or from which such a one is made."""
    if side == "target":
        every = all_sensitive(project).items()
        return frozenset(column for name, columns in every if _is(name, table) for column in columns)
    return frozenset(
        name
        for spec in entries(project, side, table)
        for column in sensitive_columns(project, "target", spec.target)
        for name in origins(spec, column)
    )


def origins(spec: TableSpec, column: str) -> frozenset[str]:
    """The columns of the source of which one of the target is made; of a constant, none."""
    # The parser of SQL is not for every reader of a project.
    from golive.project.expressions import expression

    read = expression(spec.columns[column]).columns if column in spec.columns else (column,)
    return frozenset(_origins(spec.source_text, read) if spec.is_query else read)


def bare(table: str) -> str:
    """A table's name without the schema that is meant when none is named."""
    return table.removeprefix("public.")


def _reads(spec: TableSpec, table: str) -> bool:
    if not spec.is_query:
        return _is(spec.source_text, table)
    named = rf"(?<![\w.])(public\.)?{re.escape(bare(table))}(?!\w)"
    return re.search(named, spec.source_text, re.IGNORECASE) is not None


def _is(name: str, other: str) -> bool:
    """Whether two names mean one table; in whatever case, for what is hidden in one spelling is hidden in all."""
    return bare(name.lower()) == bare(other.lower())


def _origins(text: str, names: Iterable[str]) -> set[str]:
    """These columns of a query, and all that any part of it reads to make them, in lower case.

    A name counts wherever it is given in the query, so more may be named than is read, and never less.
    """
    from sqlglot import exp

    from golive.project.expressions import query

    tree = query(text).tree
    wanted = {name.lower() for name in names}
    if tree.find(exp.SetOperation) or any(alias.columns for alias in tree.find_all(exp.TableAlias)):
        # Columns that follow each other by their place, not by their name: any may be any.
        return wanted | {column.name.lower() for column in tree.find_all(exp.Column)}
    given: dict[str, set[str]] = {}
    for alias in tree.find_all(exp.Alias):
        read = {column.name.lower() for column in alias.this.find_all(exp.Column)}
        given.setdefault(alias.alias.lower(), set()).update(read)
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted |= given.get(name, set())
    return found
