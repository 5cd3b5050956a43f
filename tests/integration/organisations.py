"""What tests of the sample organisations look at: the tables of a side, their rows, and the keys that are lost."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pandas as pd
import psycopg
from psycopg import sql
from tests.moving import fetch


def tables(url: str) -> list[str]:
    return [row[0] for row in fetch(url, "select tablename from pg_tables where schemaname = 'public' order by 1")]


def counts(url: str) -> dict[str, int]:
    """Rows by table."""
    with psycopg.connect(url) as connection:
        count = sql.SQL("select count(*) from {}")
        return {t: connection.execute(count.format(sql.Identifier(t))).fetchone()[0] for t in tables(url)}  # type: ignore[index]


def digests(url: str) -> dict[str, str]:
    """Per table a digest over the text of all its rows, whatever their order."""
    query = sql.SQL("select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {} t")
    with psycopg.connect(url) as connection:
        return {t: connection.execute(query.format(sql.Identifier(t))).fetchone()[0] for t in tables(url)}  # type: ignore[index]


def frame(url: str, query: str, options: str) -> pd.DataFrame:
    """The rows of a hand-written query, in a session with these options."""
    with psycopg.connect(url, options=options) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or []], dtype=object)


def keys(lost: Mapping[tuple[str, ...], str], *reasons: StrEnum) -> set[tuple[str, ...]]:
    """The keys that are lost for one of these reasons."""
    return {key for key, reason in lost.items() if reason in reasons}
