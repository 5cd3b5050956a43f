"""What every task of every DAG shares: retries by error class, alarms, names of mapped instances."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, TaskGroup, task

from golive.errors import Terminal, Transient
from golive.flow.alerts import on_failure
from golive.project import Project

RETRIES = 3
# How the ids of runs begin that the standing job <project>.next starts.
DUE = "due__"

POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=Terminal, action=RetryAction.FAIL, reason="the same input fails again: a person has to act"
        ),
        RetryRule(
            exception=Transient,
            action=RetryAction.RETRY,
            retry_delay=timedelta(seconds=10),
            reason="a server or a lock was in the way: worth another try",
        ),
    ]
)

# A killed process raises nothing: it is retried by `retries` alone. A project's tasks have an owner of their own.
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "golive",
    "retries": RETRIES,
    "retry_delay": timedelta(seconds=10),
    "retry_policy": POLICY,
    "on_failure_callback": on_failure,
}


def default_args(project: Project) -> dict[str, Any]:
    """What every task of a project's DAGs shares; the owner is the project file's, and Airflow shows it."""
    return DEFAULT_ARGS | {"owner": project.owner}


def pool_of(project: str) -> str:
    """The pool that bounds how many lanes work on a project's databases at once."""
    return f"{project}.lanes"


def run_params(project: Project) -> dict[str, Param]:
    """The form on which a final migration is started."""
    return {
        "dry_run": Param(False, type="boolean", description="Show actions, rows and minutes; change nothing."),
        "sample_percent": Param(10, type="integer", minimum=10, maximum=100, description="Rows to compare by cell."),
        "lanes": Param(project.limits.lanes, type="integer", minimum=1, maximum=64, description="Rows in parallel."),
    }


def step(name: str) -> TaskGroup:
    """A step of a longer DAG, which folds in the UI; its tasks keep their plain ids."""
    return TaskGroup(name, prefix_group_id=False)


def lane_task(function: Callable[..., Any]) -> Any:
    """A task that is mapped over lanes; the UI shows the lane, not a number."""
    return task(map_index_template="{{ lane }}", doc_md=function.__doc__)(function)
