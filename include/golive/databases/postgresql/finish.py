"""What a loaded table still needs before people come in: sequences, constraints, indexes, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.catalog import SequenceInfo
from golive.databases.postgresql.catalog import identifier

Connection = psycopg.Connection[Any]
SQL = sql.SQL

_INVALID = """
select 'alter table ' || conrelid::regclass || ' validate constraint ' || quote_ident(conname)
from pg_constraint where not convalidated and contype in ('f', 'c') and conrelid = any(%s::regclass[])
union all
select 'reindex index ' || indexrelid::regclass from pg_index where not indisvalid and indrelid = any(%s::regclass[])
"""


def advance(connection: Connection, sequence: SequenceInfo) -> tuple[int, int] | None:
    """Move a sequence beyond the highest value of its column, in its own direction.

    Returns (where it stood, where it stands) as next values, or None if nothing had to move.
    """
    with connection.transaction():
        row = connection.execute(
            SQL("select last_value, is_called, seqincrement from {}, pg_sequence where seqrelid = {}::regclass").format(
                identifier_of(sequence), sql.Literal(sequence.sequence)
            )
        ).fetchone()
        assert row is not None
        last, called, step = row
        following = last + step if called else last
        extreme = SQL("max" if step > 0 else "min")
        found = connection.execute(
            SQL("select {}({}) from {}").format(extreme, sql.Identifier(sequence.column), identifier(sequence.table))
        ).fetchone()
        highest = found[0] if found else None
        if highest is None or (highest < following if step > 0 else highest > following):
            return None
        connection.execute("select setval(%s::regclass, %s, true)", (sequence.sequence, highest))
        return int(following), int(highest + step)


def identifier_of(sequence: SequenceInfo) -> sql.SQL:
    """The sequence as pg_get_serial_sequence gave it: quoted already."""
    return SQL(sequence.sequence)


def settle(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Validate constraints that were never checked, rebuild broken indexes, gather statistics.

    Returns the statements that ran. Raises the server's error for a constraint that does not hold.
    """
    names = [identifier(table).as_string(connection) for table in tables]
    statements = [statement for (statement,) in connection.execute(_INVALID, (names, names))]
    statements += [f"analyze {name}" for name in names]
    for statement in statements:
        connection.execute(SQL(statement))
    return statements
