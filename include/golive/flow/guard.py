"""What is asked before and after every chunk: may this still be written?"""

from __future__ import annotations

import time

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import NotPermitted
from golive.flow.world import World
from golive.ledger import opened
from golive.readiness.doors import refuse_if_broken, refuse_if_opened, standing_freeze

__all__ = [
    "BeforeGoLive",
    "WhileFrozen",
    "end_if_opened",
    "refuse_if_broken",
    "refuse_if_opened",
    "refuse_unopened",
    "rehearses",
    "standing_freeze",
]

# The freeze is watched at least this often while a task writes, and at its end.
WATCH_SECONDS = 5.0


def end_if_opened(world: World) -> None:
    """End a task as skipped, and with it the run green, once the new system is open.

    For the beginning of a task: whoever clears a task of a finished run gets the same data. What
    works already when the door opens is refused by the guards below.
    """
    entry = opened(world.ledger, world.project.name)
    if entry is not None:
        raise AirflowSkipException(
            f"the new system is open since {entry.at:%Y-%m-%d %H:%M} UTC (ledger entry {entry.seq}): nothing is left to"
            " do, and nothing was written"
        )


def rehearses() -> bool:
    """Whether this run only looks ahead: its DAG offers `dry_run`, and it was started with that."""
    context = get_current_context()
    # Airflow takes any key of a trigger's conf: what the DAG does not offer is nobody's word.
    return "dry_run" in context["dag"].params and bool(context["params"].get("dry_run"))


def refuse_unopened(world: World) -> None:
    """NotPermitted in a run that did not open its stage: a dry run, or one whose open_stage was marked as success.

    For whatever changes something. A DAG that is no stage opens none, and may go on.
    """
    if world.project.stage(world.stage) is None:
        return
    if rehearses():
        why = "this run is a dry run, which changes nothing. Start a new run without `dry_run`"
    elif world.own("stage", state="opened") is None:
        why = "this run did not open its stage: open_stage was marked as success. Nothing was changed. Clear open_stage"
    else:
        return
    raise NotPermitted(f"project {world.project.name}: {why}", project=world.project.name)


def refuse_without_mapping(world: World) -> None:
    """NotPermitted where the roadmap freezes the mapping, and none is in force: it was thawed meanwhile."""
    from golive.readiness.mapping import unfrozen

    why = unfrozen(world)
    if why:
        raise NotPermitted(f"project {world.project.name}: {why}. Nothing was written", project=world.project.name)


class BeforeGoLive:
    """For increments of older data: stops when the new system opens."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self) -> None:
        refuse_if_opened(self._world)


class WhileFrozen:
    """For the final migration: this run opened it, nothing is open yet, the freeze and the mapping stand."""

    def __init__(self, world: World) -> None:
        self._world = world
        refuse_unopened(world)
        refuse_without_mapping(world)
        world.refuse_another_mapping()
        _, self._freeze = standing_freeze(world)
        self._watched = 0.0

    def __call__(self) -> None:
        refuse_if_opened(self._world)
        if time.monotonic() - self._watched >= WATCH_SECONDS:
            self.watch()

    def watch(self) -> None:
        """Look at the freeze now."""
        refuse_if_broken(self._world, self._freeze)
        self._watched = time.monotonic()
