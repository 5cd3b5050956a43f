"""What every test may ask for: a real PostgreSQL server and databases on it."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest

from golive.demo import server as embedded

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(__file__).resolve().parents[2] / "shared"
_numbers = itertools.count(1)

# A server of the user's own.
GIVEN = os.environ.get("GOLIVE_TEST_POSTGRES") or None
# Files in memory, and what there has to be of it: for the server of each worker, with the largest tests' rows.
MEMORY = Path("/dev/shm")
ROOM = 12 * 1024**3

LONG = ("airflow", "dags", "deploy", "faults", "real", "web/test_installed.py")

# Airflow reads its environment when it is first imported.
HOME = tempfile.mkdtemp(prefix="golive-airflow-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}


def pytest_configure(config: pytest.Config) -> None:
    """Programs without which tests are skipped must be there where GOLIVE_TEST_REQUIRE names them."""
    for program in filter(None, os.environ.get("GOLIVE_TEST_REQUIRE", "").split(",")):
        if shutil.which(program) is None:
            pytest.exit(f"{program} is not installed, and its tests must run here", returncode=2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker waits at the end for the other's last one."""
    items.sort(key=lambda item: not any(item.path.is_relative_to(ROOT / "tests" / each) for each in LONG))


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], str]]:
    """Gives the URL of a database by name; the server is the user's (GOLIVE_TEST_POSTGRES) or an embedded one."""
    if GIVEN is not None:
        yield lambda name: GIVEN.rsplit("/", 1)[0] + "/" + name
        return
    # Not pytest's own folder: a second run at the same time would shut the server's user out of it.
    folder = Path(tempfile.mkdtemp(prefix="golive-postgres-", dir=MEMORY if _in_memory() else None))
    server = embedded.start(folder / "data", durable=False)
    yield server.url
    embedded.stop(server)
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _in_memory() -> bool:
    """Whether the server's files may be in memory: a database is made there in a tenth of the time."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        return False
    available = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line)
    return int(available.split()[1]) * 1024 > ROOM


@contextmanager
def databases(server_url: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """Makes empty databases and gives the URL of each; all are dropped at the end of the block."""
    made: list[str] = []
    # Else the server writes all of a new database into its log too, which is slower in memory and faster on disks.
    copied = "strategy file_copy" if GIVEN is None and _in_memory() else ""

    def make(label: str = "db", options: str = "") -> str:
        name = f"golive_test_{os.getpid()}_{next(_numbers)}_{label}"
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            admin.execute(f'create database "{name}" {options} {copied}')
        made.append(name)
        return server_url(name)

    try:
        yield make
    finally:
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            for name in made:
                admin.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture
def new_database(server_url: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """Makes an empty database and gives its URL; all are dropped at the end of the test."""
    with databases(server_url) as make:
        yield make


@pytest.fixture
def pair(new_database: Callable[..., str]) -> tuple[str, str]:
    """An empty source and an empty target."""
    return new_database("source"), new_database("target")


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """Airflow's home with a migrated metadata database; the environment was set above."""
    from airflow.utils import db
    from sqlalchemy import event

    from airflow import settings

    # It need not outlive the machine: nobody waits for a disk.
    event.listen(settings.engine, "connect", lambda connection, _: connection.execute("pragma synchronous = off"))
    db.initdb()
    return Path(os.environ["AIRFLOW_HOME"])
