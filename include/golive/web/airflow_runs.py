"""What Airflow itself knows of DAGs and their runs, read from its metadata database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def state_of(session: Any, dag_id: str, run_id: str) -> str | None:
    """queued, running, success or failed; None for a run that Airflow does not have."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    found = session.scalar(select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    return None if found is None else _text(found)


def latest(session: Any, dag_id: str) -> str | None:
    """The run id of the DAG's newest run."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    query = select(DagRun.run_id).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).limit(1)
    found = session.scalar(query)
    return None if found is None else str(found)


def dags(session: Any) -> set[str]:
    """Every DAG that Airflow has, paused or not."""
    from airflow.models.dag import DagModel
    from sqlalchemy import select

    return set(session.scalars(select(DagModel.dag_id)))


def failed(session: Any, dag_ids: Collection[str]) -> list[tuple[str, str]]:
    """(dag id, run id) of the newest run of each of these DAGs, where it failed."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func, select

    newest = select(func.max(DagRun.id)).where(DagRun.dag_id.in_(dag_ids)).group_by(DagRun.dag_id)
    query = select(DagRun.dag_id, DagRun.run_id, DagRun.state).where(DagRun.id.in_(newest)).order_by(DagRun.dag_id)
    return [(dag_id, run_id) for dag_id, run_id, state in session.execute(query) if _text(state) == "failed"]


def _text(state: Any) -> str:
    return str(getattr(state, "value", state))
