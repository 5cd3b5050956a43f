"""What Airflow itself knows of runs, read from its metadata database."""

from __future__ import annotations

from typing import Any

GOING = frozenset({"queued", "running"})


def state_of(session: Any, dag_id: str, run_id: str) -> str | None:
    """queued, running, success or failed; None for a run that Airflow does not have."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    found = session.scalar(select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    return None if found is None else str(getattr(found, "value", found))


def latest(session: Any, dag_id: str) -> str | None:
    """The run id of the DAG's newest run."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    query = select(DagRun.run_id).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).limit(1)
    found = session.scalar(query)
    return None if found is None else str(found)
