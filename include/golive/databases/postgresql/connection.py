"""Sessions: psycopg connections that SQLAlchemy owns, with every setting that changes a rendering fixed.

Two servers must write the same value the same way, so time zone, date and interval style, float
digits and encoding are set on both sides and never left to a server's configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from golive.errors import Busy, ConnectionLost, Terminal

SETTINGS = (
    "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c intervalstyle=postgres -c extra_float_digits=1"
    " -c bytea_output=hex -c lc_monetary=C -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
    " -c standard_conforming_strings=on"
    " -c row_security=off"  # a policy that hides rows is an error, never fewer rows
)

READ_ONLY = " -c default_transaction_read_only=on"

CONNECT_SECONDS = 20

# Class 08 and 57P are lost connections and shut-downs, 53 a server out of connections or disk.
_LOST = ("08", "57P", "53")
_BUSY = ("55P03", "40001", "40P01")


@contextmanager
def session(url: URL, *, name: str, timezone: str, read_only: bool) -> Iterator[psycopg.Connection[Any]]:
    """One autocommit connection; transactions are opened with ``connection.transaction()``.

    Errors of the connection itself leave as ConnectionLost or Busy, which are worth a retry; all
    other errors of psycopg leave as they are, for the caller who knows the table.
    """
    options = f"{SETTINGS} -c timezone={timezone}"
    if read_only:
        options += READ_ONLY
    engine = _engine(_with(url, "postgresql+psycopg", options))
    try:
        with translated(name):
            owner = engine.raw_connection()
    except DBAPIError as error:
        raise ConnectionLost(f"connection {name}: cannot be opened ({_first_line(error.orig)})") from error
    try:
        connection = owner.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise Terminal(f"connection {name}: the driver is not psycopg 3")
        connection.autocommit = True
        with translated(name):
            yield connection
    finally:
        owner.invalidate()


@lru_cache(maxsize=32)
def _engine(url: URL) -> Engine:
    """It holds no connection, but what SQLAlchemy asks of each server it first sees, so that it asks once."""
    return create_engine(url, poolclass=NullPool)


@contextmanager
def reading_engine(url: URL, *, timezone: str, seconds: int) -> Iterator[Engine]:
    """An engine whose sessions only read, and end a statement after so many seconds; disposed at the end of the block.

    psycopg 2 writes values into the statement, so that a day which a file gives as text is compared as a day.
    """
    options = f"{SETTINGS} -c timezone={timezone}{READ_ONLY} -c statement_timeout={seconds}s"
    # A connection that died while it waited in the pool is replaced before it is used.
    engine = create_engine(_with(url, "postgresql+psycopg2", options), pool_pre_ping=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _with(url: URL, driver: str, options: str) -> URL:
    given = str(url.query.get("options", ""))
    return url.set(drivername=driver).update_query_dict(
        {
            "options": f"{given} {options}".strip(),
            "application_name": "golive",
            # A server that swallows packets must not hold up whoever looks at others too.
            "connect_timeout": str(url.query.get("connect_timeout", CONNECT_SECONDS)),
        }
    )


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Errors of the connection, not of a statement, as Golive's own."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if state in _BUSY:
            raise Busy(f"connection {name}: {_first_line(error)}") from error
        broken = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and not state
        # 08P01 is a message that the server cannot read, such as a value's bytes: no loss of anything.
        if broken or (state.startswith(_LOST) and state != "08P01"):
            raise ConnectionLost(f"connection {name}: {_first_line(error)}") from error
        raise


def _first_line(error: BaseException | None) -> str:
    lines = str(error or "").strip().splitlines()
    return lines[0] if lines else type(error).__name__
