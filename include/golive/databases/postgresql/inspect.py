"""What the checks and the sample ask of a database, beyond what a copy asks. Everything here only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.catalog import ForeignKey, SequenceInfo
from golive.databases.operations import DRAW_STEPS, SequencePlace
from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.copy import refused
from golive.databases.postgresql.fragments import ByBytes, Fragment, among, from_where, joined, keyless, row_hash, text
from golive.databases.relation import Column, Part, Relation, Rows
from golive.keys import Key

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = ["draw_counts", "drawn", "orphans", "sequence_place"]


def orphans(connection: Connection, key: ForeignKey) -> tuple[int, int]:
    """(rows of the child, those of them whose parent is not there), whatever the constraint's own state.

    As the key's MATCH has it: a row with a NULL in the key refers to nothing, and under MATCH FULL it
    is an orphan unless all of the key is NULL.
    """
    full = connection.execute(
        "select confmatchtype = 'f' from pg_constraint"
        " where contype = 'f' and conname = %s and conrelid = %s::regclass",
        (key.name, identifier(key.child).as_string(connection)),
    ).fetchone()
    ours = [sql.Identifier("c", name) for name in key.columns]
    pairs = zip(ours, (sql.Identifier("p", name) for name in key.referred), strict=True)
    some = joined((SQL("{} is not null").format(column) for column in ours), " or " if full and full[0] else " and ")
    query = SQL(
        "select count(*), count(*) filter (where ({some}) and not found) from (select {ours},"
        " exists (select from {parent} p where {same}) as found from {child} c) c"
    ).format(
        some=some, ours=joined(SQL("{}").format(column) for column in ours), parent=identifier(key.parent),
        same=joined((SQL("{} = {}").format(*pair) for pair in pairs), " and "), child=identifier(key.child),
    )
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def sequence_place(connection: Connection, sequence: SequenceInfo) -> SequencePlace:
    """Where a sequence stands, and the furthest value of its column in the sequence's own direction."""
    row = connection.execute(
        # The sequence's name is quoted already, as pg_get_serial_sequence gave it.
        SQL("select last_value, is_called, seqincrement from {}, pg_sequence where seqrelid = {}::regclass").format(
            SQL(sequence.sequence), sql.Literal(sequence.sequence)
        )
    ).fetchone()
    assert row is not None
    last, called, step = row
    furthest = connection.execute(
        SQL("select {}({}) from {}").format(
            SQL("max" if step > 0 else "min"), sql.Identifier(sequence.column), identifier(sequence.table)
        )
    ).fetchone()
    value = furthest[0] if furthest else None
    return SequencePlace(last + step if called else last, step, None if value is None else int(value))


def draw_counts(
    connection: Connection, relation: Relation, seed: int, part: Part = Part.ALL
) -> dict[int | None, int]:
    """Rows by the step, from 0 to DRAW_STEPS - 1, on which the seeded hash of their key falls; one scan.

    The rows without a key, which cannot be drawn, stand under None. ``part`` is which rows are meant.
    """
    step = _step(relation, seed)
    if relation.key:
        step = SQL("case when {} then null else {} end").format(keyless(relation), step)
    everything = replace(relation, key=())  # else the rows without a key would be left out
    query = SQL("select {} as step, count(*) {} group by 1").format(step, from_where(everything, Rows(part=part)))
    with _values_refused(), connection.transaction():
        return {None if step is None else int(step): int(rows) for step, rows in connection.execute(query)}


@contextmanager
def drawn(
    connection: Connection, relation: Relation, seed: int, threshold: int, left_out: Sequence[Key],
    part: Part = Part.ALL,
) -> Iterator[Iterator[tuple[str, str | None]]]:
    """The rows whose step is below ``threshold``, in byte order of their keys, one at a time.

    Each is (key, values): two JSON arrays of canonical text, the same on both sides for the same
    row; the values of a key in ``left_out`` are not read and are None. Of a table without a key each
    is (hash of the row, empty), as often as the row is there. The server starts at once, so both
    sides sort at the same time. Raises RowsRefused if an expression fails on a drawn row.
    """
    if relation.key:
        what: Fragment = _json(relation.columns)
        if left_out:
            what = SQL("case when {} then null else {} end").format(among(relation, left_out), what)
    else:
        what = SQL("''::text")
    below = SQL("{} < {}").format(_step(relation, seed), sql.Literal(threshold))
    line = _line(relation)
    query = SQL("copy (select {}, {} {} order by {}) to stdout").format(
        line, what, from_where(relation, Rows(part=part), below), ByBytes(line)
    )
    with _values_refused(), connection.transaction(), connection.cursor().copy(query) as rows:
        yield ((str(key), None if values is None else str(values)) for key, values in rows.rows())


def _line(relation: Relation) -> Fragment:
    """The key as one line of text; the hash of the row, where there is no key."""
    if relation.key:
        return _json(relation.keys)
    return SQL("({})::text").format(row_hash(relation))


def _json(columns: Sequence[Column]) -> Fragment:
    return SQL("array_to_json(array[{}]::text[])::text").format(joined(text(column) for column in columns))


def _step(relation: Relation, seed: int) -> Fragment:
    """The upper bits of a seeded hash over the canonical text of the key: from 0 to DRAW_STEPS - 1."""
    parts = [ByBytes(text(column)) for column in relation.keys] if relation.key else [row_hash(relation)]
    bits = DRAW_STEPS.bit_length() - 1
    return SQL("((hash_record_extended(row({}), {}) >> {})::int + {})").format(
        joined(parts), sql.Literal(seed), sql.Literal(64 - bits), sql.Literal(DRAW_STEPS // 2)
    )


@contextmanager
def _values_refused() -> Iterator[None]:
    """A value that an expression fails on, as RowsRefused: the server's own message may hold it."""
    try:
        yield
    except psycopg.Error as error:
        reason = refused(error, from_source=True)
        if reason is None:
            raise
        raise reason from error
