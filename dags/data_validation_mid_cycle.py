"""
Second look at the data: what was fixed since the first, what is new, what came back.

Runs before the freeze, while the old system lives: it compares schemas, keys, foreign keys, and the rows
that have crossed so far. A check that had nothing to look at says so.

**Before you run:** the clean-up of pre-work is done; `older_data` has moved what it may.

**What it changes:** the ledger: verdicts, and issues opened and closed. Both databases are only read.

**If it fails:** at `judge_pass`, more is open than this pass bears: its message names each issue and
whose it is. Put them right, then start a new run.

**How it resumes:** clear what failed; the newest verdicts count.

**Undo:** nothing to undo.
"""

from airflow.sdk import DAG

from golive.flow.defaults import pool_of
from golive.flow.projects import each_project
from golive.flow.proof import split_checks
from golive.flow.stages import data_validation as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def data_validation_mid_cycle(project: Project) -> DAG:
    """The DAG <project>.data_validation_mid_cycle."""
    name = project.name
    with stage(project, "data_validation_mid_cycle", __doc__) as dag:
        spread = split_checks(name)
        lanes = tasks.check_what_crossed.override(pool=pool_of(name))
        checked = lanes.partial(project=name, lanes=spread).expand(lane=spread)
        checked >> tasks.compare_passes(name) >> tasks.judge_pass(name)
    return dag


globals().update(each_project(data_validation_mid_cycle, "data_validation_mid_cycle"))
