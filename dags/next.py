"""
Start every stage that is due and that no event has started.

The event of a completed stage starts the next one by itself. It is lost if that one is paused, and a
waived stage emits none: this job reads from the ledger what is due, every few minutes.

**What it changes:** it starts runs. A stage that is paused is not started; people are told once. The
final migration is left to a person. Who starts this job by hand counts as whoever started the stages that it
starts, and cannot sign in their runs: leave it to its schedule.

**If it fails:** the ledger could not be read, or no address took a message. The next run tries again.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure
from golive.flow.next import find_due, start_stage
from golive.flow.projects import TAG, each_project
from golive.project import Project


def next_stage(project: Project) -> DAG:
    """The DAG <project>.next."""
    with DAG(
        dag_id=f"{project.name}.next",
        dag_display_name=f"{project.title or project.name}: what comes next",
        doc_md=__doc__,
        schedule=timedelta(minutes=5),
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        tags=[TAG, project.name, "standing"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        start_stage().expand(trigger_dag_id=find_due(project.name))
    return dag


globals().update(each_project(next_stage))
