"""
Reset the training copy: people get the new system's data as it is now, masked, and what they tried is gone.

The initial and the mid-cycle pass refresh it by themselves; this is for the days between, before a course begins.

**Before you run:** ask whoever is in a course: what they did in the training copy is lost. Everybody should have
signed out of it: somebody who works there at this moment holds the reset up for a minute at a time.

**What it changes:** every table of the training database, in one transaction, and the ledger. The new system is only
read. Sensitive values are masked on its server and never leave it as they are.

**If it fails:** the copy is as it was. The message says which table, column or login, and what to do: another
database than the training one, columns that differ, a value that would have arrived unmasked, a login that nobody
declared (then the copy was made, and is seen by somebody who should not).

**How it resumes:** clear the task, or start a new run: the whole copy is made anew.

**Undo:** none; it is a copy, and the next reset makes it anew.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure
from golive.flow.projects import TAG, each_project
from golive.flow.training_copy import reset_training_copy
from golive.project import Project


def reset_training(project: Project) -> DAG:
    """The DAG <project>.reset_training, of a project that declares a training copy."""
    with DAG(
        dag_id=f"{project.name}.reset_training",
        dag_display_name=f"{project.title or project.name}: reset the training copy",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        tags=[TAG, project.name, "reset_training"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        reset_training_copy(project.name)
    return dag


globals().update(each_project(reset_training, having=lambda project: project.training_copy))
