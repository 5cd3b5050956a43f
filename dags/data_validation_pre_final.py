"""
Last look at the data before the go-live: nothing critical is open, and everybody is trained.

Runs before the freeze, while the old system lives: it compares schemas, keys, foreign keys, and the rows
that have crossed so far, runs the suites of both sides, and makes the comparisons of the project file. What
had nothing to look at says so.

**Before you run:** `older_data` has run since the last change of the project file; attendance is entered.

**What it changes:** the ledger: verdicts, failing keys, issues, and waivers. Of both databases no row is changed. What
differed in this pass binds the go/no-go: other numbers make a signature void.

**If it fails:** at `waive_findings` the sponsor said no; at `judge_pass` or `check_trained` the message
names every issue or person, and what to do. Put it right, then start a new run.

**How it resumes:** clear what failed; the newest verdicts count. A waiver holds until its last day.

**Undo:** a waiver ends by itself; nothing else to undo.
"""

from airflow.sdk import DAG

from golive.flow.projects import each_project
from golive.flow.stages import data_validation as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def data_validation_pre_final(project: Project) -> DAG:
    """The DAG <project>.data_validation_pre_final."""
    name = project.name
    with stage(project, "data_validation_pre_final", __doc__) as dag:
        compared = tasks.look_at_data(project)
        compared >> tasks.ask_to_waive(project) >> (judged := tasks.judge_pass(name))
        tasks.report_on(name, judged)
        [judged, tasks.check_trained(name)] >> tasks.freeze_mapping(name)
    return dag


globals().update(each_project(data_validation_pre_final, "data_validation_pre_final"))
