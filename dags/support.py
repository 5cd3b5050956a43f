"""
Support the new system, and hand it over: who helps, how quick it is, who works with it, when everybody may leave.

**Before you run:** the new system is open; `support` of the project file names levels, figures,
outcomes, the logins of the migration and whose the DAGs are afterwards; each day's tickets are entered with
the DAG `record`.

**What it changes:** the ledger alone. Both databases are only read.

**If it fails:** the failed task's message names what is missing and whose it is. Put it right and clear
that task. Hyper-care that is not over yet fails `settle_hyper_care`: start a new run when it is, or let
a sponsor agree to end it early, which is asked once it is calm.

**How it resumes:** clear what failed; the newest look counts. The sign-offs of sponsor and operations
are the hand-over; the closing report is part of what they sign.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.projects import each_project
from golive.flow.stages import support as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def support(project: Project) -> DAG:
    """The DAG <project>.support."""
    name = project.name
    with stage(project, "support", __doc__) as dag:
        report = tasks.write_closing_report(name)
        [tasks.check_roster(name), tasks.measure_figures(name), tasks.measure_first_use(name)] >> report
        [tasks.check_credentials(name), tasks.check_owner(name)] >> report
        tasks.check_hyper_care(name) >> tasks.ask_to_end(project) >> tasks.settle_hyper_care(name) >> report
        outcomes = tasks.check_outcomes(name)
        outcomes >> report
        for form in tasks.ask_owners(project):
            form >> outcomes
    return dag


globals().update(each_project(support, "support"))
