"""
Draws a tenth of every table's rows, or its quota, for people to look at before the go-live.

**Before you run:** the project file has `review`, and each department the `tables` whose rows it reviews. Start it
after each load that people should look at, above all after the last one before the go-live.

**What it changes:** the ledger alone, and Golive's own tables in the new system if they are not there yet. Each row
stands in the ledger as both systems have it, sensitive values masked, with what the machine found different. The
departments give their verdicts on the project's review page, or in a spreadsheet (`golive review export`, `golive
review import`). The seed never changes: a new run draws the same rows unless rows came or went, and a verdict stays
as long as its row is what it was.

**If it fails:** a table could not be read, or needs a quota with its reason: the message names it. The rows of all
others are drawn.

**How it resumes:** clear the task, or start a new run; the newest rows of a table count.

**Undo:** nothing to undo; who gave a verdict gives another.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure
from golive.flow.projects import TAG, each_project
from golive.flow.review import draw_work_lists
from golive.project import Project


def review(project: Project) -> DAG:
    """The DAG <project>.review."""
    with DAG(
        dag_id=f"{project.name}.review",
        dag_display_name=f"{project.title or project.name}: rows for people to review",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        tags=[TAG, project.name, "review"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        draw_work_lists(project.name)
    return dag


globals().update(each_project(review))
