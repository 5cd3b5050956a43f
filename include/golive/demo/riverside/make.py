"""Fill two empty databases: the old system with its rows, the new one with its schema."""

from __future__ import annotations

from importlib import resources
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.errors import Terminal

LEAST = 200
MOST = 1_000_000

# Dates in text are read and written the same way whatever the server's configuration says. Compiling
# costs more than it saves in long statements that run once.
OPTIONS = "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c timezone=UTC -c statement_timeout=0 -c jit=off"

_HELPERS = """
create function pg_temp.n() returns int language sql immutable as $$ select {students}::int $$;
create function pg_temp.pick(i bigint, salt bigint, m bigint) returns int language sql immutable as
$$ select ((hashint8extended(i, {seed} * 1000003::bigint + salt) & 9223372036854775807) % m)::int $$;
"""


def make_source(url: str, *, students: int, seed: int) -> None:
    """Make the old system's tables and rows in the empty database behind ``url``.

    The same ``students`` and ``seed`` give the same rows, about ten per student over all tables;
    the server computes them, in one transaction. Every planted defect is there from LEAST students
    on. Raises Terminal for a count outside LEAST to MOST and for a database that has tables.
    """
    if not LEAST <= students <= MOST:
        raise Terminal(f"riverside is made with {LEAST} to {MOST} students, not {students}")
    if not 0 <= seed < 2**31:
        raise Terminal(f"riverside takes a seed from 0 to {2**31 - 1}, not {seed}")
    with psycopg.connect(url, options=OPTIONS) as connection:
        _refuse_unless_empty(connection)
        connection.execute(script("source.sql"))
        connection.execute(sql.SQL(_HELPERS).format(students=sql.Literal(students), seed=sql.Literal(seed)))
        connection.execute(script("source_rows.sql"))
        connection.execute("analyze")


def make_target(url: str) -> None:
    """Make the new system's schema, and the few rows of its own, in the empty database behind ``url``.

    Raises Terminal for a database that has tables.
    """
    with psycopg.connect(url, options=OPTIONS) as connection:
        _refuse_unless_empty(connection)
        connection.execute(script("target.sql"))


def script(name: str) -> LiteralString:
    """The text of a .sql file of this package: a literal, though it stands in a file of its own."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _refuse_unless_empty(connection: psycopg.Connection[Any]) -> None:
    query: LiteralString = "select min(tablename), current_database() from pg_tables where schemaname = 'public'"
    row = connection.execute(query).fetchone()
    if row is not None and row[0] is not None:
        raise Terminal(f"database {row[1]} is not empty: it has the table {row[0]}. Give riverside an empty one")
