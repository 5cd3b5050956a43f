"""What comes next: the standing job that starts every due stage which no event has started.

The event of a completed stage is lost where its successor is paused, and a stage that was waived or
closed behind Airflow's back emits none. What is due is read from the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import get_current_context, task

from golive.flow.defaults import DUE

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project


@task(retries=0)
def find_due(project: str) -> list[str]:
    """Find the stages that are due and have no run, and give their DAGs to start.

    One that is paused is not started: people are told once, and `golive status` says so. One that a
    person has to start is left to that person. Only reads.

    If it fails, the ledger could not be read, or no address took a message. The next run tries again.
    """
    from golive.flow.connections import ledger
    from golive.project import load

    here = load(project)
    with ledger() as book:
        return [dag_id for dag_id in due(here, book) if not _waits(here, book, dag_id)]


def start_stage() -> Any:
    """The task that starts a stage's DAG, to be mapped over those that are due."""
    return TriggerDagRunOperator.partial(
        task_id="start_stage",
        trigger_run_id=DUE + "{{ run_id }}",
        skip_when_already_exists=True,
        logical_date=None,
        note="Started because it was due.",
        retries=0,
        doc_md=_START_DOC,
    )


def due(project: Project, book: Ledger) -> list[str]:
    """The DAGs of the stages that are due, and that an event should have started."""
    from golive.readiness.stages import State, reopened, standing

    return [
        f"{project.name}.{each.stage}"
        for each in standing(book, project)
        if each.state is State.DUE
        and not _by_hand(project, each.stage)
        and not reopened(book, project.name, each.stage)
    ]


def _waits(project: Project, book: Ledger, dag_id: str) -> bool:
    """Whether a due stage must not be started: a run of it is under way, or its DAG is paused."""
    instance: Any = get_current_context()["ti"]
    if instance.get_dr_count(dag_id=dag_id, states=["queued", "running"]):
        return True
    if not instance.get_dag(dag_id).is_paused:
        return False
    _say_paused(project, book, dag_id)
    return True


def _say_paused(project: Project, book: Ledger, dag_id: str) -> None:
    from golive.flow.alerts import send

    stage = project.stage(dag_id.partition(".")[2])
    assert stage is not None
    moves = book.entries(project.name, kind="stage")
    send(
        project.name,
        f"paused/{stage.name}/{moves[-1].seq if moves else 0}",
        f"{stage.shown} is due, but paused",
        f"Due, but {dag_id} is paused in Airflow, so nothing starts it.",
        f"unpause {dag_id}; {project.name}.next starts it within minutes",
    )


def _by_hand(project: Project, name: str) -> bool:
    """Whether a person begins it: the night, and the first stage, with which a migration begins at all."""
    stage = project.stage(name)
    return stage is None or stage.starts_by_hand or not project.before(name)


_START_DOC = """Starts a run of a stage that is due.

If it fails, Airflow did not take the run: its message says why. The next run of this job tries again."""
