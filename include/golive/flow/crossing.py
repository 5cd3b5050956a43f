"""The tasks of <project>.final_migration while the source is frozen: last increments, sweep, finishing."""

from __future__ import annotations

from typing import Any

from airflow.sdk import get_current_context, task

from golive.flow.defaults import lane_task
from golive.flow.older import lanes_for


@task
def open_last_increments(project: str) -> list[int]:
    """Open an increment of all that has not crossed yet, now that nothing changes any more. Safe to clear."""
    return _open(project, "catch_up")


@task
def open_sweep(project: str) -> list[int]:
    """Open the sweep of everything: it sees what no watermark sees. Safe to clear."""
    return _open(project, "sweep")


@lane_task
def carry_rows(project: str, lane: int) -> dict[str, int]:
    """Take chunk after chunk until none is left.

    Safe to clear, to retry and to kill: every chunk commits its rows with its checkpoint. If it
    fails for good, the message names the table; the source stays frozen. Correct it and clear this
    task, or go back with `golive unfreeze PROJECT`.
    """
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.world import world
    from golive.transfer import work

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_opened(here)
        guard = WhileFrozen(here)
        done = work(here.plan, here.source, here.target, lane=lane, run=here.run.name, guard=guard)
        guard.watch()
        return {"chunks": done.chunks, "rows": done.moved.read}


@task
def settle_last_increments(project: str) -> dict[str, int]:
    """Try rows in quarantine again, close every table, and write the increment into the ledger. Safe to clear."""
    return _settle(project, "last increments", "increment")


@task
def settle_sweep(project: str) -> dict[str, int]:
    """Try what the sweep could not write or delete again, close every table, write the sweep into the ledger.

    Safe to clear.
    """
    return _settle(project, "sweep of everything", "sweep")


@task
def finish_tables(project: str) -> list[str]:
    """Sequences beyond the highest values, constraints validated, broken indexes rebuilt, statistics gathered.

    Safe to clear. If a constraint does not hold, the server's message names it: rows of the target's
    own break it, for those that were migrated were checked one by one.
    """
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.world import world
    from golive.transfer import finish

    with world(project) as here:
        end_if_opened(here)
        return finish(here.plan, here.target, WhileFrozen(here))


def lanes_of(project: Any) -> int:
    """The lanes of this run: its parameter, or the project's own number."""
    return int(get_current_context()["params"].get("lanes") or project.limits.lanes)


def _open(project: str, mode: str) -> list[int]:
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.world import world
    from golive.transfer import Mode, open_increments

    with world(project) as here:
        end_if_opened(here)
        WhileFrozen(here)()
        # Each step has a run of its own, so that clearing the first does not take the second for its own.
        opened = open_increments(
            here.plan, here.source, here.target, mode=Mode(mode), run=f"{here.run.name}/{mode}", wait_seconds=0
        )
        return lanes_for(lanes_of(here.project), sum(table.chunks for table in opened))


def _settle(project: str, what: str, kind: str) -> dict[str, int]:
    from golive.errors import ChecksFailed
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.records import write_increment
    from golive.flow.world import world
    from golive.transfer import settle

    with world(project) as here:
        end_if_opened(here)
        guard = WhileFrozen(here)
        tables = settle(here.plan, here.source, here.target, run=here.run.name, guard=guard)
        guard.watch()
        unfinished = [table.table for table in tables if not table.finished]
        if unfinished:
            raise ChecksFailed(
                f"project {project}: {what} left open chunks of {', '.join(unfinished[:5])}. Clear the lanes before"
                " this task",
                project=project,
            )
        return write_increment(here, what, tables, kind, lanes_of(here.project))
