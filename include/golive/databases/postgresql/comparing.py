"""Comparisons of the project file: a query's rows by a cursor of the server, a validator's answers about some keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.comparing import KEYS, Ordered, Row
from golive.databases.postgresql.asking import one, refused, texts, within
from golive.databases.postgresql.connection import translated
from golive.databases.postgresql.fragments import ByBytes, Fragment, joined
from golive.databases.postgresql.read import snapshot
from golive.errors import Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = ["answers", "ordered"]

# Rows that one FETCH brings.
PAGE = 2_000

# How a number of each type, by its OID, is written; a float as it is shown, so that nothing is rounded here.
_EXACT, _FLOAT = "trim_scale({}::numeric)::text", "trim_scale({}::text::numeric)::text"
_NUMBERS = {20: _EXACT, 21: _EXACT, 23: _EXACT, 790: _EXACT, 1700: _EXACT, 700: _FLOAT, 701: _FLOAT}

# Not a cast (::keys), and not the beginning of another name.
_KEYS = re.compile(rf"(?<![:\w]){re.escape(KEYS)}\b")


@contextmanager
def ordered(connection: Connection, query: str, key: Sequence[str], seconds: int) -> Iterator[Ordered]:
    """The rows of a query as canonical text, by the bytes of the key: see ``Comparing``."""
    with snapshot(connection):
        with _told(connection, seconds):
            within(connection, seconds)
            types = _columns(connection, query)
        if absent := [name for name in key if name not in types]:
            raise Terminal(f"it gives no column {', '.join(absent)}, only {', '.join(types)}")
        names = (*key, *(name for name in types if name not in key))
        written = {name: _written(name, types[name]) for name in names}
        rows = SQL("select {} from ({}\n) asked order by {}").format(
            joined(written.values()),
            one(query),
            joined(SQL("{} nulls last").format(ByBytes(written[name])) for name in key or names),
        )
        # The cursor is declared over the extended protocol, as whatever a project file brings along.
        with connection.cursor(name="golive_ordered") as cursor:
            cursor.itersize = PAGE
            with _told(connection, seconds):
                cursor.execute(rows)
            yield Ordered(names, _read(cursor, seconds))


def answers(connection: Connection, query: str, keys: Sequence[str], seconds: int) -> list[Row]:
    """The rows of a query about these keys, which are bound as one array: see ``Comparing``."""
    asked = SQL("select * from ({}\n) asked").format(one(_KEYS.sub("$1::text[]", query)))
    with snapshot(connection), _told(connection, seconds):
        within(connection, seconds)
        found = psycopg.RawCursor(connection).execute(asked, [list(keys)]).pgresult
        assert found is not None
        return list(texts(found))


def _read(rows: psycopg.ServerCursor[Any], seconds: int) -> Iterator[Row]:
    with _told(rows.connection, seconds):
        yield from rows


@contextmanager
def _told(connection: Connection, seconds: int) -> Iterator[None]:
    """What stopped a statement, as Golive's own error at once: two sides are read within each other's sessions."""
    with translated(connection.info.dbname), refused(seconds):
        yield


def _columns(connection: Connection, query: str) -> dict[str, int]:
    """The OID of every column's type, a domain's that of its base."""
    found = connection.execute(SQL("select * from ({}\n) asked limit 0").format(one(query)), prepare=True).pgresult
    assert found is not None
    types: dict[str, int] = {}
    for number in range(found.nfields):
        name = (found.fname(number) or b"").decode()
        if name in types:
            raise Terminal(f"it gives two columns of the name {name}")
        types[name] = found.ftype(number)
    return types


def _written(name: str, oid: int) -> Fragment:
    return SQL(_NUMBERS.get(oid, "{}::text")).format(sql.Identifier("asked", name))
