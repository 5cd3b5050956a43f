"""
Try the way on which each level of support is called, before it is needed.

**Before you run:** add the connection `golive_alerts`, and those that levels name under `support.levels` in the
project file. Start it as somebody who is on no level: whoever starts a run cannot answer its forms.

**What it changes:** nothing in either system. One message, marked as a trial, goes to the address of each level, and
each level states on a form of its own that it arrived; both stand in the ledger. No trial calls a further level. The
measure `escalation` of the go-live's criteria reads them, for as long as `support.trial_days` says.

**If it fails:** a connection has no address, no address took the message, or somebody says that it did not arrive: the
failed task's message says which, and what to do.

**How it resumes:** clear the task that failed; a message that went out is not sent again in the same run. After an
answer of no, start a new run.

**Undo:** nothing to undo.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow import trial as tasks
from golive.flow.defaults import default_args, on_failure
from golive.flow.projects import TAG, each_project
from golive.project import Project
from golive.readiness.trials import levels_of


def try_escalation(project: Project) -> DAG:
    """The DAG <project>.try_escalation, of a project that has the stage support."""
    with DAG(
        dag_id=f"{project.name}.try_escalation",
        dag_display_name=f"{project.title or project.name}: a trial of the alarms",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        tags=[TAG, project.name, "try_escalation"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        called = tasks.call_levels(project.name)
        for level in levels_of(project):
            called >> tasks.confirm(project, level)
    return dag


globals().update(each_project(try_escalation, "support"))
