"""
Enter what no query can see: who was at a course, a meeting, a message, an obligation that was met, a risk, an issue, a
document read, tickets.

**Before you run:** sign in as yourself: it is kept in your name. Start it, choose what you enter, and fill in the
fields that say so; or give many lines at once as CSV, with a header of those fields (attendance: `person,course,on`).
Whoever holds a role, or is in a training group, may enter.

**A meeting's composition:** to a standing meeting of the project file belongs somebody of each of its roles. Where
none is declared, to a `core team` meeting somebody of each role under `people` that is not optional, and to a
`support` meeting of each role of support levels 2 and 3. Roles that were missing are kept with it.

**Planned messages and obligations:** enter a message by its name under `communications`, once people were told. One
with a text is sent by the system on its day: `message release` lets that text go out, and only who holds the role that
owns it says so. An obligation is named by its department and its text or number, `closed` once it is met; that too is
for who holds the role that owns it.

**Tickets:** of one day and one level of support; `answered` are the minutes that each first answer of that day took.

**What it changes:** the ledger alone, which forgets nothing: enter a thing again to correct it, and the newer entry
counts.

**If it fails:** nothing was kept. The message names each line and field that is wrong and what would be right; start a
new run.

**How it resumes:** clear the task; nothing is kept twice.

**Undo:** enter it again as it should be.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import default_args, on_failure
from golive.flow.projects import TAG, each_project
from golive.flow.record import form, keep_record
from golive.project import Project


def record(project: Project) -> DAG:
    """The DAG <project>.record."""
    with DAG(
        dag_id=f"{project.name}.record",
        dag_display_name=f"{project.title or project.name}: enter something",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        params=form(project),
        tags=[TAG, project.name, "record"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        keep_record(project.name)
    return dag


globals().update(each_project(record))
