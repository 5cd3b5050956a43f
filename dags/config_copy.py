"""
Plan the configuration that is made ahead, so that it can be copied at go-live.

**Before you run:** the areas stand under `configuration` in the project file, each with its owner, its tables, and
what it depends on; `staging` names the database in which they are made.

**What it changes:** nothing in any system. The ledger keeps what a copy of each area would do to production, how it
stands by its owner's word, on exactly which rows of staging, and what is left to be done by hand.

**If it fails:** the failed task's message names the area, its owner, and what is not ready, collides or refers
outside. An area may stay started: the data finalization asks its owner again.

**How it resumes:** clear what failed; an area that is confirmed is not asked about again.

**Undo:** nothing to undo; an area whose tables change in the project file, or a row of it in staging, has to be
confirmed anew.
"""

from airflow.sdk import DAG

from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages import config_copy as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def config_copy(project: Project) -> DAG:
    """The DAG <project>.config_copy."""
    with stage(project, "config_copy", __doc__) as dag:
        planned, settled = tasks.plan_areas(project.name), tasks.settle_areas(project.name)
        planned >> settled
        for area in tasks.asked_about(project.configuration):
            asked = AskPeople(task_id=f"confirm_{area.area}", project=project, question=tasks.confirm_area(area))
            planned >> asked >> settled
    return dag


globals().update(each_project(config_copy, "config_copy"))
