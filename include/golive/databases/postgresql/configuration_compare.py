"""Configuration of staging beside production's: what a copy would do, and which rows speak against it. Only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.configuring import Changed, Content, Copied, Difference
from golive.databases.postgresql.configuration_rows import (
    NOWHERE,
    both,
    counted,
    differs,
    gone,
    held,
    holds,
    new,
    number,
    place,
    places,
    refused,
    rows_of,
    staged,
    value,
)
from golive.databases.postgresql.copy import pump
from golive.databases.postgresql.fragments import joined
from golive.databases.relation import RowsRefused
from golive.errors import Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

EXAMPLES = 10


@contextmanager
def rehearsal(connection: Connection) -> Iterator[None]:
    """A transaction at one moment of production that is rolled back whatever happens in it."""
    with connection.transaction(force_rollback=True):
        connection.execute("set transaction isolation level repeatable read")
        yield


def content(connection: Connection, table: Copied, rows: str | None) -> Content:
    """The rows of the table itself for which a predicate holds."""
    values = joined(value(table, column) for column in table.columns)
    return hashed(connection, SQL("select {} from {} where {}").format(values, rows_of(table), holds(rows)))


def load(staging: Connection, production: Connection, table: Copied) -> tuple[str, ...]:
    """Put staged rows and production's own side by side, in this transaction of production.

    Returns what makes them incomparable, a sentence each: rows without a key or with the same one, and numbers that
    lead nowhere in staging.
    """
    columns = [sql.Identifier(f"golive_{n}") for n in range(1, len(table.columns) + 1)]
    values = [value(table, column) for column in table.columns]
    with refused(table.table, "no temporary table can be made beside it"):
        production.execute(
            SQL("create temp table {} ({}) on commit drop").format(
                sql.Identifier(f"golive_staged_{table.number}"),
                joined(SQL('{} text collate "C"').format(column) for column in columns),
            )
        )
    select = SQL("select {} from {} where {}").format(joined(values), rows_of(table), holds(table.where))
    try:
        with refused(table.table, "it cannot be read in staging"), staging.transaction():
            pump(staging, production, select, staged(table))
    except RowsRefused as error:
        raise Terminal(f"table {table.table}: it cannot be read in staging: {error.message}") from error
    shown = joined(SQL("{} as {}").format(*pair) for pair in zip(values, columns, strict=True))
    production.execute(
        SQL("create temp table {} on commit drop as select t.tableoid as part, t.ctid as place, {} from {} where {}")
        .format(sql.Identifier(f"golive_held_{table.number}"), shown, rows_of(table), holds(table.owns))
    )  # fmt: skip
    for made in (staged(table), held(table)):
        production.execute(SQL("analyze {}").format(made))
    return tuple(_incomparable(production, table))


def difference(connection: Connection, table: Copied) -> Difference:
    """What a copy of this table would do."""
    changed = [
        SQL("count(*) filter (where {} is distinct from {})").format(place(table, c, "s"), place(table, c, "h"))
        for c in table.columns
    ]
    row = connection.execute(
        SQL("select count(*), count(*) filter (where {}), {} from {}").format(
            differs(table), joined(changed), both(table)
        )
    ).fetchone()
    assert row is not None
    matched, updated, *columns = row
    return Difference(
        inserted=number(connection, SQL("select count(*) from {}").format(new(table))),
        updated=updated,
        removed=number(connection, SQL("select count(*) from {} h where {}").format(held(table), gone(table))),
        unchanged=matched - updated,
        columns={name: count for name, count in zip(table.columns, columns, strict=True) if count},
        examples=tuple(_examples(connection, table)),
        before=hashed(connection, SQL("select {} from {} h").format(places(table, "h"), held(table))),
        staged=hashed(connection, SQL("select {} from {} s").format(places(table, "s"), staged(table))),
    )


def hashed(connection: Connection, rows: sql.Composed) -> Content:
    """How many rows a query gives, and the hash over all of them in whatever order."""
    row = connection.execute(
        SQL(
            "select count(*), encode(sha256(coalesce(string_agg(one, ''::bytea order by one), ''::bytea)), 'hex')"
            " from (select sha256(convert_to(golive_row::text, 'UTF8')) as one from ({}) golive_row) rows"
        ).format(rows)
    ).fetchone()
    assert row is not None
    return Content(*row)


def _incomparable(connection: Connection, table: Copied) -> Iterator[str]:
    key = ", ".join(table.key)
    nulls = joined((SQL("{} is null").format(place(table, c, "s")) for c in table.key), " or ")
    rows = number(connection, SQL("select count(*) from {} s where {}").format(staged(table), nulls))
    if rows:
        yield f"{table.table}: {counted(rows, 'has', 'have')} no {key} in staging: give them one, or take another `key`"
    for where, alias, side in ((staged(table), "s", "staging"), (held(table), "h", "production")):
        rows = number(
            connection,
            SQL("select count(*) from (select from {} {} group by {} having count(*) > 1) d").format(
                where, sql.Identifier(alias), places(table, alias, table.key)
            ),
        )
        if rows:
            more = "name more columns under `key`"
            yield f"{table.table}: keys ({key}) stand more than once in {side}, {rows} of them: {more}"
    for column, referred in table.remap.items():
        rows = number(
            connection,
            SQL("select count(*) from {} s where starts_with({}, {})").format(
                staged(table), place(table, column, "s"), sql.Literal(NOWHERE)
            ),
        )
        if rows:
            refers = counted(rows, "refers", "refer")
            yield f"{table.table}: {refers} in staging by {column} to no row of {referred.table}"


def _examples(connection: Connection, table: Copied) -> Iterator[Changed]:
    limit = SQL(" order by 1 limit {}").format(sql.Literal(EXAMPLES))

    def shown(columns: list[str | None], *, only: Sequence[bool]) -> dict[str, str | None]:
        return {
            name: "***" if name in table.sensitive and text is not None else text
            for name, text, wanted in zip(table.columns, columns, only, strict=True)
            if wanted
        }

    def key(texts: list[str | None]) -> tuple[str, ...]:
        named = dict(zip(table.columns, texts, strict=True))
        return tuple("***" if name in table.sensitive else str(named[name]) for name in table.key)

    ours, theirs = (SQL("array[{}]::text[]").format(places(table, alias)) for alias in ("s", "h"))
    every = [True] * len(table.columns)
    for now, then in connection.execute(
        SQL("select {}, {} from {} where {}").format(ours, theirs, both(table), differs(table)) + limit
    ):
        only = [one != other for one, other in zip(now, then, strict=True)]
        yield Changed(key(then), shown(then, only=only), shown(now, only=only))
    for (now,) in connection.execute(SQL("select {} from {}").format(ours, new(table)) + limit):
        yield Changed(key(now), None, shown(now, only=every))
    for (then,) in connection.execute(
        SQL("select {} from {} h where {}").format(theirs, held(table), gone(table)) + limit
    ):
        yield Changed(key(then), shown(then, only=every), None)
