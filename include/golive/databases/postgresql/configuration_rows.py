"""Rows of configuration as both databases write them: staged ones and production's own, side by side as text.

``golive_staged_<n>`` holds what was made ahead, ``golive_held_<n>`` the rows of production that an entry owns, each
with its place. Their columns are called golive_1, golive_2, ... so that a predicate of the project file never finds
two columns of one name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.configuring import Copied, Referred
from golive.databases.postgresql.catalog import identifier, referring
from golive.databases.postgresql.copy import OF_VALUES
from golive.databases.postgresql.fragments import Fragment, joined, raw
from golive.errors import Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

# Before a value that a number leads to no row: no row's own text begins with it.
NOWHERE = "?"


@contextmanager
def refused(table: str, what: str) -> Iterator[None]:
    """What the server has against rows or rights, as Terminal with the table and without a value."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if not state.startswith((*OF_VALUES, "42501")):
            raise
        detail = error.diag.constraint_name or error.diag.column_name
        why = f"SQLSTATE {state}{f', {detail}' if detail else ''}"
        if state == "42501":
            why = "the role of this connection lacks the right"
        raise Terminal(f"table {table}: {what} ({why}). Nothing was changed", table=table) from error


def staged(table: Copied) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"golive_staged_{table.number}")


def held(table: Copied) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"golive_held_{table.number}")


def rows_of(table: Copied) -> sql.Composed:
    """The table itself, under the alias that predicates of the project file know."""
    return SQL("{} as t").format(identifier(table.table))


def holds(predicate: str | None) -> Fragment:
    return SQL("true") if predicate is None else SQL("(({}) is true)").format(raw(predicate))


def value(table: Copied, column: str) -> Fragment:
    """A column of the table as it is compared: its text, or the natural key of the row that its number leads to."""
    return written(column, table.remap.get(column))


def written(column: str, referred: Referred | None) -> Fragment:
    """The same for a column of the alias ``t``."""
    own = sql.Identifier("t", column)
    if referred is None:
        return SQL('({}::text collate "C")').format(own)
    return SQL(
        "(case when {own} is not null then coalesce((select {natural} from {table} r where r.{column} = {own}),"
        ' {nowhere} || {own}::text) end collate "C")'
    ).format(
        own=own, natural=natural(referred, "r"), table=identifier(referred.table),
        column=sql.Identifier(referred.column), nowhere=sql.Literal(NOWHERE),
    )  # fmt: skip


def natural(referred: Referred, alias: str) -> sql.Composed:
    """The natural key of a row as one text."""
    return SQL('(row({})::text collate "C")').format(
        joined(SQL('{}::text collate "C"').format(sql.Identifier(alias, name)) for name in referred.by)
    )


def place(table: Copied, column: str, alias: str) -> sql.Identifier:
    """A copied column in one of the two tables of texts."""
    return sql.Identifier(alias, f"golive_{table.columns.index(column) + 1}")


def places(table: Copied, alias: str, columns: Sequence[str] | None = None) -> sql.Composed:
    return joined(place(table, column, alias) for column in columns or table.columns)


def same_key(table: Copied, one: str = "s", other: str = "h") -> sql.Composed:
    return same(table, table, table.key, table.key, one, other)


def same(
    first: Copied, second: Copied, columns: Sequence[str], others: Sequence[str], one: str, other: str
) -> sql.Composed:
    """That these columns of one table of texts are those of another."""
    pairs = zip(columns, others, strict=True)
    return joined((SQL("{} = {}").format(place(first, a, one), place(second, b, other)) for a, b in pairs), " and ")


def differs(table: Copied) -> sql.Composed:
    """That a staged row is not what production has under its key."""
    return SQL("row({}) is distinct from row({})").format(places(table, "s"), places(table, "h"))


def both(table: Copied) -> sql.Composed:
    """Staged rows, each with the row of production that has its key."""
    return SQL("{} s join {} h on {}").format(staged(table), held(table), same_key(table))


def new(table: Copied) -> sql.Composed:
    """Staged rows whose key production does not have, as FROM and WHERE."""
    return SQL("{} s where not exists (select from {} h where {})").format(staged(table), held(table), same_key(table))


def gone(table: Copied) -> sql.Composed:
    """That a row of production has a key that nothing in staging has."""
    return SQL("not exists (select from {} s where {})").format(staged(table), same_key(table))


def at_place(alias: str = "t") -> sql.Composed:
    """That a row of the table is the one that a held row stands for."""
    return SQL("{0}.tableoid = h.part and {0}.ctid = h.place").format(sql.Identifier(alias))


def unreferred(connection: Connection, table: str) -> sql.Composed:
    """That no row of any table refers to a row of this one, under the alias ``t``."""
    none = [SQL("true")]
    conditions = [
        SQL("not exists (select from {} c where {})").format(
            identifier(key.child),
            joined(
                (
                    SQL("c.{} = t.{}").format(sql.Identifier(a), sql.Identifier(b))
                    for a, b in zip(key.columns, key.referred, strict=True)
                ),
                " and ",
            ),
        )
        for key in referring(connection, table)
    ]
    return joined([*none, *conditions], " and ")


def keys_of(columns: Sequence[Fragment]) -> sql.Composed:
    return SQL("array[{}]::text[]").format(joined(columns))


def typed(table: Copied, column: str) -> Fragment:
    """A staged value as production's type; a natural key as the number that its row has there, NULL without one."""
    text = place(table, column, "s")
    referred = table.remap.get(column)
    if referred is None:
        return SQL("{}::{}").format(text, raw(table.types[table.columns.index(column)]))
    return SQL("(select r.{} from {} r where {} = {})").format(
        sql.Identifier(referred.column), identifier(referred.table), natural(referred, "r"), text
    )


def counted(rows: int, one: str, many: str) -> str:
    """'1 row has', '3 rows have'."""
    return f"1 row {one}" if rows == 1 else f"{rows} rows {many}"


def number(connection: Connection, query: sql.Composed) -> int:
    """The one number that a query gives."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
