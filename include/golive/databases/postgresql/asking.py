"""The project file's own queries and statements: one statement each, within its time, and with no trace of values.

They go over the extended protocol, which takes one statement alone: a second one behind a semicolon could end the
transaction that makes a query harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.operations import Asked
from golive.errors import NotPermitted, Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = ["remove", "rows"]

SECONDS = 300

# Of the connection or of a lock, not of the query: worth another try.
_IN_THE_WAY = ("08", "53", "57P", "40", "55P03")
# What PostgreSQL says of names, grammar and rights, and of its own limits, quotes no value.
_WITHOUT_VALUES = ("42", "0A", "25", "57014")


def rows(connection: Connection, query: str, limit: int) -> Asked:
    """How many rows a query gives, and the first of them as text, at one moment.

    Read-only, and rolled back. Raises Terminal, without a value, if the query fails or runs longer than SECONDS; the
    caller adds whose query it is.
    """
    with _refused(), connection.transaction(force_rollback=True):
        connection.execute("set transaction isolation level repeatable read, read only")
        _within_its_time(connection)
        count = _count(connection, query)
        if not limit or not count:
            return Asked(count, ())
        found = connection.execute(
            SQL("select * from ({}\n) asked limit {}").format(_one(query), sql.Literal(limit)), prepare=True
        ).pgresult
        assert found is not None
        # The server's own text of a value, whatever its type: no loader may fail on it.
        return Asked(
            count,
            tuple(
                tuple(_text(found.get_value(row, column)) for column in range(found.nfields))
                for row in range(found.ntuples)
            ),
        )


def remove(connection: Connection, query: str, statement: str, expected: int) -> None:
    """Run the statement that removes what a query finds, in one transaction.

    Committed only if the query gave exactly ``expected`` rows before, and gives none after: raises NotPermitted
    otherwise, and Terminal as ``rows`` does, and nothing is changed. A query that gives none before is done already:
    the statement does not run.
    """
    with _refused(), connection.transaction():
        _within_its_time(connection)
        before = _count(connection, query)
        if before == 0:
            return
        if before != expected:
            raise NotPermitted(f"{expected} were found and approved, and {before} are there now: nothing was removed")
        connection.execute(SQL(statement.strip()), prepare=True)
        after = _count(connection, query)
        if after:
            raise NotPermitted(f"the statement leaves {after} of {before}: it was rolled back, nothing was removed")


def _count(connection: Connection, query: str) -> int:
    # The line break ends a comment at the query's end.
    row = connection.execute(SQL("select count(*) from ({}\n) asked").format(_one(query)), prepare=True).fetchone()
    assert row is not None
    return int(row[0])


def _one(query: str) -> sql.SQL:
    return SQL(query.strip().removesuffix(";"))


def _within_its_time(connection: Connection) -> None:
    connection.execute("select set_config('statement_timeout', %s, true)", (f"{SECONDS}s",))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


@contextmanager
def _refused() -> Iterator[None]:
    """What the server has against a statement, as Terminal; what is in the way leaves as it is."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if not state or state.startswith(_IN_THE_WAY):
            raise
        if state == "57014":
            what = f"it did not end within {SECONDS} s, or was cancelled"
        elif state.startswith(_WITHOUT_VALUES):
            what = error.diag.message_primary or type(error).__name__
        else:
            what = f"{type(error).__name__}, SQLSTATE {state}"
        raise Terminal(what) from error
