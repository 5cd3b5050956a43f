"""A project whose DAGs run in this process with ``dag.test()``, over real databases and a metadata database."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apprise
import psycopg
import pytest

from golive.databases import Database, connect
from golive.ledger import Ledger
from golive.project import Project, files, load

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = files.EXPECTATIONS

# An address that takes every message: without one nobody may go live.
ADDRESS = "syslog://"
# Its first look for its plugins asks for a module that Python 3.13 has no more.
with warnings.catch_warnings(action="ignore"):
    apprise.Apprise.instantiate(ADDRESS)


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

    @property
    def source(self) -> Database:
        return connect(self.source_url, name="source", timezone=self.project.timezone)

    @property
    def target(self) -> Database:
        return connect(self.target_url, name="target", timezone=self.project.timezone)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.ledger_url)


def fill_in(answer: Callable[[Any], None]) -> None:
    """Answer every form that waits, as people would over the API."""
    from airflow._shared.timezones import timezone
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    # By its index: the runs of earlier tests stand in the same tables.
    waiting = select(TaskInstance.id).where(TaskInstance.state == TaskInstanceState.AWAITING_INPUT)
    with create_session() as session:
        for detail in session.scalars(select(HITLDetail).where(HITLDetail.ti_id.in_(waiting))).unique():
            instance = detail.task_instance
            detail.responded_at = timezone.utcnow()
            answer(detail)
            payload = detail.as_resume_event_payload()
            handle_event_submit(TriggerEvent(payload), task_instance=instance, session=session)


def migrate(
    patch: pytest.MonkeyPatch, folder: Path, name: str, source_url: str, target_url: str, ledger_url: str
) -> Migration:
    """The project ``name`` of a projects folder between two databases, with a ledger; the DAGs find all of them."""
    patch.setattr(files, "PROJECTS", folder)
    if files.EXPECTATIONS == SHIPPED:
        # The suites that ship take longer than the rest of a run: a test that wants suites has its own.
        patch.setattr(files, "EXPECTATIONS", folder.parent / "expectations")
    project = load(name)
    with Ledger(ledger_url) as ledger:
        ledger.migrate()
    for connection, url in (
        (project.source.connection, source_url), (project.target.connection, target_url),
        ("golive_ledger", ledger_url),
        ("golive_alerts", json.dumps({"conn_type": "generic", "extra": {"urls": [ADDRESS]}})),
    ):
        variable = f"AIRFLOW_CONN_{connection.upper()}"
        # Where a test receives messages, they go on going there.
        if connection != "golive_alerts" or variable not in os.environ:
            patch.setenv(variable, url)
    return Migration(project, source_url, target_url, ledger_url)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query of the test's own gives."""
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
