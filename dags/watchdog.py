"""
Looks at every project each minute, and tells people what nobody else can report.

A lane whose process was killed, a run that failed or was deleted without a word, a freeze that lasts too
long, was broken or is unknown to the ledger, an address that takes no message, a form that waits for an
answer, a project file that is wrong, a Success Agreement that no longer holds, what is past its day (a
meeting, a message to people, an obligation, a document to read): one message each, through the connection
`golive_alerts`. A database that cannot be reached is told as it begins, every day that it lasts, and as it
ends; whatever does not need that database is looked at all the same.

It also sends what the system tells people by itself: agendas of meetings, planned messages whose text was
released, invitations to courses. Each address takes each of them once, and one that did not is tried again.

**What it changes:** nothing but the ledger, which notes who was told of what, and by which channel.

**If it fails:** something could not be looked at, or no address took a message: the message of the
task says which. The next minute tries again; what reached nobody is sent as soon as somebody takes it.
Without the ledger that alone is told, once an hour.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from golive.flow.defaults import DEFAULT_ARGS
from golive.flow.projects import TAG, broken_projects
from golive.flow.watchdog import look

with DAG(
    dag_id="golive.watchdog",
    dag_display_name="Golive: watchdog",
    doc_md=__doc__,
    schedule=timedelta(minutes=1),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=[TAG, "standing"],
    # A failure callback here would call the very thing that failed.
    default_args=DEFAULT_ARGS | {"on_failure_callback": None},
):
    look()

globals().update(broken_projects())
