"""
Move the day of going live, once the stage implement has booked one.

**Before you run:** set the new days under `calendar` in the project file; a project that leaves its day open is
given `not_before` instead, and the first fitting day from then on is proposed. Start it with `reason`, as somebody
who need not agree: whoever starts a run cannot answer its forms.

**What it changes:** the ledger alone. Once everybody who agreed to the day or signed it has agreed to the new one, it
is booked, the old day is free for others, and the Success Agreement gets a new version. The stage implement stays
complete, and no other stage is asked again. Neither system is touched.

**Two projects that swap days:** a day that is full cannot be taken. Move one of them to a third day first, which
releases its own; then move the other there, and the first one again.

**If it fails:** the old day stays booked until the new one is. The failed task's message says which rule is not kept,
who has not agreed, or who has the day. A form that was answered with no needs a new run.

**How it resumes:** every task may be cleared or killed at any point. A day that this run proposed stays its
proposal, a place that it booked is kept, and an agreement that did not change keeps its version.

**Undo:** move it again. Once the new system is open nothing is left to move, and a run ends green at once.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure
from golive.flow.people import AskPeople
from golive.flow.projects import TAG, each_project
from golive.flow.stages import implement as tasks
from golive.project import Project


def reschedule(project: Project) -> DAG:
    """The DAG <project>.reschedule, of a project that has the stage implement."""
    with DAG(
        dag_id=f"{project.name}.{tasks.RESCHEDULE}",
        dag_display_name=f"{project.title or project.name}: another day",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        params=tasks.move_params(),
        tags=[TAG, project.name, tasks.RESCHEDULE],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        roles = tasks.agreeing_to_move(project)
        waive = AskPeople(task_id="waive_calendar", project=project, question=tasks.waive_calendar())
        tasks.check_move(project.name) >> tasks.check_calendar(project.name) >> waive
        booked = tasks.book_slot(project.name, also=list(roles))
        waive >> booked >> tasks.render_agreement(project.name)
        for role in roles:
            agree = AskPeople(task_id=f"agree_as_{role}", project=project, question=tasks.agree_to_day(role))
            waive >> agree >> booked
    return dag


globals().update(each_project(reschedule, "implement"))
