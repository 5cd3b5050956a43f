"""
Second look at the data: what was fixed since the first, what is new, what came back.

Runs before the freeze, while the old system lives: it compares schemas, keys, foreign keys, and the rows
that have crossed so far, runs the suites of both sides, and makes the comparisons of the project file. What
had nothing to look at says so.

**Before you run:** the clean-up of pre-work is done; `older_data` has moved what it may.

**What it changes:** the ledger: verdicts, failing keys, issues opened and closed, and what the owners of areas
attest about the use of the new system. Of both databases no row is changed. A training copy that the project file
declares is made anew.

**If it fails:** at `judge_pass`, more is open than this pass bears: its message names each issue and
whose it is. Put them right, then start a new run. At `settle_usage` an area has no yes: settle it with its owner.

**How it resumes:** clear what failed; the newest verdicts count.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.projects import each_project
from golive.flow.stages import data_validation as tasks
from golive.flow.stages.frame import stage
from golive.project import Project
from golive.readiness.usage import owners


def data_validation_mid_cycle(project: Project) -> DAG:
    """The DAG <project>.data_validation_mid_cycle."""
    name = project.name
    with stage(project, "data_validation_mid_cycle", __doc__) as dag:
        looked = tasks.look_at_data(project)
        looked >> (judged := tasks.judge_pass(name))
        tasks.report_on(name, judged)
        if project.training_copy is not None:
            looked >> tasks.refresh_training_copy(name)
        settled = tasks.settle_usage(name)
        for role in owners(project):
            tasks.attest_usage(project, role) >> settled
    return dag


globals().update(each_project(data_validation_mid_cycle, "data_validation_mid_cycle"))
