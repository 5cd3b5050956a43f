"""How quick a server answers, and which logins it still lets in: asked once people work with it. Only reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.errors import Terminal

Connection = psycopg.Connection[Any]

__all__ = ["logins_left", "signed_in_as", "timed"]

# Of the connection or of a lock, not of the query: worth another try.
_IN_THE_WAY = ("08", "53", "57P", "40", "55P03")
_TOO_LONG = "57014"

# Without a right to connect to this database a login reaches nothing in it, whatever else it may.
_LEFT: LiteralString = """
select rolname from pg_roles
where rolname = any(%s) and rolcanlogin and (rolvaliduntil is null or rolvaliduntil > now())
  and has_database_privilege(oid, current_database(), 'CONNECT')
order by rolname collate "C"
"""


def timed(connection: Connection, query: str, runs: int, limit_seconds: int) -> list[int]:
    """How long each run of a query took, in microseconds: from sending it until its last row is here.

    Runs follow each other on one session, the first on a cold cache if the server's is. They end before
    their number once they took ``limit_seconds`` together; one that takes longer alone is cut off and
    counts as having taken that long. Read-only, and rolled back. Raises Terminal, without a value, if the
    query fails.
    """
    statement = sql.SQL(query.strip().removesuffix(";"))
    limit = limit_seconds * 1_000_000
    taken: list[int] = []
    with connection.transaction(force_rollback=True):
        connection.execute("set transaction read only")
        connection.execute("select set_config('statement_timeout', %s, true)", (f"{limit_seconds}s",))
        while len(taken) < runs and sum(taken) < limit:
            began = time.perf_counter_ns()
            try:
                connection.execute(statement, prepare=True)
            except psycopg.Error as error:
                state = error.sqlstate or ""
                if state == _TOO_LONG:
                    return [*taken, limit]
                if not state or state.startswith(_IN_THE_WAY):
                    raise
                raise Terminal(f"{type(error).__name__}, SQLSTATE {state}") from error
            taken.append((time.perf_counter_ns() - began) // 1_000)
    return taken


def logins_left(connection: Connection, names: Sequence[str]) -> list[str]:
    """Those of the logins that may still sign in here; one that is not there at all may not."""
    return [name for (name,) in connection.execute(_LEFT, (list(names),))]


def signed_in_as(connection: Connection) -> str:
    """The login of this session itself."""
    row = connection.execute("select session_user::text").fetchone()
    assert row is not None
    return str(row[0])
