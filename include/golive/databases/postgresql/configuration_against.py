"""Rows of configuration that speak against a copy: what collides, and what refers outside. Only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.catalog import ForeignKey
from golive.databases.configuring import Against, Copied
from golive.databases.postgresql.catalog import expression_types, foreign_keys, identifier
from golive.databases.postgresql.configuration_rows import (
    at_place,
    counted,
    gone,
    held,
    holds,
    natural,
    number,
    place,
    places,
    refused,
    rows_of,
    same,
    same_key,
    staged,
    typed,
    value,
)
from golive.databases.postgresql.fragments import joined, raw
from golive.errors import PlanError

Connection = psycopg.Connection[Any]
SQL = sql.SQL

_UNIQUE = """
select array(select a.attname::text from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(n, o)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n order by o)
from pg_index i
where i.indrelid = %s::regclass and i.indisunique and i.indpred is null and i.indexprs is null
order by i.indexrelid
"""


def against(connection: Connection, table: Copied, around: Sequence[Copied], others: Sequence[Copied]) -> list[Against]:
    """Rows that speak against a copy of this table.

    ``around`` are the entries that would be copied with it or before it, itself among them; ``others`` those of
    other areas that write to the same table.
    """
    keys = foreign_keys(connection)
    found = [
        *_taken(connection, table),
        *_claimed(connection, table, others),
        *_of_the_migration(connection, table),
        *_beyond(connection, table),
        *_referred_to(connection, table, around, keys),
        *_outside(connection, table, around, keys),
    ]
    return [each for each in found if each.rows]


def _taken(connection: Connection, table: Copied) -> Iterator[Against]:
    """Rows that are staged or go, with a unique value or key of a row of production which this entry does not own."""
    if table.owns is None:
        return
    sets = {tuple(names) for (names,) in connection.execute(_UNIQUE, (_name(connection, table.table),))}
    for columns in sorted({*sets, table.key}):
        if set(columns) <= set(table.columns):
            same_values = joined(
                (SQL("{} = {}").format(value(table, c), place(table, c, "s")) for c in columns), " and "
            )
            rows = number(
                connection,
                SQL("select count(*) from {} s where exists (select from {} where not {} and {})").format(
                    staged(table), rows_of(table), holds(table.owns), same_values
                ),
            )
            yield Against(
                "collides", rows,
                f"{counted(rows, 'has', 'have')} the {', '.join(columns)} of a row of production that the area does not"
                " own",
            )  # fmt: skip
    # Taken back, it would be put where that other row stands.
    at_key = joined((SQL("{} = {}").format(value(table, c), place(table, c, "h")) for c in table.key), " and ")
    rows = number(
        connection,
        SQL("select count(*) from {} h where {} and exists (select from {} where not {} and {})").format(
            held(table), gone(table), rows_of(table), holds(table.owns), at_key
        ),
    )
    yield Against(
        "collides", rows,
        f"{counted(rows, 'goes', 'go')} from production and {'has' if rows == 1 else 'have'} the"
        f" {', '.join(table.key)} of a row that the area does not own: name more columns under `key`",
    )  # fmt: skip


def _claimed(connection: Connection, table: Copied, others: Sequence[Copied]) -> Iterator[Against]:
    """Rows that another area owns as well, or brings under the same key."""
    for other in others:
        owned = _owned(connection, table, other.owns)
        if other.key == table.key:
            owned += number(
                connection,
                SQL("select count(*) from {} s where exists (select from {} o where {})").format(
                    staged(table), staged(other), same(table, other, table.key, other.key, "s", "o")
                ),
            )
        yield Against("collides", owned, f"{counted(owned, 'is', 'are')} claimed by the area {other.area} too")


def _of_the_migration(connection: Connection, table: Copied) -> Iterator[Against]:
    """Rows of production, or to be, that a table of the migration owns."""
    for predicate in table.migrated:
        owned = _owned(connection, table, predicate) + (_staged_with(connection, table, predicate, "is true") or 0)
        yield Against(
            "collides", owned, f"{counted(owned, 'belongs', 'belong')} to the migration, by `owns` under `tables`"
        )


def _beyond(connection: Connection, table: Copied) -> Iterator[Against]:
    """Staged rows that would not be the entry's own in production, as far as that can be told before."""
    if table.owns is not None:
        rows = _staged_with(connection, table, table.owns, "is not true") or 0
        yield Against("collides", rows, f"{counted(rows, 'lies', 'lie')} outside `owns`: limit them by `where`")


