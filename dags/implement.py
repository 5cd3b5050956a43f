"""
Settle the days of the move: every rule kept or set aside by name, every department agreed, the day booked.

**Before you run:** `calendar` in the project file has `freeze` and `go_live`; the schedule of all projects,
include/projects/schedule.yaml, has its capacity and blackouts. Whoever starts the run cannot answer its forms.

**What it changes:** the ledger alone. `book_slot` takes the day's place on the schedule of all projects, and
`render_agreement` writes the Success Agreement, which the stage's signatures sign. Neither system is touched.

**If it fails:** the failed task's message says which rule is not kept, who has not agreed, or who has the day.
Correct it in the project file and clear the first task that looks at it; a form that was answered with no
needs a new run.

**How it resumes:** every task may be cleared or killed at any point. A place that the project holds on the day
is kept, and an agreement that did not change keeps its version.

**Undo:** as long as the stage is not complete, change the day in the project file and start a new run with
`reason`: the old day is free again once the new one is booked. Afterwards `reschedule` moves it.
"""

from airflow.sdk import DAG

from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages import implement as tasks
from golive.flow.stages.frame import stage
from golive.project import Project


def implement(project: Project) -> DAG:
    """The DAG <project>.implement."""
    with stage(project, "implement", __doc__, params=tasks.run_params()) as dag:
        waive = AskPeople(task_id="waive_calendar", project=project, question=tasks.waive_calendar())
        tasks.check_calendar(project.name) >> waive
        booked = tasks.book_slot(project.name)
        waive >> booked >> tasks.render_agreement(project.name)
        for role in tasks.agreeing(project):
            agree = AskPeople(task_id=f"agree_as_{role}", project=project, question=tasks.agree_to_day(role))
            waive >> agree >> booked
    return dag


globals().update(each_project(implement, "implement"))
