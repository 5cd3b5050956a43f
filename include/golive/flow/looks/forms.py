"""A form that waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context

from golive.flow.incident import Incident

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project


def unanswered(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Each form that has waited longer than ``answer_minutes``, as long as its run goes on and an answer counts."""
    last: dict[tuple[str | None, str], Entry] = {}
    for entry in book.entries(project.name, kind="approval"):
        last[entry.run, entry.payload.get("question", "go_live")] = entry
    for (run, question), entry in last.items():
        if entry.payload["verdict"] != "asked":
            continue
        hours = project.limits.approval_hours
        late = timedelta(minutes=project.limits.answer_minutes) < now - entry.at < timedelta(hours=hours)
        if late and _still_asks(str(run)):
            yield Incident(
                f"unanswered/{entry.seq}",
                "a form waits for an answer",
                f"{run} asks since {entry.at:%H:%M} UTC ({question.replace('_', ' ')}); it waits for"
                f" {', '.join(entry.payload.get('people', ())) or 'anybody who may answer'}.",
                "answer it in Airflow under Required Actions",
            )


def _still_asks(run: str) -> bool:
    """Whether the run goes on: one that was ended, marked or deleted asks nobody any more."""
    instance: Any = get_current_context()["ti"]
    dag_id, _, run_id = run.partition("/")
    return bool(instance.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"]))
