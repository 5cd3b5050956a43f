"""DAGs run in this process with ``dag.test()``, over real databases and a metadata database of their own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from golive.project import files
from golive.databases import Database, connect
from golive.demo import riverside
from golive.ledger import Ledger
from golive.project import Project, load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a migrated metadata database; tests/conftest.py has set the environment before."""
    from airflow.utils import db

    db.initdb()
    return Path(os.environ["AIRFLOW_HOME"])


def approve_as_maria(detail: Any) -> None:
    detail.responded_by = {"id": "maria", "name": "Maria"}
    detail.chosen_options = ["Approve"]
    detail.params_input = {"comment": "agreed"}


@dataclass
class Migration:
    """A project's databases, its ledger, and its DAGs."""

    project: Project
    source_url: str
    target_url: str
    ledger_url: str
    states: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Database:
        return connect(self.source_url, name="source", timezone=self.project.timezone)

    @property
    def target(self) -> Database:
        return connect(self.target_url, name="target", timezone=self.project.timezone)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.ledger_url)

    def run(self, stage: str, *, answer: Callable[[Any], None] | None = approve_as_maria, **conf: Any) -> str:
        """Run a DAG through; ``answer`` fills in its forms. Returns the run's state, and keeps its tasks'."""
        from airflow.dag_processing.dagbag import DagBag
        from airflow.utils.session import create_session

        dag = DagBag(ROOT / "dags").get_dag(f"{self.project.name}.{stage}")
        assert dag is not None
        with answering(answer):
            dag_run = dag.test(run_conf=conf, logical_date=None)
        with create_session() as session:
            instances = dag_run.get_task_instances(session=session)
            self.states = {
                i.task_id if i.map_index < 0 else f"{i.task_id}[{i.rendered_map_index}]": str(i.state) for i in instances
            }
        return str(dag_run.state)


@contextmanager
def answering(answer: Callable[[Any], None] | None) -> Iterator[None]:
    """Fill in every form that waits, from a thread, as a person would over the API."""
    from airflow._shared.timezones import timezone
    from airflow.models.hitl import HITLDetail
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    done = threading.Event()

    def work() -> None:
        while not done.wait(0.2):
            with create_session() as session:
                for detail in session.scalars(select(HITLDetail).where(HITLDetail.responded_at.is_(None))).unique():
                    instance = detail.task_instance
                    if instance.state != TaskInstanceState.AWAITING_INPUT or answer is None:
                        continue
                    detail.responded_at = timezone.utcnow()
                    answer(detail)
                    payload = detail.as_resume_event_payload()
                    handle_event_submit(TriggerEvent(payload), task_instance=instance, session=session)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def migration(
    airflow_home: Path, new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Migration]:
    """Makes a migration out of a project file's text and two databases."""

    def make(name: str, text: str, source_url: str, target_url: str) -> Migration:
        folder = tmp_path / "projects"
        (folder / name).mkdir(parents=True)
        (folder / name / "project.yaml").write_text(text)
        monkeypatch.setattr(files, "PROJECTS", folder)
        project = load(name)
        ledger_url = new_database("ledger")
        with Ledger(ledger_url) as ledger:
            ledger.migrate()
        for connection, url in (
            (project.source.connection, source_url), (project.target.connection, target_url),
            ("golive_ledger", ledger_url),
        ):
            monkeypatch.setenv(f"AIRFLOW_CONN_{connection.upper()}", url)
        return Migration(project, source_url, target_url, ledger_url)

    return make


@pytest.fixture
def district(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """The sample district with 200 students."""
    riverside.make_source(pair[0], students=200, seed=1)
    riverside.make_target(pair[1])
    text = (ROOT / "include" / "projects" / "riverside" / "project.yaml").read_text()
    return migration("riverside", text, *pair)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query of the test's own gives."""
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
