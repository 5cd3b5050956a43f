"""The tasks of <project>.final_migration while the source is frozen: increments, sweep, finishing, configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from golive.errors import NotPermitted
from golive.flow.defaults import lane_task
from golive.flow.older import lanes_for
from golive.flow.stages.frame import carry_out, look

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.readiness import Outcome


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


@look
def copy_configuration(project: str) -> str:
    """Copies the confirmed configuration areas out of staging, each in a transaction of its own, in their order.

    An area that is not confirmed, or changed since, is skipped and listed for people. If it fails, its message
    names the area, the table and why; nothing of that area is written. Safe to clear: what is there already is not
    written again. Undo: `golive config undo PROJECT AREA`, until the new system opens.
    """
    return carry_out(project, _configuration)


def lanes_of(project: Any) -> int:
    """The lanes of this run: its parameter, or the project's own number."""
    return int(get_current_context()["params"].get("lanes") or project.limits.lanes)


def _configuration(here: World) -> Outcome:
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.readiness.config_night import copy_configuration

    end_if_opened(here)
    guard = WhileFrozen(here)
    guard()
    outcome = copy_configuration(here, guard)
    guard.watch()
    return outcome


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


def _refuse_others(here: World, what: str, modes: tuple[str, ...]) -> None:
    """NotPermitted where what stands open or was done last is not this run's: the task that opens it was marked."""
    runs = {f"{here.run.name}/{mode}" for mode in modes}
    with here.target.session(read_only=True) as connection:
        found = {
            table.name: here.target.state.progress(connection, table.project, table.name) for table in here.plan.tables
        }
    opens = "open_sweep" if modes == ("sweep",) else "open_last_increments"
    others = sorted(name for name, progress in found.items() if progress is None or progress["run"] not in runs)
    if others:
        raise NotPermitted(
            f"project {here.project.name}: {what}: nothing of the kind was opened in this run for"
            f" {', '.join(others[:5])}{f' and {len(others) - 5} more' if len(others) > 5 else ''}. A task that was"
            f" marked as success moves nothing: clear {opens}",
            project=here.project.name,
        )


def _settle(project: str, what: str, kind: str) -> dict[str, int]:
    from golive.errors import ChecksFailed
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.records import write_increment
    from golive.flow.world import world
    from golive.transfer import settle

    with world(project) as here:
        end_if_opened(here)
        guard = WhileFrozen(here)
        _refuse_others(here, what, ("sweep",) if kind == "sweep" else ("catch_up", "sweep"))
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
