"""What is read of a relation: counts, edges of chunks, digests, keys, values. Never a row into the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from golive.databases.postgresql.copy import refused
from golive.databases.postgresql.fragments import (
    array,
    bucket,
    cursor,
    edge_values,
    from_where,
    joined,
    key_text,
    keyless,
    order_by,
    raw,
    row_hash,
    text,
    unplaced,
)
from golive.databases.postgresql.horizon import open_transactions
from golive.databases.relation import Digest, Order, Refusal, Relation, Rows
from golive.keys import Chunk, Key

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = [
    "count", "cursor_before", "digests", "duplicates", "edges", "hashes", "highest_cursor", "in_order",
    "open_transactions", "present", "snapshot", "unreadable", "values", "without_key",
]


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """All reads inside see the same moment of the source; a snapshot that is held already serves."""
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        yield
        return
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        yield


def count(connection: Connection, relation: Relation, rows: Rows) -> int:
    """How many of these rows there are. Raises RowsRefused, as all reads here, if an expression fails."""
    return int(_one(connection, SQL("select count(*) {}").format(from_where(relation, rows)))[0])


def edges(connection: Connection, relation: Relation, rows: Rows, size: int) -> list[Key]:
    """Where to cut these rows into chunks of ``size``; empty if one chunk takes all."""
    values = edge_values(relation, rows.order)
    names = [sql.Identifier(f"k{number}") for number in range(len(values))]
    query = SQL(
        "select array[{edge}]::text[] from (select {values}, row_number() over (order by {order}) as n"
        " {rows}) numbered where n % {size} = 0 order by n"
    ).format(
        edge=joined(SQL("{}::text").format(name) for name in names),
        values=joined(SQL("{} as {}").format(value, name) for value, name in zip(values, names, strict=True)),
        order=joined(order_by(relation, rows.order)), rows=from_where(relation, rows), size=sql.Literal(size),
    )
    found = list(dict.fromkeys(tuple(edge) for (edge,) in _checked(connection, query)))
    # Whether the last edge is the last row: counting all rows beside their numbers would cost as much again.
    if found:
        beyond = replace(rows, chunk=Chunk(found[-1], rows.chunk.upto))
        exists = SQL("select exists (select {})").format(from_where(relation, beyond))
        if not next(iter(_checked(connection, exists)))[0]:
            found.pop()
    return found


def in_order(connection: Connection, relation: Relation, keys: Sequence[Key]) -> list[Key]:
    """These keys in the order of chunks, each once."""
    if not keys:
        return []
    names = [sql.Identifier(f"k{number}") for number in range(len(relation.key))]
    query = SQL("select n from unnest({}) with ordinality as given({}, n) order by {}").format(
        joined(array(column, [key[at] for key in keys]) for at, column in enumerate(relation.keys)),
        joined(names), joined(names),
    )
    return list(dict.fromkeys(keys[n - 1] for (n,) in connection.execute(query)))


def highest_cursor(connection: Connection, relation: Relation) -> str | None:
    """The highest cursor of the whole source as text, infinite ones aside; None if no row has one."""
    placed = SQL("not ({})").format(unplaced(relation))
    query = SQL("select max({})::text {}").format(cursor(relation), from_where(relation, Rows(), placed))
    return _text(_one(connection, query)[0])


def cursor_before(connection: Connection, relation: Relation, value: str, seconds: int) -> str:
    """A cursor value moved back by an overlap; one that is no time stays as it is."""
    kind = relation.cursor_type
    if kind not in ("timestamp", "timestamptz", "date"):
        return value
    query = SQL("select (({}::{}) - make_interval(secs => {}))::{}::text").format(
        sql.Literal(value), raw(kind), sql.Literal(seconds), raw(kind)
    )
    return str(_one(connection, query)[0])


def duplicates(connection: Connection, relation: Relation) -> list[Refusal]:
    """Every key that more than one row has."""
    key = key_text(relation)
    query = SQL("select {}, count(*) {} group by 1 having count(*) > 1").format(key, from_where(relation, Rows()))
    return [Refusal(tuple(key), "duplicate", rows=rows) for key, rows in _checked(connection, query)]


def without_key(connection: Connection, relation: Relation) -> list[Refusal]:
    """The rows in which a part of the key is NULL, by what there is of it."""
    everything = replace(relation, key=())  # else exactly these rows would be left out
    query = SQL("select {}, count(*) {} group by 1").format(
        key_text(relation), from_where(everything, Rows(), keyless(relation))
    )
    return [Refusal(tuple(key), "no key", rows=rows) for key, rows in _checked(connection, query)]


def digests(connection: Connection, relation: Relation, rows: Rows, buckets: int) -> dict[int, Digest]:
    """Rows and sum of hashes per bucket of keys: one scan. Raises RowsRefused if an expression fails."""
    query = SQL("select {} as b, count(*), sum({})::text {} group by 1").format(
        bucket(relation, buckets), row_hash(relation), from_where(relation, rows)
    )
    return {number: Digest(held, int(total)) for number, held, total in _checked(connection, query)}


def hashes(
    connection: Connection, relation: Relation, rows: Rows, buckets: int = 1, only: Sequence[int] = (0,)
) -> Iterator[tuple[Key, int]]:
    """Key and hash of the rows in these buckets; for a table without a key the hash is its key."""
    what = row_hash(relation)
    key = key_text(relation) if relation.key else SQL("array[{}::text]").format(what)
    chosen = () if buckets == 1 else (SQL("{} = any({})").format(bucket(relation, buckets), sql.Literal(list(only))),)
    query = SQL("select {}, {} {}").format(key, what, from_where(relation, rows, *chosen))
    for found, hashed in _checked(connection, query):
        yield tuple(found), hashed


def values(connection: Connection, relation: Relation, keys: Sequence[Key]) -> dict[Key, dict[str, str | None]]:
    """The canonical text of every column of the rows with these keys."""
    if not keys:
        return {}
    every = joined(text(column) for column in relation.columns)
    query = SQL("select {}, array[{}] {}").format(
        key_text(relation), every, from_where(relation, Rows(keys=tuple(keys)))
    )
    names = [column.name for column in relation.columns]
    return {tuple(key): dict(zip(names, row, strict=True)) for key, row in _checked(connection, query)}


def present(connection: Connection, relation: Relation, rows: Rows) -> set[Key]:
    """The keys of these rows; of so many as a caller named."""
    if not rows.keys:
        return set()
    query = SQL("select {} {}").format(key_text(relation), from_where(relation, rows))
    return {tuple(key) for (key,) in _checked(connection, query)}


def unreadable(connection: Connection, relation: Relation, rows: Rows) -> list[Refusal]:
    """The rows that an expression of the mapping fails on, by halving the range until each is alone.

    Costs about two hashed scans of the range and a few dozen small queries for each bad row, needs
    no privilege, and changes nothing.
    """
    found: list[Refusal] = []
    waiting = [rows]
    with snapshot(connection):
        while waiting:
            part = waiting.pop()
            state = _fails(connection, relation, part)
            if state is not None:
                halves = _halves(connection, relation, part)
                waiting += halves
                if not halves:
                    key, held = _one(connection, SQL("select min({}), count(*) {}").format(
                        key_text(relation), from_where(relation, part)))
                    found.append(Refusal(tuple(key), "unreadable", state, rows=held))
    return sorted(found, key=lambda refusal: tuple(str(part) for part in refusal.key))


def _halves(connection: Connection, relation: Relation, rows: Rows) -> list[Rows]:
    """Two parts of these rows by key; none if all of them share one key."""
    if rows.order is Order.KEY and rows.keys is None:
        held = count(connection, relation, rows)
        for edge in edges(connection, relation, rows, (held + 1) // 2)[:1]:
            low = replace(rows, chunk=Chunk(rows.chunk.after, edge))
            if count(connection, relation, low) < held:
                return [low, replace(rows, chunk=Chunk(edge, rows.chunk.upto))]
    query = SQL("select distinct {} {}").format(key_text(relation), from_where(relation, rows))
    keys = sorted(tuple(key) for (key,) in _checked(connection, query))
    if len(keys) < 2:
        return []
    middle = len(keys) // 2
    return [Rows(keys=tuple(part)) for part in (keys[:middle], keys[middle:])]


def _fails(connection: Connection, relation: Relation, rows: Rows) -> str | None:
    """The SQLSTATE with which reading these rows fails; None if it does not."""
    probe = SQL("select count({}) {}").format(row_hash(relation), from_where(relation, rows))
    try:
        with connection.transaction():
            connection.execute(probe)
    except psycopg.Error as error:
        reason = refused(error, from_source=True)
        if reason is None:
            raise
        return reason.state
    return None


def _checked(connection: Connection, query: sql.Composed) -> list[tuple[Any, ...]]:
    try:
        with connection.transaction():
            return connection.execute(query).fetchall()
    except psycopg.Error as error:
        reason = refused(error, from_source=True)
        if reason is None:
            raise
        raise reason from error


def _one(connection: Connection, query: sql.Composed) -> tuple[Any, ...]:
    return _checked(connection, query)[0]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
