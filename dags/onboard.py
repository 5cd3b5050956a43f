"""
Set up the move: the team, the departments, the risks, everybody else's connections, and how long it will take.

**Before you run:** the project file names people, departments, risks and third parties as far as they are known.

**What it changes:** nothing in either system: both are only read. What is found goes into the ledger: the register
of roles, the impact map, the risks, the connections that were declared or seen, sizes and proposed days. Closing
the stage keeps all of that under one hash. The lead is asked who owns the high risks that the data raised.

**If it fails:** the failed task's message lists what is missing, whose it is, and what to do: a role that nobody
holds, an obligation or a high risk without an owner, a login that nobody declared, a night that is too long.
Correct it, and clear that task.

**How it resumes:** clear what failed; every look may be repeated, and the newest counts. What changed after the
sponsors' form was shown needs a new run, which asks anew: they accept exactly the risks that they were shown.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages import onboard as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def onboard(project: Project) -> DAG:
    """The DAG <project>.onboard."""
    name = project.name
    with stage(project, "onboard", __doc__) as dag:
        tasks.check_team(name)
        tasks.check_departments(name)
        tasks.compare_third_parties(name)
        owned = AskPeople(task_id="own_risks", project=project, question=tasks.own_risks(project))
        # Complexity counts the risks that are open.
        owned >> tasks.check_risks(name) >> tasks.size_migration(name)
    return dag


globals().update(each_project(onboard, "onboard"))
