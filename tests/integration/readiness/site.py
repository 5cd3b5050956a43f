"""A site without Airflow: a project out of a text, two real databases, and a real ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from golive.databases import Database, connect
from golive.ledger import Entry, Ledger, code_hash, digest
from golive.plan import Plan, build
from golive.project import Project
from golive.project.files import parse
from golive.readiness import Outcome

TODAY = date(2026, 6, 1)


@dataclass(frozen=True)
class Place:
    """One project on one day, in one run of one stage; what it finds is kept by ``keep``."""

    project: Project
    source: Database
    target: Database
    ledger: Ledger
    stage: str
    today: date
    run_name: str
    staging: Database | None = None

    @cached_property
    def plan(self) -> Plan:
        return build(self.project, self.source, self.target)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The project, which has no file, by what it says; and the code."""
        return {"project_hash": digest(self.project.model_dump(mode="json")), "code_hash": code_hash()}

    def keep(self, outcome: Outcome, *, task: str = "look") -> Outcome:
        """Write what a look found, as the flow does; gives it back."""
        for record in outcome.records:
            self.write(record.kind, record.payload, evidence=record.evidence)
        self.write("step", {"task": task, "says": outcome.says, "missing": list(outcome.missing)})
        return outcome

    def write(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        evidence: Mapping[str, Any] | None = None,
        actor: str = "golive",
        stage: str | None = None,
        run: str | None = None,
    ) -> Entry:
        """An entry of this run, or of another; what was there before a look, and what people answered."""
        return self.ledger.append(
            project=self.project.name,
            stage=stage or self.stage,
            kind=kind,
            actor=actor,
            run=run or self.run_name,
            payload=payload,
            evidence=evidence,
            **self.hashes,
        )


def site_of(
    project_text: str,
    source_url: str,
    target_url: str,
    ledger_url: str,
    *,
    stage: str,
    today: date = TODAY,
    run: str = "test",
    staging_url: str | None = None,
) -> Place:
    """A site of the project in this text; the ledger's tables are made if they are not there."""
    project = parse(project_text, "project.yaml", "test")
    ledger = Ledger(ledger_url)
    ledger.migrate()
    return Place(
        project=project,
        source=connect(source_url, name="source", timezone=project.timezone),
        target=connect(target_url, name="target", timezone=project.timezone),
        ledger=ledger,
        stage=stage,
        today=today,
        run_name=f"{project.name}.{stage}/{run}",
        staging=None if staging_url is None else connect(staging_url, name="staging", timezone=project.timezone),
    )
