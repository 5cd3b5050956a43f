"""What is read of a relation: counts, edges of chunks, digests, keys, values. Never a row into the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.postgresql.copy import refused
from golive.databases.postgresql.fragments import (
    bucket,
    canonical,
    cursor,
    from_where,
    joined,
    key_text,
    keyless,
    order_by,
    raw,
    row_hash,
    text,
    wired,
)
from golive.databases.postgresql.horizon import open_transactions
from golive.databases.relation import Digest, Order, Refusal, Relation, Rows
from golive.keys import Chunk, Key

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = [
    "count", "cursor_before", "digests", "duplicates", "edges", "hashes", "highest_cursor", "open_transactions",
    "present", "snapshot", "unreadable", "values", "without_key",
]


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """All reads inside see the same moment of the source."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        yield


def count(connection: Connection, relation: Relation, rows: Rows) -> int:
    """How many of these rows there are."""
    return int(_one(connection, SQL("select count(*) {}").format(from_where(relation, rows)))[0])


def edges(connection: Connection, relation: Relation, rows: Rows, size: int) -> list[Key]:
    """Where to cut these rows into chunks of ``size``; empty if one chunk takes all."""
    parts = order_by(relation, rows.order)
    names = [sql.Identifier(f"k{number}") for number in range(len(parts))]
    query = SQL(
        "select array[{edge}]::text[] from (select {parts}, row_number() over (order by {order}) as n,"
        " count(*) over () as total {rows}) numbered where n % {size} = 0 and n < total order by n"
    ).format(
        edge=joined(SQL("{}::text").format(name) for name in names),
        parts=joined(SQL("{} as {}").format(part, name) for part, name in zip(parts, names, strict=True)),
        order=joined(parts), rows=from_where(relation, rows), size=sql.Literal(size),
    )
    return [tuple(edge) for (edge,) in _checked(connection, query)]


def highest_cursor(connection: Connection, relation: Relation) -> str | None:
    """The highest cursor of the whole source as text; None if no row has one."""
    query = SQL("select max({})::text {}").format(cursor(relation), from_where(relation, Rows()))
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
    return [Refusal(tuple(key), "duplicate", rows=rows) for key, rows in connection.execute(query)]


def without_key(connection: Connection, relation: Relation) -> list[Refusal]:
    """The rows in which a part of the key is NULL, by what there is of it."""
    every = joined(SQL("({})").format(raw(part)) for part in (relation.where or "true",))
    query = SQL("select {}, count(*) from {} where {} and {} group by 1").format(
        key_text(relation), raw(relation.from_item), every, keyless(relation)
    )
    return [Refusal(tuple(key), "no key", rows=rows) for key, rows in connection.execute(query)]


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
    return {tuple(key) for (key,) in connection.execute(query)}


def unreadable(connection: Connection, relation: Relation, rows: Rows) -> list[Refusal]:
    """The rows that an expression of the mapping fails on, by halving the range until each is alone.

    Costs about two hashed scans of the range and a few dozen small queries for each bad row, needs
    no privilege, and changes nothing.
    """
    found: list[Refusal] = []
    waiting = [(rows, -1)]
    while waiting:
        part, above = waiting.pop()
        state = _fails(connection, relation, part)
        if state is None:
            continue
        held = count(connection, relation, part)
        if held == 1 or held == above:  # rows that share one key cannot be halved
            key = _one(connection, SQL("select {} {}").format(key_text(relation), from_where(relation, part)))[0]
            found.append(Refusal(tuple(key), "unreadable", state, rows=held))
        elif held:
            waiting += [(half, held) for half in _halves(connection, relation, part, held)]
    return sorted(found, key=lambda refusal: tuple(str(part) for part in refusal.key))


def _halves(connection: Connection, relation: Relation, rows: Rows, held: int) -> list[Rows]:
    """Two parts of these rows by key."""
    if rows.order is Order.CURSOR or rows.keys is not None:
        query = SQL("select distinct {} {}").format(key_text(relation), from_where(relation, rows))
        keys = sorted(tuple(key) for (key,) in connection.execute(query))
        middle = max(len(keys) // 2, 1)
        return [Rows(keys=tuple(part)) for part in (keys[:middle], keys[middle:]) if part]
    middle_edge = edges(connection, relation, rows, (held + 1) // 2)[0]
    low = replace(rows, chunk=Chunk(rows.chunk.after, middle_edge))
    high = replace(rows, chunk=Chunk(middle_edge, rows.chunk.upto))
    return [low, high]


def _fails(connection: Connection, relation: Relation, rows: Rows) -> str | None:
    """The SQLSTATE with which reading these rows fails; None if it does not.

    A server whose encoding checks nothing (SQL_ASCII) hashes bytes that it cannot send: so text is
    converted as the wire would.
    """
    encoded = [
        SQL("convert_to(({})::text, 'UTF8')").format(wired(column))
        for column in relation.columns if column.wire == "text"
    ]
    read = joined([*(canonical(column) for column in relation.columns), *encoded])
    probe = SQL("select count(hash_record_extended(row({}), 0)) {}").format(read, from_where(relation, rows))
    try:
        with connection.transaction():
            connection.execute(probe)
    except psycopg.Error as error:
        reason = refused(error, from_source=True)
        if reason is None:
            raise
        return reason.state
    return None


def _checked(connection: Connection, query: sql.Composed) -> Iterator[tuple[Any, ...]]:
    try:
        with connection.transaction():
            yield from connection.execute(query)
    except psycopg.Error as error:
        reason = refused(error, from_source=True)
        if reason is None:
            raise
        raise reason from error


def _one(connection: Connection, query: sql.Composed) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
