"""A stage that goes on by the ledger, while its run does not: deleted, marked, or failed without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context

from golive.flow.incident import Incident, hash_of

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project


def stalled(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Each stage that was opened and neither closed nor waived, and whose run Airflow does not have, or shows as over.

    A run that failed is told only where nobody heard of it: a process that was killed calls nobody.
    """
    from golive.readiness.stages import State, standing

    instance: Any = get_current_context()["ti"]
    for each in standing(book, project):
        if each.run is None or each.state not in (State.RUNNING, State.WAITING, State.STOPPED):
            continue
        dag_id, _, run_id = each.run.partition("/")
        hashed = hash_of(each.run)
        if not instance.get_dr_count(dag_id=dag_id, run_ids=[run_id]):
            yield Incident(
                f"marked/{each.stage}/deleted/{hashed}",
                f"the run of {each.shown} was deleted",
                f"The stage {each.shown} goes on in {each.run} by the ledger, and Airflow has no such run any more:"
                " somebody deleted it. Nothing moves on.",
                f"start a new run of {dag_id}; what stands in the ledger stays",
            )
            continue
        state = instance.get_dagrun_state(dag_id, run_id)
        if state == "success":
            yield Incident(
                f"marked/{each.stage}/{hashed}",
                f"{each.shown} is green in Airflow, but not complete",
                f"Airflow shows {each.run} as a success, but the stage was not closed: the run or a task of it was"
                " marked by hand. Nothing moved on.",
                f"start a new run of {dag_id}, or clear what was marked",
            )
        elif state == "failed" and each.state is not State.STOPPED and not _heard_of(book, project, each.run):
            last = book.entries(project.name, run=each.run)[-1]
            yield Incident(
                f"marked/{each.stage}/failed/{hashed}/{last.seq}",
                f"the run of {each.shown} failed",
                f"{each.run} failed, and nothing says why: the process of a task was killed, or the run was marked.",
                "open the run in Airflow and clear the task that failed: it goes on where it was",
            )


def _heard_of(book: Ledger, project: Project, run: str) -> bool:
    """Whether an alarm about this run stands: other tasks of it may have written entries after that."""
    return any((alarm.once or "").startswith(f"alarm/{run}/") for alarm in book.entries(project.name, kind="alarm"))
