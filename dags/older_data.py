"""
Move older rows into the new system, in increments, before go-live.

**Before you run:** `golive check PROJECT --connect` finds no fault; both connections are in Airflow.

**What it changes:** rows of the target that the project file owns, and schema `golive` in the
target (checkpoints, quarantine). The source is only read.

**When it runs:** by its schedule, within its window, until the source is frozen or its minutes are
over. A run started by hand ignores the window. Every so many runs end with a compare-and-repair sweep.

**If it fails:** the failed task's message names the table. Connections and locks are retried by
themselves; anything else needs you. Correct it and clear the task.

**How it resumes:** behind the last checkpoint; rows and checkpoint are committed together.

**Undo:** rows stay until the next sweep repairs them; nothing else to undo.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure, pool_of
from golive.flow.older import move_rows, open_increment, settle_increment
from golive.flow.projects import TAG, each_project
from golive.project import Project


def older_data(project: Project) -> DAG:
    """The DAG <project>.older_data."""
    older = project.older_data
    with DAG(
        dag_id=f"{project.name}.older_data",
        dag_display_name=f"{project.title or project.name}: older data",
        doc_md=__doc__,
        schedule=older.schedule,
        start_date=pendulum.datetime(2026, 1, 1, tz=older.timezone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=older.max_minutes + 60),
        tags=[TAG, project.name, "older_data"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        lanes = open_increment(project.name)
        moved = move_rows.override(pool=pool_of(project.name)).partial(project=project.name).expand(lane=lanes)
        moved >> settle_increment(project.name)
    return dag


globals().update(each_project(older_data))
