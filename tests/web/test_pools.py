"""Pools are made where they are missing, never changed, and never a reason for Airflow not to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from golive.flow.pools import ensure_pools
from golive.project import files

POOL = "hillside.lanes"
TEXT = """
project: hillside
source: {connection: a}
target: {connection: b}
limits: {lanes: 5}
tables: [{target: t}]
"""

# Another process, as Airflow's own: the database that it is given is empty.
NOT_MIGRATED = """
from airflow.jobs.job import Job
from golive.flow import pools
pools.on_starting(component=Job())
print("goes on")
"""


@pytest.fixture
def projects(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one right project and one wrong one; their pools are gone afterwards."""
    for name, text in (("hillside", TEXT), ("broken", "project: [")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "project.yaml").write_text(text)
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    yield tmp_path
    _delete()


def test_a_missing_pool_is_made_and_a_broken_file_passed_over(projects: Path) -> None:
    assert ensure_pools() == [POOL]
    assert _slots() == 5
    assert ensure_pools() == []


def test_slots_that_were_set_by_hand_stay(projects: Path) -> None:
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    ensure_pools()
    with create_session() as session:
        Pool.create_or_update_pool(POOL, 1, "by hand", False, session=session)
    (projects / "hillside" / "project.yaml").write_text(TEXT.replace("5", "9"))
    assert ensure_pools(["hillside"]) == []
    assert _slots() == 1


def test_many_processes_at_once_make_one_pool(projects: Path) -> None:
    with ThreadPoolExecutor(8) as together:
        done = list(together.map(lambda _: ensure_pools(), range(8)))
    assert [POOL] in done and _slots() == 5


def test_a_run_that_starts_makes_the_pool_in_its_own_transaction(projects: Path) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    from golive.flow.pools import on_dag_run_running

    with create_session(scoped=False) as session:
        run = DagRun(dag_id="hillside.older_data", run_id="r", run_type="manual")
        session.add(run)
        with session.no_autoflush:
            on_dag_run_running(dag_run=run, msg="started")
        session.expunge(run)
        assert _slots(session) == 5
        session.rollback()
    assert _slots() is None
    on_dag_run_running(dag_run=DagRun(dag_id="somebody_elses", run_id="r", run_type="manual"), msg="started")


@pytest.mark.airflow
def test_a_database_that_is_not_migrated_stops_nothing(tmp_path: Path) -> None:
    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/empty.db",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", NOT_MIGRATED], env=environment, capture_output=True, text=True)
    assert done.stdout.rstrip().endswith("goes on"), done.stderr
    assert "The pools of the projects could not be made" in done.stdout + done.stderr


def _slots(session: object = None) -> int | None:
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    if session is None:
        with create_session(scoped=False) as own:
            return _slots(own)
    pool = Pool.get_pool(POOL, session=session)
    return None if pool is None else pool.slots


def _delete() -> None:
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session(scoped=False) as session:
        session.execute(delete(Pool).where(Pool.pool == POOL))
