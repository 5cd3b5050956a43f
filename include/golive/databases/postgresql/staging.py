"""The staging table of one transaction: plain base types, and beside it the rows that were refused.

Its columns are called golive_1, golive_2, ... so that an expression of the project file over the
target (``owns``) never finds two columns of one name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.copy import pump
from golive.databases.postgresql.fragments import Fragment, canonical, joined, mapped, name, raw, text, valued
from golive.databases.relation import Column, Relation, Rows

Connection = psycopg.Connection[Any]
SQL = sql.SQL

STAGE = SQL("pg_temp.golive_stage")
REFUSED = SQL("pg_temp.golive_refused")

_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "char"})


def stage(
    source: Connection, target: Connection, relations: tuple[Relation, Relation], rows: Rows,
    progress: Callable[[int], None] | None,
) -> int:
    """Copy the source's rows into a new staging table of this transaction; returns their number."""
    into = relations[1]
    columns = [(sql.Identifier(f"golive_{n}"), raw(column.wire)) for n, column in enumerate(into.columns, 1)]
    target.execute(SQL("drop table if exists {}, {}").format(STAGE, REFUSED))
    target.execute(
        SQL("create temp table golive_stage ({}) on commit drop").format(
            joined(SQL("{} {}").format(*column) for column in columns)
        )
    )
    target.execute(
        "create temp table golive_refused (place tid, key text[], reason text, state text, detail text,"
        " parked boolean not null) on commit drop"
    )
    return _copied(source, target, mapped(relations[0], rows), STAGE, progress)


def straight_in(
    source: Connection, target: Connection, relations: tuple[Relation, Relation], rows: Rows,
    progress: Callable[[int], None] | None,
) -> int:
    """Copy the source's rows straight into the target's table; returns their number. See ``copy.pump``."""
    return _copied(source, target, mapped(relations[0], rows), with_columns(relations[1]), progress)


def with_columns(target: Relation) -> sql.Composed:
    """The table with its column list, as COPY and INSERT want it: without an alias."""
    return SQL("{} ({})").format(identifier(target.table), joined(name(column) for column in target.columns))


def staged(target: Relation, column: str, alias: str = "s") -> sql.Composed:
    """A column of staging."""
    number = [c.name for c in target.columns].index(column) + 1
    return SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(f"golive_{number}"))


def assigned(target: Relation, column: Column) -> Fragment:
    """The staged value as the table's own type wants it: an assignment cast does the rest, and refuses."""
    value = staged(target, column.name)
    if column.wire == "text" and column.type not in _TEXTS:
        return SQL("{}::{}").format(value, raw(column.type))
    return value


def staged_canonical(target: Relation, column: Column) -> Fragment:
    """The staged value as it is compared."""
    return canonical(_of_stage(target, column))


def staged_key(target: Relation) -> sql.Composed:
    """The staged row's key as text[]."""
    return SQL("array[{}]::text[]").format(joined(text(_of_stage(target, column)) for column in target.keys))


def same_key(target: Relation) -> sql.Composed:
    """That a row of the table (by its own alias) and a staged row have one key.

    `=` is what an index serves; a type whose equal values may be written differently (1.0 and 1.00,
    citext, a collation that ignores case) is compared as written too, for those are two keys.
    """
    parts = list[Fragment]()
    for column in target.keys:
        value = assigned(target, column)
        if column.type == "bpchar":
            value = SQL("{}::bpchar").format(value)
        parts.append(SQL("{} = {}").format(raw(column.expression), value))
        if not valued(column):
            parts.append(SQL("{} = {}").format(canonical(column), staged_canonical(target, column)))
    return joined(parts, " and ")


def not_refused(alias: str = "s") -> sql.Composed:
    """That a staged row is not among the refused."""
    return SQL("not exists (select from {} r where r.place = {}.ctid)").format(REFUSED, sql.Identifier(alias))


def _copied(
    source: Connection, target: Connection, select: sql.Composed, into: sql.Composable,
    progress: Callable[[int], None] | None,
) -> int:
    # A refused SELECT must not end the source's snapshot, if the caller has one.
    with source.transaction():
        return pump(source, target, select, into, progress)


def _of_stage(target: Relation, column: Column) -> Column:
    number = [c.name for c in target.columns].index(column.name) + 1
    return replace(column, expression=f"s.golive_{number}", type=column.wire)


def update(target: Relation, rows: Fragment, condition: Fragment) -> sql.Composed | None:
    """Change what differs in the rows that the target owns; None for a table that is all key."""
    others = [column for column in target.columns if column.name not in target.key]
    if not others:
        return None
    changes = joined(SQL("{} = {}").format(name(c), assigned(target, c)) for c in others)
    now = joined(canonical(c) for c in others)
    then = joined(staged_canonical(target, c) for c in others)
    owns = SQL("({})").format(raw(target.where)) if target.where else SQL("true")
    return SQL("update {} set {} from {} where {} and {} and {} and row({}) is distinct from row({})").format(
        raw(target.from_item), changes, rows, same_key(target), condition, owns, now, then
    )


def insert(target: Relation, select: Fragment) -> sql.Composed:
    """Insert the rows of a SELECT. An identity that is GENERATED ALWAYS is told to take the source's value."""
    return SQL("insert into {} overriding system value {}").format(with_columns(target), select)
