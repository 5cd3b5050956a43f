"""What is asked before and after every chunk: may this still be written?"""

from __future__ import annotations

import time

from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import FreezeViolated, NotPermitted
from golive.flow.world import World
from golive.freeze import Freeze, watch
from golive.ledger import Entry, frozen, opened

# The freeze is watched at least this often while a task writes, and at its end.
WATCH_SECONDS = 5.0


def refuse_if_opened(world: World) -> None:
    """NotPermitted once the new system has begun to open."""
    entry = opened(world.ledger, world.project.name)
    if entry is not None:
        raise NotPermitted(
            f"project {world.project.name}: the new system was opened at {entry.at:%Y-%m-%d %H:%M} UTC (ledger entry"
            f" {entry.seq}), so nothing writes rows into it any more. Nothing was written",
            project=world.project.name,
        )


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


def standing_freeze(world: World) -> tuple[Entry, Freeze]:
    """The freeze that the ledger holds; NotPermitted if there is none."""
    entry = frozen(world.ledger, world.project.name)
    if entry is None or entry.evidence_hash is None:
        raise NotPermitted(
            f"project {world.project.name}: the ledger holds no standing freeze of connection"
            f" {world.project.source.connection}. Clear the task freeze_source, or start a new run",
            project=world.project.name,
        )
    record = world.ledger.evidence(entry.evidence_hash)
    assert isinstance(record, dict)
    return entry, Freeze.from_dict(record)


def refuse_if_broken(world: World, freeze: Freeze) -> None:
    """FreezeViolated if the freeze does not stand as it was proven."""
    broken = watch(world.source, freeze)
    if broken:
        raise FreezeViolated(
            f"project {world.project.name}: the freeze of connection {world.project.source.connection} was broken:"
            f" {'; '.join(broken[:5])}. Find out who did it; then start a new run of final_migration, which freezes"
            " again and compares everything again, or go back with `golive unfreeze`",
            project=world.project.name,
        )


class BeforeGoLive:
    """For increments of older data: stops when the new system opens."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self) -> None:
        refuse_if_opened(self._world)


class WhileFrozen:
    """For the final migration: the new system is shut, and the freeze stands."""

    def __init__(self, world: World) -> None:
        self._world = world
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
