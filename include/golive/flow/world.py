"""What a task works with: the project, both databases, the ledger, and the run that it belongs to."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context

from golive.databases import Database
from golive.errors import GoliveError
from golive.flow.connections import database, ledger
from golive.flow.defaults import DUE
from golive.ledger import Entry, Ledger, code_hash
from golive.plan import Plan, build
from golive.project import Project
from golive.project.files import loaded

ACTOR = "golive"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A DAG run as the ledger names it; ``started_by`` is the person who triggered it, if a person did.

    ``manual``: by hand, and not by the standing job. ``started_by`` is a name as the sign-in shows it, which
    need not be the person's id. ``made`` is when Airflow made the run, as text: another one under the same
    name is another run. ``nameless``: somebody made the event that started it by hand, and Airflow kept no name.
    """

    dag_id: str
    run_id: str
    manual: bool
    started_by: str | None = None
    made: str = ""
    nameless: bool = False

    @property
    def name(self) -> str:
        return f"{self.dag_id}/{self.run_id}"

    @property
    def stage(self) -> str:
        return self.dag_id.partition(".")[2]


class World:
    """Made by ``world``; everything in it is read anew by every task."""

    def __init__(
        self, project: Project, source: Database, target: Database, ledger: Ledger, run: Run, project_hash: str
    ) -> None:
        self.project = project
        self.source = source
        self.target = target
        self.ledger = ledger
        self.run = run
        self.project_hash = project_hash
        self._is_the_mapping = False

    @property
    def stage(self) -> str:
        return self.run.stage

    @property
    def run_name(self) -> str:
        return self.run.name

    @property
    def today(self) -> date:
        """The day in the project's time zone."""
        return datetime.now(ZoneInfo(self.project.timezone)).date()

    @cached_property
    def staging(self) -> Database | None:
        """Where configuration is made ahead; None where the project file has no `staging`."""
        declared = self.project.staging
        return None if declared is None else database(declared.connection, self.project.timezone)

    @cached_property
    def plan(self) -> Plan:
        """The plan on both live schemas, made once in a task; NotPermitted where another mapping was frozen."""
        self.refuse_another_mapping()
        return build(self.project, self.source, self.target)

    def refuse_another_mapping(self) -> None:
        """NotPermitted where the mapping is frozen, and what stands now is another; looked at once in a task."""
        from golive.readiness.mapping import refuse_another

        if not self._is_the_mapping:
            refuse_another(self)
            self._is_the_mapping = True

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The project file as it was read for this task, and the code."""
        return {"project_hash": self.project_hash, "code_hash": code_hash()}

    def write(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        evidence: Mapping[str, Any] | bytes | None = None,
        once: str | None = None,
        actor: str = ACTOR,
        stage: str | None = None,
    ) -> Entry:
        """An entry of this run; with ``once``, the one that stands already if there is one. ``stage``: another one."""
        return self.ledger.append(
            project=self.project.name,
            stage=stage or self.run.stage,
            kind=kind,
            actor=actor,
            run=self.run.name,
            once=once,
            payload=payload,
            evidence=evidence,
            **self.hashes,
        )

    def own(self, kind: str, **payload: Any) -> Entry | None:
        """The last entry of a kind in this run whose payload has these values."""
        entries = self.ledger.entries(self.project.name, kind=kind, run=self.run.name)
        matching = [e for e in entries if all(e.payload.get(name) == value for name, value in payload.items())]
        return matching[-1] if matching else None


@contextmanager
def world(name: str) -> Iterator[World]:
    """The world of the task that runs now."""
    context = get_current_context()
    dag_run = context["dag_run"]
    run = Run(
        dag_run.dag_id,
        dag_run.run_id,
        getattr(dag_run.run_type, "value", dag_run.run_type) == "manual" and not dag_run.run_id.startswith(DUE),
        getattr(dag_run, "triggering_user_name", None),
        dag_run.run_after.isoformat(),
        any(event.source_dag_id is None for event in dag_run.consumed_asset_events),
    )
    project, project_hash = loaded(name)
    with ledger() as book:
        try:
            yield World(
                project,
                database(project.source.connection, project.timezone),
                database(project.target.connection, project.timezone),
                book,
                run,
                project_hash,
            )
        except GoliveError as error:
            _say(error)
            raise


def _say(error: GoliveError) -> None:
    """The message in lines that a page can show, before the traceback, which cuts it off."""
    for line in error.message.splitlines():
        for part in wrap(line, 100) or [""]:
            log.error("%s", part)
