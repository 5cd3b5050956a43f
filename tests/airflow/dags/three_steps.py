"""The DAGs of the stack's own tests: an approval between two tasks, and a task that never ends by itself."""

from __future__ import annotations

import logging
import os
import subprocess
from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Connection, dag, task


@dag(schedule=None, catchup=False)
def three_steps() -> None:
    @task
    def look_around() -> dict[str, object]:
        """What a task sees of its surroundings."""
        return {
            "pytest": sorted(name for name in os.environ if name.startswith("PYTEST")),
            "host": Connection.get("the_source").host,
            "paused": os.environ["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"],
        }

    approve = ApprovalOperator(
        task_id="approve",
        subject="Go?",
        body="**3 tables**",
        assigned_users=[{"id": "head", "name": "Head"}],
        response_timeout=timedelta(hours=1),
    )

    @task
    def act() -> str:
        logging.getLogger(__name__).info("acted after the approval")
        return "done"

    look_around() >> approve >> act()


@dag(schedule=None, catchup=False)
def endless() -> None:
    @task
    def sleep() -> None:
        subprocess.run(["sleep", "3600"], check=True)

    sleep()


three_steps()
endless()
