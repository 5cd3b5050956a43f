"""What a loaded table still needs before people come in: sequences, constraints, indexes, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.catalog import SequenceInfo
from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.inspect import sequence_place

Connection = psycopg.Connection[Any]
SQL = sql.SQL

_INVALID = """
select 'alter table ' || conrelid::regclass || ' validate constraint ' || quote_ident(conname)
from pg_constraint c where not convalidated and contype in ('f', 'c', 'n') and conrelid = any(%s::regclass[])
  and coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)  -- PostgreSQL 18 has some that are declared only
union all
select 'reindex index ' || indexrelid::regclass from pg_index where not indisvalid and indrelid = any(%s::regclass[])
"""


def advance(connection: Connection, sequence: SequenceInfo) -> tuple[int, int] | None:
    """Move a sequence beyond the highest value of its column, in its own direction.

    Returns (where it stood, where it stands) as next values, or None if nothing had to move.
    """
    with connection.transaction():
        place = sequence_place(connection, sequence)
        if place.beyond or place.furthest is None:
            return None
        connection.execute("select setval(%s::regclass, %s, true)", (sequence.sequence, place.furthest))
        return place.following, place.furthest + place.step


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
