"""
Looks at the clean-up rules again, by the schedule under `clean_up` in the project file.

**Before you run:** nothing; without a schedule it runs when somebody starts it. It looks from the opening of
pre-work until the source is frozen, and at any other time ends green without looking.

**What it changes:** nothing in either system. The ledger keeps the counts, and each rule's issue: one that had no
defect left and has some again is re-opened as major, one that has none any more is closed.

**If it fails:** the query of a rule cannot be asked: the message names the rule and its owner.

**How it resumes:** the next run looks again at everything.

**Undo:** nothing to undo.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure
from golive.flow.projects import TAG, each_project
from golive.flow.recheck import recheck_clean_up
from golive.project import Project


def recheck(project: Project) -> DAG:
    """The DAG <project>.recheck."""
    with DAG(
        dag_id=f"{project.name}.recheck",
        dag_display_name=f"{project.title or project.name}: clean-up, again",
        doc_md=__doc__,
        schedule=project.clean_up.schedule,
        start_date=pendulum.datetime(2026, 1, 1, tz=project.timezone),
        catchup=False,
        max_active_runs=1,
        tags=[TAG, project.name, "recheck"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        recheck_clean_up(project.name)
    return dag


globals().update(each_project(recheck))
