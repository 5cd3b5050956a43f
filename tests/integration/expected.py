"""What an independent reader of a sample organisation is made of.

A reader's queries are written by hand and never taken from a project file: each reads the old system,
pandas parses what the old system kept as text (dates, numbers, JSON), and the result is compared cell
by cell with what the new system has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

Column = Callable[[pd.Series], pd.Series]
Lost = Mapping[str, Mapping[tuple[str, ...], str]]

# Stands in a key for a column that is NULL.
NULL = "NULL"


def json_text(texts: pd.Series) -> pd.Series:
    """JSON in one spelling, whatever the spaces and the order of keys; None for what is none."""

    def parse(text: object) -> str | None:
        try:
            return json.dumps(json.loads(str(text)), sort_keys=True) if text else None
        except ValueError:
            return None

    return texts.map(parse)


@dataclass(frozen=True)
class Expected:
    """One table of the new system: its key, the query over the old one, and which rows came from there.

    ``parse`` is done to columns of the old side in pandas, ``same`` to both sides. ``own`` counts the
    rows that the new system had before.
    """

    key: tuple[str, ...]
    query: str
    migrated: str = "true"
    parse: dict[str, Column] = field(default_factory=dict)
    same: dict[str, Column] = field(default_factory=dict)
    own: int = 0


def expected(
    tables: Mapping[str, Expected], source_url: str, lost: Lost, options: str
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each table as it must stand in the new system, all values as text; its own rows and the lost ones left out."""
    with psycopg.connect(source_url, options=options) as source:
        for table, spec in tables.items():
            frame = _frame(source, sql.SQL("select * from ({}) q").format(sql.SQL(spec.query)), spec.parse | spec.same)
            if spec.key:
                keys = pd.MultiIndex.from_frame(frame[list(spec.key)].fillna(NULL))
                frame = frame[~keys.isin(list(lost.get(table, {})))]
            yield table, frame.reset_index(drop=True)


def differences(
    tables: Mapping[str, Expected], source_url: str, target_url: str, lost: Lost, options: str
) -> list[str]:
    """What is wrong in the new system, one sentence each; empty when every cell is as it must be.

    The rows of the new system's own are counted; in the others every column that the old system
    fills is compared. It holds one table at a time. ``options`` are those of both sides' sessions.
    """
    found: list[str] = []
    with psycopg.connect(target_url, options=options) as target:
        for table, want in expected(tables, source_url, lost, options):
            spec = tables[table]
            query = sql.SQL("select {} from {} where {}").format(
                sql.SQL(", ").join(map(sql.Identifier, want.columns)), sql.Identifier(table), sql.SQL(spec.migrated)
            )
            have = _frame(target, query, spec.same)
            found += _by_key(table, spec.key, want, have) if spec.key else _as_bags(table, want, have)
            count = sql.SQL("select count(*) from {} where not ({})")
            own = target.execute(count.format(sql.Identifier(table), sql.SQL(spec.migrated))).fetchone()
            if own != (spec.own,):
                found.append(f"{table}: {own and own[0]} rows of the new system's own, not {spec.own}")
    return found


def _frame(connection: psycopg.Connection[Any], query: sql.Composed, parse: dict[str, Column]) -> pd.DataFrame:
    """The rows of a query, every value as the server's text, None for NULL."""
    description = connection.execute(sql.SQL("select * from ({}) q limit 0").format(query)).description or []
    names = [column.name for column in description]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    rows = connection.execute(sql.SQL("select {} from ({}) q").format(texts, query)).fetchall()
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    for name, column in parse.items():
        frame[name] = column(frame[name].astype(object)).astype(object)
    return frame.where(frame.notna(), None)


def _by_key(table: str, key: tuple[str, ...], want: pd.DataFrame, have: pd.DataFrame) -> list[str]:
    names = list(key)
    if want.duplicated(names).any():
        return [f"{table}: the old system gives a key twice: {want[want.duplicated(names)][names].values.tolist()[:3]}"]
    both = want.merge(have, on=names, how="outer", suffixes=("", " here"), indicator=True)
    found = []
    for side, word in (("left_only", "missing"), ("right_only", "too many")):
        rows = both[both["_merge"] == side]
        if len(rows):
            found.append(f"{table}: {len(rows)} {word}, such as {rows[names].values.tolist()[:5]}")
    both = both[both["_merge"] == "both"]
    for name in want.columns.difference(names):
        left, right = both[name], both[f"{name} here"]
        rows = both[~((left == right) | (left.isna() & right.isna()))]
        if len(rows):
            example = rows[[*names, name, f"{name} here"]].values.tolist()[:3]
            found.append(f"{table}.{name}: {len(rows)} differ, such as {example}")
    return found


def _as_bags(table: str, want: pd.DataFrame, have: pd.DataFrame) -> list[str]:
    left, right = want.value_counts(dropna=False), have.value_counts(dropna=False)
    apart = left.sub(right, fill_value=0)
    apart = apart[apart != 0]
    if apart.empty:
        return []
    return [f"{table}: {len(apart)} rows stand another number of times, such as {apart.head(3).to_dict()}"]
