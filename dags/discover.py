"""
Look before anything begins: documents, connections, the data of the old system, and whether people are ready.

**Before you run:** the project file and its two connections are there; `golive check PROJECT` finds no fault.

**What it changes:** nothing in either system: both are only read. What is found goes into the ledger: the
documents, the profile of the source, a risk for everything in the data that endangers the move, a score.

**If it fails:** the failed task's message lists what is missing, whose it is, and what to do: a link that leads
nowhere, a right that a login lacks, a mapping that does not fit, a question without an answer. Correct it, and
clear that task.

**How it resumes:** clear what failed; every look may be repeated, and the newest counts. What changed after a
form was shown needs a new run, which asks anew.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages import discover as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def discover(project: Project) -> DAG:
    """The DAG <project>.discover."""
    name, declared = project.name, project.stage("discover")
    with stage(project, "discover", __doc__) as dag:
        tasks.list_documents(name)
        scored = tasks.score_readiness(name)
        tasks.test_connections(name) >> tasks.profile_source(name) >> scored
        if declared is not None and declared.questions:
            question = tasks.answer_questions(declared)
            AskPeople(task_id="answer_questions", project=project, question=question) >> scored
    return dag


globals().update(each_project(discover, "discover"))
