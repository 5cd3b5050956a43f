"""The tasks of <project>.older_data: scheduled increments of older rows, before go-live."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from golive.flow.defaults import lane_task
from golive.project import OlderData


@task
def open_increment(project: str) -> list[int]:
    """Decide whether to move now, and open an increment of every table.

    Ends as skipped outside the window, once the source is frozen, and once the new system is open.
    If it fails, its message names the table and what changed; nothing was moved. Clear it when that
    is put right.
    """
    from golive.flow.guard import end_if_opened
    from golive.flow.world import world
    from golive.ledger import frozen
    from golive.transfer import Mode, open_increments

    with world(project) as here:
        older = here.project.older_data
        end_if_opened(here)
        if frozen(here.ledger, project) is not None:
            raise AirflowSkipException("the source is frozen: final_migration moves what is left")
        if not here.run.manual and not is_open(older, datetime.now(ZoneInfo(older.timezone))):
            raise AirflowSkipException(f"outside the window {older.window} ({older.timezone}): the next run goes on")
        done = len(here.ledger.entries(project, kind="increment"))
        mode = Mode.OLDER_SWEEP if (done + 1) % older.sweep_every == 0 else Mode.OLDER
        opened_now = open_increments(here.plan, here.source, here.target, mode=mode, run=here.run.name)
        return lanes_for(here.project.limits.lanes, sum(table.chunks for table in opened_now))


@lane_task
def move_rows(project: str, lane: int) -> dict[str, int]:
    """Take chunk after chunk until none is left, or the run's time is over.

    Safe to clear and to retry: every chunk commits its rows with its checkpoint, and the next try
    goes on behind the last. If it fails for good, the message names the table; the other lanes have
    done what they could.
    """
    from golive.flow.guard import BeforeGoLive, end_if_opened
    from golive.flow.world import world
    from golive.ledger import frozen
    from golive.transfer import work

    with world(project) as here:
        end_if_opened(here)
        context = get_current_context()
        context["lane"] = f"lane {lane}"
        older = here.project.older_data
        started = context["dag_run"].start_date
        end = started + timedelta(minutes=older.max_minutes)

        def stop() -> bool:
            late = datetime.now(end.tzinfo) >= end
            shut = not here.run.manual and not is_open(older, datetime.now(ZoneInfo(older.timezone)))
            return late or shut or frozen(here.ledger, project) is not None

        done = work(
            here.plan, here.source, here.target, lane=lane, run=here.run.name, guard=BeforeGoLive(here), stop=stop
        )
        return {"chunks": done.chunks, "rows": done.moved.read, "stopped": int(done.stopped)}


@task
def settle_increment(project: str) -> dict[str, int]:
    """Try rows in quarantine again, close finished tables, and write the increment into the ledger.

    Safe to clear. What stays in quarantine stands in the report, by table and reason.
    """
    from golive.flow.guard import BeforeGoLive, end_if_opened
    from golive.flow.records import write_increment
    from golive.flow.world import world
    from golive.transfer import settle

    with world(project) as here:
        end_if_opened(here)
        tables = settle(here.plan, here.source, here.target, run=here.run.name, guard=BeforeGoLive(here))
        return write_increment(here, "older data", tables)


def is_open(older: OlderData, now: datetime) -> bool:
    """Whether a run may move rows at this local time; half-open, and a window may pass midnight."""
    if older.window is None:
        return True
    start, end = older.window.split("-")
    clock = f"{now:%H:%M}"
    return start <= clock < end if start < end else clock >= start or clock < end


def lanes_for(limit: int, chunks: int) -> list[int]:
    """As many lanes as there is work for, at least one."""
    return list(range(1, max(1, min(limit, chunks)) + 1))
