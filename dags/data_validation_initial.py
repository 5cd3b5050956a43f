"""
First look at the data: which of it would not arrive, or not arrive as it is.

Runs before the freeze, while the old system lives: it compares schemas, keys, foreign keys, and the rows
that have crossed so far. A check that had nothing to look at says so.

**Before you run:** `golive check PROJECT --connect` finds no fault; `older_data` has moved something, if
it is to be compared.

**What it changes:** the ledger: verdicts, and an issue for every finding. Both databases are only read.

**If it fails:** a database could not be reached, or a lane has no verdict. Findings do not fail this
pass: they are for the people who triage them.

**How it resumes:** clear what failed; the newest verdicts count. The next pass says what was fixed.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.defaults import pool_of
from golive.flow.projects import each_project
from golive.flow.proof import split_checks
from golive.flow.stages import data_validation as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def data_validation_initial(project: Project) -> DAG:
    """The DAG <project>.data_validation_initial."""
    name = project.name
    with stage(project, "data_validation_initial", __doc__) as dag:
        spread = split_checks(name)
        lanes = tasks.check_what_crossed.override(pool=pool_of(name))
        checked = lanes.partial(project=name, lanes=spread).expand(lane=spread)
        checked >> tasks.compare_passes(name) >> tasks.judge_pass(name)
    return dag


globals().update(each_project(data_validation_initial, "data_validation_initial"))
