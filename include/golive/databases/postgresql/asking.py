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
from psycopg.pq.abc import PGresult

from golive.databases.comparing import Row
from golive.databases.operations import Asked
from golive.errors import NotPermitted, Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = ["one", "reason", "refused", "remove", "rows", "texts", "within"]

SECONDS = 300

# How the server tells of a statement that takes rows away, or marks them as gone.
_REMOVES = ("DELETE", "UPDATE")

# Of the connection or of a lock, not of the query: worth another try.
_IN_THE_WAY = ("08", "53", "57P", "40", "55P03")
# What PostgreSQL says of names, grammar and rights, and of its own limits, quotes no value.
_WITHOUT_VALUES = ("42", "0A", "25", "57014")


def rows(connection: Connection, query: str, limit: int) -> Asked:
    """How many rows a query gives, and the first of them as text, at one moment.

    Read-only, and rolled back. Raises Terminal, without a value, if the query fails or runs longer than SECONDS; the
    caller adds whose query it is.
    """
    with refused(SECONDS), connection.transaction(force_rollback=True):
        connection.execute("set transaction isolation level repeatable read, read only")
        within(connection, SECONDS)
        count = _count(connection, query)
        if not limit or not count:
            return Asked(count, ())
        found = connection.execute(
            SQL("select * from ({}\n) asked limit {}").format(one(query), sql.Literal(limit)), prepare=True
        ).pgresult
        assert found is not None
        return Asked(count, texts(found))


def remove(connection: Connection, query: str, statement: str, expected: int) -> None:
    """Run the statement that removes what a query finds, in one transaction.

    Committed only if the query gave exactly ``expected`` rows before, gives none after, and the statement is a
    DELETE or an UPDATE that changed exactly as many: raises NotPermitted otherwise, and Terminal as ``rows`` does,
    and nothing is changed. A query that gives none before is done already: the statement does not run.
    """
    with refused(SECONDS), connection.transaction():
        within(connection, SECONDS)
        before = _count(connection, query)
        if before == 0:
            return
        if before != expected:
            raise NotPermitted(f"{expected} were found and approved, and {before} are there now: nothing was removed")
        done = connection.execute(SQL(statement.strip()), prepare=True)
        if (done.statusmessage or "").partition(" ")[0] not in _REMOVES:
            raise NotPermitted("the statement is no DELETE and no UPDATE: it was rolled back, nothing was removed")
        if done.rowcount != expected:
            raise NotPermitted(
                f"{expected} were found and approved, and the statement changes {done.rowcount} rows: it was rolled"
                " back, nothing was removed"
            )
        after = _count(connection, query)
        if after:
            raise NotPermitted(f"the statement leaves {after} of {before}: it was rolled back, nothing was removed")


def reason(error: BaseException, seconds: int) -> str:
    """Why a statement failed, in a line without a value; ``seconds`` is how long it might have run.

    The error is psycopg's, or psycopg 2's, which calls its parts otherwise.
    """
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or ""
    if not state or state.startswith(("08", "57P")):
        return "the connection was lost"
    if state == "57014":
        return f"it did not end within {seconds} s, or was cancelled"
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    if primary and state.startswith(_WITHOUT_VALUES):
        return str(primary)
    return f"{type(error).__name__}, SQLSTATE {state}"


def _count(connection: Connection, query: str) -> int:
    row = connection.execute(SQL("select count(*) from ({}\n) asked").format(one(query)), prepare=True).fetchone()
    assert row is not None
    return int(row[0])


def one(query: str) -> sql.SQL:
    """A query of the project file, to stand in parentheses before a line break, which ends a comment at its end."""
    return SQL(query.strip().removesuffix(";"))


def within(connection: Connection, seconds: int) -> None:
    """End every statement of this transaction after so many seconds."""
    connection.execute("select set_config('statement_timeout', %s, true)", (f"{seconds}s",))


def texts(found: PGresult) -> tuple[Row, ...]:
    """All rows of a result in the server's own text of a value, whatever its type: no loader may fail on it."""
    return tuple(
        tuple(_text(found.get_value(row, column)) for column in range(found.nfields)) for row in range(found.ntuples)
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


@contextmanager
def refused(seconds: int) -> Iterator[None]:
    """What the server has against a statement, as Terminal without a value; what is in the way leaves as it is.

    ``seconds`` is how long the statement might have run.
    """
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if not state or state.startswith(_IN_THE_WAY):
            raise
        raise Terminal(reason(error, seconds)) from error
