"""
Pre-work: people are trained, materials show the right build, and the old system's data is cleaned up.

**Before you run:** the first data validation is complete. People's attendance is entered with
`<project>.record`, once or as lines of CSV.

**What it changes:** nothing in either system. The ledger keeps who learnt what, which material shows which
build, and how many defects each clean-up rule counts; issues open and close with them.

**If it fails:** the failed task's message names the course, material, exercise or rule, whose it is, and what to
do. Courses and exercises that are not due yet keep nothing open; going live asks for all of them. Do it, then
clear the task, or start a new run.

**How it resumes:** clear what failed; each look counts anew.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages import prework as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def prework(project: Project) -> DAG:
    """The DAG <project>.prework."""
    with stage(project, "prework", __doc__) as dag:
        trained = tasks.check_training(project.name)
        for group in tasks.groups(project):
            asked = tasks.attest_training(project, group)
            AskPeople(task_id=f"attest_{group}", project=project, question=asked) >> trained
        tasks.check_materials(project.name)
        tasks.check_exercises(project.name)
        tasks.check_clean_up(project.name)
    return dag


globals().update(each_project(prework, "prework"))
