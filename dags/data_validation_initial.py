"""
First look at the data: which of it would not arrive, or not arrive as it is.

Runs before the freeze, while the old system lives: it compares schemas, keys, foreign keys, and the rows
that have crossed so far, runs the suites of both sides, and makes the comparisons of the project file. What
had nothing to look at says so.

**Before you run:** `golive check PROJECT --connect` finds no fault; `older_data` has moved something, if
it is to be compared.

**What it changes:** the ledger: verdicts, failing keys, and an issue for every finding. Of both databases
no row is changed; Golive's own schema is made in the new one if it is not there yet. A training copy that the
project file declares is made anew.

**If it fails:** a database could not be reached, a suite is wrong, or a lane has no verdict. Findings do not
fail this pass: they are for the people who triage them.

**How it resumes:** clear what failed; the newest verdicts count. The next pass says what was fixed.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.projects import each_project
from golive.flow.stages import data_validation as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def data_validation_initial(project: Project) -> DAG:
    """The DAG <project>.data_validation_initial."""
    with stage(project, "data_validation_initial", __doc__) as dag:
        looked = tasks.look_at_data(project)
        looked >> (judged := tasks.judge_pass(project.name))
        tasks.report_on(project.name, judged)
        if project.training_copy is not None:
            looked >> tasks.refresh_training_copy(project.name)
    return dag


globals().update(each_project(data_validation_initial, "data_validation_initial"))
