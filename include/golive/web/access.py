"""Which projects a person may read: those of whose roadmap Airflow lets them read every DAG."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.app import get_auth_manager

from golive.errors import ProjectError
from golive.project import Project, load, names
from golive.web import airflow_runs


def readable_dags(user: Any) -> set[str]:
    """The DAGs that Airflow lets this person read."""
    return set(get_auth_manager().get_authorized_dag_ids(user=user, method="GET"))


def readable_projects(session: Any, allowed: set[str]) -> tuple[list[Project], list[ProjectError]]:
    """The projects that may be shown to whoever may read these DAGs, and the errors of those whose file is wrong.

    A project is one whole: its risks and people are shown to nobody who may not read the DAG of each of
    its stages. One without any DAG yet is shown to nobody; one whose file is wrong to whoever may read
    the DAG that stands for it.
    """
    known = airflow_runs.dags(session)
    projects, errors = [], []
    for name in names():
        try:
            project = load(name)
        except ProjectError as error:
            if f"{name}.broken" in allowed:
                errors.append(error)
            continue
        stages = {f"{name}.{stage.name}" for stage in project.stages} & known
        if stages and stages <= allowed:
            projects.append(project)
    return projects, errors
