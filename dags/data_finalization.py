"""
The last look before the night: processes closed, configuration confirmed, leftovers gone, the runbook written.

**Before you run:** every stage before it is complete, and the days of freeze and go-live stand under `calendar`.

**What it changes:** after a person approved exactly what `find_leftovers` found, `remove_leftovers` deletes it by the
statements in the project file, in the systems that they name; never in one that is frozen or open. Nothing else.

**If it fails:** the failed task's message names the process, area, leftover or step, whose it is, and what to do. A
query that cannot be asked never counts as zero.

**How it resumes:** clear what failed; what was removed is not removed again. What changed after a form was shown
needs a new run, which asks anew.

**Undo:** what was removed is gone for good: the form shows it before. Nothing else is to undo.
"""

from airflow.sdk import DAG

from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages import config_copy
from golive.flow.stages import data_finalization as tasks
from golive.flow.stages.frame import stage
from golive.project import Project
from golive.readiness.processes import owners


def data_finalization(project: Project) -> DAG:
    """The DAG <project>.data_finalization."""
    name = project.name
    with stage(project, "data_finalization", __doc__) as dag:
        looked, closed = tasks.check_processes(name), tasks.settle_processes(name)
        looked >> closed
        for role in owners(project):
            asked = AskPeople(task_id=f"attest_as_{role}", project=project, question=tasks.attest_processes(role))
            looked >> asked >> closed
        confirmed, runbook = tasks.check_areas(name), tasks.write_runbook(name)
        for area in config_copy.asked_about(project.configuration):
            question = config_copy.confirm_area(area)
            AskPeople(task_id=f"confirm_{area.area}", project=project, question=question) >> confirmed
        agreed = AskPeople(task_id="approve_clean_up", project=project, question=tasks.approve_clean_up())
        tasks.find_leftovers(name) >> agreed >> tasks.remove_leftovers(name)
        # The runbook says what is copied and what is done by hand.
        confirmed >> runbook
    return dag


globals().update(each_project(data_finalization, "data_finalization"))
