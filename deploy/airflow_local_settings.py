"""What Airflow does in this installation with each task that it reads: standing jobs have a queue of their own.

Lanes of several projects may fill every slot of the workers for hours. The watchdog, which tells people
that something is wrong, and the job that starts what is due must not wait behind them: the service
`worker-standing` takes their queue, and nothing else.
"""

from __future__ import annotations

from typing import Any

__all__ = ["task_policy"]

STANDING = "standing"


def task_policy(task: Any) -> None:
    """Airflow's own hook: called for every task of every DAG as its file is read."""
    if str(task.dag_id) == "golive.watchdog" or str(task.dag_id).endswith(".next"):
        task.queue = STANDING
