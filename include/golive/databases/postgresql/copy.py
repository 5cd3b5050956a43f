"""Rows as COPY bytes from one connection to another, never as Python objects.

At libpq's level: psycopg's own ``copy()`` costs half as much again (docs/performance.md). A stream
that breaks looks like a stream that ends, so the target's COPY is ended with CopyFail whenever the
source did not say how many rows it sent, and both counts are compared before anybody commits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.pq import ConnStatus, ExecStatus

from golive.databases.relation import RowsRefused
from golive.errors import IdentityBroken, StreamBroken

Connection = psycopg.Connection[Any]
BLOCK = 1 << 18

# Errors of values, not of servers: cardinality, data, integrity constraint, and RAISE in a trigger.
OF_VALUES = ("21", "22", "23", "P0001")

# A lost connection, a server that shuts down or a session that was ended.
_GONE = ("08", "57P")


def pump(
    source: Connection, target: Connection, select: sql.Composable, into: sql.Composable,
    progress: Callable[[int], None] | None = None, form: str = "binary",
) -> int:
    """Copy the rows of ``select`` into ``into`` (a table with its column list); returns their number.

    They travel as ``form``: binary, or text where a type is not the same on both servers.

    The caller's transaction on the target is left failed if anything is raised: StreamBroken when
    the source went away in the middle, IdentityBroken when the two counts differ, RowsRefused when values were
    refused by one of the two, psycopg's error for anything else. ``progress`` is called with the
    bytes of each block.
    """
    out, into_ = source.pgconn, target.pgconn
    copy_out = sql.SQL("copy ({}) to stdout (format {})").format(select, sql.Identifier(form)).as_bytes(source)
    copy_in = sql.SQL("copy {} from stdin (format {})").format(into, sql.Identifier(form)).as_bytes(target)
    before = out.nonblocking, into_.nonblocking
    out.nonblocking = into_.nonblocking = 0
    try:
        _begin(source, copy_out, ExecStatus.COPY_OUT, from_source=True)
        try:
            _begin(target, copy_in, ExecStatus.COPY_IN)
        except BaseException:
            _abandon(source)
            raise
        sent = _stream(source, target, progress)
        into_.put_copy_end()
        received = _end(target)
    finally:
        for connection, value in ((out, before[0]), (into_, before[1])):
            if connection.status == 0:
                connection.nonblocking = value
    if sent != received:
        raise IdentityBroken(
            f"the source sent {sent} rows and the target took {received}, without an error: nothing was committed."
            " Look for a trigger on the target table that skips rows"
        )
    return sent


def _stream(source: Connection, target: Connection, progress: Callable[[int], None] | None) -> int:
    get, put = source.pgconn.get_copy_data, target.pgconn.put_copy_data
    buffer = bytearray()
    try:
        while True:
            size, data = get(0)
            if size < 0:
                break
            buffer += data
            if len(buffer) >= BLOCK:
                _put(put, buffer, source, target)
                if progress is not None:
                    progress(len(buffer))
                buffer.clear()
        sent = _end(source, from_source=True)
        if buffer:
            _put(put, buffer, source, target)
        return sent
    except _TargetFailed as failed:
        raise failed.error from None
    except BaseException as error:
        # Whatever happened on the source's side, the target must not take what came for all there is.
        if target.pgconn.status == 0:
            target.pgconn.put_copy_end(b"the source did not finish")
            _drain(target)
        _abandon(source)
        if isinstance(error, psycopg.OperationalError) and (not error.sqlstate or error.sqlstate.startswith(_GONE)):
            raise StreamBroken(f"the source went away in mid-copy ({error}): nothing was committed") from error
        raise


class _TargetFailed(Exception):
    def __init__(self, error: Exception) -> None:
        self.error = error


def _put(put: Callable[[bytes], int], buffer: bytearray, source: Connection, target: Connection) -> None:
    try:
        put(bytes(buffer))
    except psycopg.Error as error:
        # libpq ends the COPY by itself when the server refused a row; the reason is the next result.
        _abandon(source)
        try:
            _end(target)
        except (psycopg.Error, RowsRefused) as reason:
            raise _TargetFailed(reason) from error
        raise


def _begin(connection: Connection, statement: bytes, want: ExecStatus, *, from_source: bool = False) -> None:
    result = connection.pgconn.exec_(statement)
    if result.status != want:
        raise _error(connection, result, from_source)


def _end(connection: Connection, *, from_source: bool = False) -> int:
    """The row count of the COPY's command tag; raises the server's error."""
    count: int | None = None
    failed: Exception | None = None
    while (result := connection.pgconn.get_result()) is not None:
        if result.status == ExecStatus.COMMAND_OK:
            count = result.command_tuples
        elif failed is None:
            failed = _error(connection, result, from_source)
    if failed is not None:
        raise failed
    if count is None:
        raise StreamBroken("a copy ended without a row count: nothing was committed")
    return count


def _error(connection: Connection, result: Any, from_source: bool) -> Exception:
    error = errors.error_from_result(result, connection.info.encoding)
    if connection.pgconn.status != ConnStatus.OK:
        side, first = "source" if from_source else "target", str(error).partition("\n")[0]
        return StreamBroken(f"the {side} went away in mid-copy ({first}): nothing was committed")
    return refused(error, from_source=from_source) or error


def refused(error: psycopg.Error, *, from_source: bool) -> RowsRefused | None:
    """The error as a refusal of values; None if it is something else. The message, which may hold values, stays."""
    state = error.sqlstate or ""
    if not state.startswith(OF_VALUES):
        return None
    detail = error.diag.constraint_name or error.diag.column_name
    return RowsRefused("source" if from_source else "target", state, detail)


def _drain(connection: Connection) -> None:
    while connection.pgconn.get_result() is not None:
        pass


def _abandon(source: Connection) -> None:
    """Stop a COPY to us that nobody reads any more."""
    if source.pgconn.status != 0:
        return
    source.cancel_safe()
    try:
        while source.pgconn.get_copy_data(0)[0] >= 0:
            pass
    except psycopg.Error:
        pass
    _drain(source)
