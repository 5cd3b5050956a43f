"""Tasks as Airflow would call them, one by one: what it tells a task stands in, databases and ledger are real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow.sdk.execution_time.context import set_current_context
from tests.migration import Migration

from golive.flow import approval, crossing, cutover, proof
from golive.flow.people import AskPeople, Question
from golive.flow.stages.opening import OpenStage
from golive.flow.world import World, world

# What the form of the final migration offers; every stage offers the first.
OFFERS = {"waive": False, "dry_run": False, "sample_percent": 10, "lanes": 2}
NIGHT = ("open_stage", "check_gate", "show_dry_run", "go_live", "freeze", "increments", "sweep", "checks")


@dataclass(frozen=True)
class Run:
    """One run of one of the project's DAGs. ``kind`` is Airflow's word for how it began, ``by`` who started it."""

    migration: Migration
    stage: str = "final_migration"
    run_id: str = "one"
    kind: str = "manual"
    by: str | None = None
    conf: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Any, ...] = ()
    made: datetime = datetime(2026, 6, 1, tzinfo=UTC)

    @property
    def offers(self) -> dict[str, Any]:
        return OFFERS if self.stage == "final_migration" else {"waive": False}

    def context(self, task: str) -> dict[str, Any]:
        dag_id = f"{self.migration.project.name}.{self.stage}"
        return {
            "dag_run": SimpleNamespace(
                dag_id=dag_id, run_id=self.run_id, run_type=self.kind, triggering_user_name=self.by,
                conf=dict(self.conf), consumed_asset_events=list(self.events), run_after=self.made,
            ),
            "params": {**self.offers, **self.conf},
            "dag": SimpleNamespace(dag_id=dag_id, params=self.offers),
            "ti": SimpleNamespace(task_id=task, try_number=1, max_tries=1),
        }  # fmt: skip

    def do(self, task: Any, *args: Any) -> Any:
        """Call a task of this run; what it raises is the test's."""
        with set_current_context(self.context(task.function.__name__)):  # type: ignore[arg-type]
            return task.function(self.migration.project.name, *args)

    @contextmanager
    def here(self, task: str = "look") -> Iterator[World]:
        """The world of a task of this run."""
        with set_current_context(self.context(task)), world(self.migration.project.name) as found:  # type: ignore[arg-type]
            yield found

    def open(self) -> AskPeople:
        """open_stage, up to its form if it asks; gives the operator."""
        operator = OpenStage(task_id="open_stage", project=self.migration.project)
        context = self.context("open_stage")
        with set_current_context(context):  # type: ignore[arg-type]
            operator.execute(context)
        return operator

    def ask(self, question: Question) -> AskPeople:
        """Put a question on its form; gives the operator, with whom it is assigned to and what it says."""
        form = AskPeople(task_id="form", project=self.migration.project, question=question)
        context = self.context("form")
        with set_current_context(context):  # type: ignore[arg-type]
            form.execute(context)
        return form

    def answer(self, form: AskPeople, person: str, *, called: str = "", option: str = "Approve", **event: Any) -> Any:
        """What a person answers to a form that is up."""
        said = {
            "chosen_options": [option], "params_input": {"comment": "agreed"}, "responded_at": "now",
            "responded_by_user": {"id": person, "name": called or person},
        }  # fmt: skip
        context = self.context("form")
        with set_current_context(context):  # type: ignore[arg-type]
            return form.execute_complete(context, said | event)

    def night(self, *, skip: tuple[str, ...] = ()) -> None:
        """The final migration up to its opening, by one lane, and without what is to be skipped."""
        steps = {
            "open_stage": self.open,
            "check_gate": lambda: self.do(cutover.check_gate),
            "show_dry_run": lambda: self.do(cutover.show_dry_run),
            "go_live": lambda: self.answer(self.ask(approval.go_live()), "maria"),
            "freeze": lambda: self.do(cutover.freeze_source),
            "increments": self._increments,
            "sweep": self._sweep,
            "checks": self.prove,
        }
        for name in NIGHT:
            if name not in skip:
                steps[name]()

    def _increments(self) -> None:
        self.do(crossing.open_last_increments)
        self.do(crossing.carry_rows, 1)
        self.do(crossing.settle_last_increments)

    def _sweep(self) -> None:
        self.do(crossing.open_sweep)
        self.do(crossing.carry_rows, 1)
        self.do(crossing.settle_sweep)
        self.do(crossing.finish_tables)

    def prove(self) -> None:
        self.do(proof.check_tables, 1, [1])
        self.do(proof.draw_sample)

    def another(self, run_id: str, **changes: Any) -> Run:
        return replace(self, run_id=run_id, **changes)
