"""The two judges of a finished migration: the referee, and a reader of our own.

The referee is a program that knows nothing of Golive and reads a map of what went where. The reader
is pandas over queries that the tests write by hand, for each side; no query comes from a plan.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import pandas
import psycopg
from psycopg.sql import SQL, Identifier
from tests.migration import Migration
from tests.real.data import PROJECTS, REFEREE

# Values as both sides show them, whatever the server's own settings are.
SESSION = "-c client_encoding=UTF8 -c timezone=UTC -c datestyle=ISO,YMD -c extra_float_digits=1"


class Question(NamedTuple):
    """What the reader asks the old system and the new one, and the columns that tell the answer's rows apart."""

    source: str
    target: str
    key: Sequence[str]


def referee(migration: Migration, *, verdict: int = 0) -> str:
    """What the referee says of both sides. Its verdict must be this one: 0 equal, 1 different; 2 is that it failed."""
    command = [sys.executable, str(REFEREE), migration.source_url, migration.target_url]
    name = migration.project.name
    done = subprocess.run([*command, str(PROJECTS / name / "map.json")], capture_output=True, text=True)
    assert done.returncode == verdict, done.stdout + done.stderr
    return done.stdout


def reader(migration: Migration, question: Question, *, at_least: int = 2) -> list[str]:
    """In what both systems answer a question differently, in words.

    The old system's answer must have ``at_least`` so many rows: two that show nothing are equal, and prove nothing.
    """
    source = frame(migration.source_url, question.source)
    assert len(source) >= at_least
    return differences(source, frame(migration.target_url, question.target), question.key)


def both_see(migration: Migration, statement: str, question: Question) -> None:
    """Both judges must see the one difference that a statement plants in the target."""
    with planted(migration.target_url, statement):
        assert len(reader(migration, question, at_least=0)) == 1
        assert ", 1 tables differ" in referee(migration, verdict=1)


def frame(url: str, query: str) -> pandas.DataFrame:
    """What a query gives, every value as Python shows it: 1 is not 1.0, None not '', and NaN equals NaN."""
    with psycopg.connect(url, options=SESSION) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        return pandas.DataFrame([[repr(value) for value in row] for row in cursor], columns=names, dtype="object")


def differences(source: pandas.DataFrame, target: pandas.DataFrame, key: Sequence[str]) -> list[str]:
    """Rows that are missing, extra or changed, in words; empty if both frames hold the same.

    Without a key whole rows are counted. A key that stands twice on one side is a difference.
    """
    assert list(source.columns) == list(target.columns), (list(source.columns), list(target.columns))
    if not key:
        both = pandas.concat(
            [source.value_counts(dropna=False), target.value_counts(dropna=False)], axis=1, keys=["source", "target"]
        ).fillna(0)
        return [f"{row}: {a:.0f} in the source, {b:.0f} in the target" for row, a, b in both.itertuples() if a != b]
    found = [
        f"{side}: key {row} stands twice"
        for side, rows in (("source", source), ("target", target))
        for row in rows.loc[rows.duplicated(list(key)), list(key)].itertuples(index=False, name=None)
    ]
    if found:
        return found
    both = source.merge(target, on=list(key), how="outer", suffixes=(" before", " after"), indicator=True)
    for side, words in (("left_only", "missing"), ("right_only", "extra")):
        gone = both.loc[both["_merge"] == side, list(key)]
        found += [f"{words}: {row}" for row in gone.itertuples(index=False, name=None)]
    both = both[both["_merge"] == "both"]
    for column in (column for column in source.columns if column not in key):
        changed = both[both[f"{column} before"] != both[f"{column} after"]]
        shown = changed[[*key, f"{column} before", f"{column} after"]].itertuples(index=False, name=None)
        found += [f"{column} changed: {row}" for row in shown]
    return found


@contextmanager
def planted(url: str, statement: str) -> Iterator[None]:
    """A difference in the target, behind every constraint and trigger, for the length of the block.

    ``statement`` touches one row of one table; what the table held before is put back.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        words = statement.split()
        table = words[1] if words[0] == "update" else words[2]
        name = SQL(".").join(Identifier(part.strip('"')) for part in table.split("."))
        connection.execute(SQL("create temp table before as table {}").format(name))
        assert connection.execute(statement).rowcount == 1, statement  # type: ignore[call-overload]
        try:
            yield
        finally:
            with connection.transaction():
                connection.execute(SQL("delete from {}").format(name))
                connection.execute(SQL("insert into {} table before").format(name))