def _referred_to(
    connection: Connection, table: Copied, around: Sequence[Copied], keys: Sequence[ForeignKey]
) -> Iterator[Against]:
    """Rows to be removed, or to get another value in a column that others refer to, that rows of others refer to."""
    for key in keys:
        if key.parent != table.table:
            continue
        changes: sql.Composable = gone(table)
        if set(key.referred) <= set(table.columns):
            changes = SQL("not exists (select from {} s where {} and row({}) is not distinct from row({}))").format(
                staged(table), same_key(table), places(table, "s", key.referred), places(table, "h", key.referred)
            )
        pairs = zip(key.columns, key.referred, strict=True)
        refers = joined((SQL("c.{} = t.{}").format(sql.Identifier(a), sql.Identifier(b)) for a, b in pairs), " and ")
        rows = number(
            connection,
            SQL(
                "select count(*) from {} h join {} on {} where {} and exists (select from {} c where {} and {})"
            ).format(
                held(table), rows_of(table), at_place(), changes, identifier(key.child), refers,
                _left_alone(key.child, around),
            ),
        )  # fmt: skip
        yield Against(
            "collides", rows, f"{counted(rows, 'goes', 'go')} from production while rows of {key.child} refer to it"
        )


def _outside(
    connection: Connection, table: Copied, around: Sequence[Copied], keys: Sequence[ForeignKey]
) -> Iterator[Against]:
    """Staged rows that refer to a row which is neither in production nor copied with this one."""
    for key in keys:
        if key.child == table.table and set(key.columns) <= set(table.columns) - table.remap.keys():
            texts = [SQL('p.{}::text collate "C"').format(sql.Identifier(name)) for name in key.referred]
            pairs = zip(texts, key.columns, strict=True)
            there = joined((SQL("{} = {}").format(text, place(table, c, "s")) for text, c in pairs), " and ")
            with_it = [
                SQL("exists (select from {} o where {})").format(
                    staged(parent), same(table, parent, key.columns, key.referred, "s", "o")
                )
                for parent in around
                if parent.table == key.parent and set(key.referred) <= set(parent.columns)
            ]
            yield _strays(connection, table, key.columns, key.parent, there, with_it, around)
    for column, referred in table.remap.items():
        there = SQL("{} = {}").format(natural(referred, "p"), place(table, column, "s"))
        with_it = [
            SQL("exists (select from {} o where row({})::text = {})").format(
                staged(parent), places(parent, "o", referred.by), place(table, column, "s")
            )
            for parent in around
            if parent.table == referred.table and set(referred.by) <= set(parent.columns) - parent.remap.keys()
        ]
        yield _strays(connection, table, (column,), referred.table, there, with_it, around)


def _strays(
    connection: Connection, table: Copied, columns: Sequence[str], parent: str, there: sql.Composed,
    with_it: Sequence[sql.Composed], around: Sequence[Copied],
) -> Against:  # fmt: skip
    given = [SQL("{} is not null").format(place(table, column, "s")) for column in columns]
    rows = number(
        connection,
        SQL("select count(*) from {} s where {} and not exists (select from {} p where {} and {}){}").format(
            staged(table), joined(given, " and "), identifier(parent), there, _left_alone(parent, around, "p"),
            SQL(" and not ({})").format(joined([SQL("false"), *with_it], " or ")),
        ),
    )  # fmt: skip
    return Against(
        "refers outside", rows,
        f"{counted(rows, 'refers', 'refer')} by {', '.join(columns)} to a row of {parent} that is neither in production"
        " nor in an area that this one depends on",
        parent,
    )  # fmt: skip


def _left_alone(name: str, around: Sequence[Copied], alias: str = "c") -> sql.Composed:
    """That a row of a table is none of those that the copy writes or removes."""
    owned = [
        SQL("not exists (select from {} h where {})").format(held(each), at_place(alias))
        for each in around
        if each.table == name
    ]
    return joined([SQL("true"), *owned], " and ")


def _owned(connection: Connection, table: Copied, predicate: str | None) -> int:
    """Rows of production that this entry owns and for which a predicate holds."""
    return number(
        connection,
        SQL("select count(*) from {} where {} and {}").format(rows_of(table), holds(table.owns), holds(predicate)),
    )


def _staged_with(connection: Connection, table: Copied, predicate: str, how: str) -> int | None:
    """Staged rows for which a predicate over production holds or not; None if it asks for more than is copied."""
    plain = [column for column in table.columns if column not in table.remap]
    columns = joined(SQL("{} as {}").format(typed(table, column), sql.Identifier(column)) for column in plain)
    item = SQL("(select {} from {} s) as t").format(columns, staged(table))
    try:
        with connection.transaction():
            expression_types(connection, item.as_string(connection), [predicate])
    except PlanError:
        return None
    with refused(table.table, "production's type refuses a staged value"), connection.transaction():
        return number(connection, SQL("select count(*) from {} where ({}) {}").format(item, raw(predicate), raw(how)))


def _name(connection: Connection, table: str) -> str:
    return identifier(table).as_string(connection)
