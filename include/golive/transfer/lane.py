"""A lane: what one task instance works through, in order.

Lanes of a run take chunks from one list, parents before children, so a lane that dies leaves its
chunk to the others, and one lane alone finishes everything. A chunk is held by a lock that dies
with its session; opening the new system takes the project's lock alone, and waits for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from golive.compare import Pair, Side
from golive.databases import Database
from golive.databases.relation import Moved
from golive.errors import Busy
from golive.plan import Plan, TablePlan
from golive.transfer.chunk import Done, from_json, run

Guard = Callable[[], None]


@dataclass(frozen=True)
class Lane:
    """What a lane did, and whether it was stopped with work left."""

    number: int
    chunks: int
    moved: Moved
    stopped: bool


class Pulse:
    """A lane's heartbeat: written when something moves, at most every ``EVERY`` seconds."""

    EVERY = 2.0

    def __init__(self, database: Database, connection: Any, project: str, run: str, lane: int) -> None:
        self._database, self._connection = database, connection
        self._project, self._run, self._lane = project, run, lane
        self._table: str | None = None
        self._doing = "starting"
        self._bytes = 0
        self._last = 0.0
        self.beat()

    def at(self, table: str | None, doing: str) -> None:
        """Say what the lane does now."""
        self._table, self._doing = table, doing
        self.beat()

    def moved(self, size: int) -> None:
        """Count bytes that went through."""
        self._bytes += size
        if time.monotonic() - self._last >= self.EVERY:
            self.beat()

    def beat(self, *, ended: bool = False) -> None:
        self._last = time.monotonic()
        self._database.state.beat(
            self._connection, self._project, self._run, self._lane, self._table, self._doing, self._bytes, ended=ended
        )


@contextmanager
def pulse(database: Database, project: str, run: str, lane: int) -> Iterator[Pulse]:
    """A heartbeat on a session of its own, so that it shows while a transaction is open.

    It ends with the block, whether by an error or not: an error is reported by its task, and only
    a lane that can no longer say anything is left to the watchdog.
    """
    with database.session() as connection:
        database.state.prepare(connection)
        beating = Pulse(database, connection, project, run, lane)
        try:
            yield beating
        finally:
            beating.at(None, "ended")
            beating.beat(ended=True)


def work(
    plan: Plan, source: Database, target: Database, *, lane: int, run: str, guard: Guard,
    stop: Callable[[], bool] = lambda: False,
) -> Lane:
    """Take chunk after chunk until none is left, or until ``stop`` says so between two of them.

    ``guard`` is called before every chunk and again before its commit, and raises when nothing may be
    written any more. Chunks of tables that are no longer in the plan stay as they are. Raises what a
    chunk raises; its transaction is then rolled back, and its checkpoint untouched.
    """
    done = Lane(lane, 0, Moved(), False)
    planned = frozenset(table.name for table in plan.tables)
    with (
        source.session(read_only=True) as reader, target.session() as writer,
        pulse(target, plan.project.name, run, lane) as beating,
    ):
        pair = Pair(Side(source, reader), Side(target, writer))
        state = target.state
        while True:
            open_chunks = [row for row in state.open_chunks(writer, plan.project.name) if row[0] in planned]
            if not open_chunks:
                return done
            if stop():
                return replace(done, stopped=True)
            for table, increment, chunk, described in _ready(plan, open_chunks):
                moved = _try(table, pair, increment, chunk, described, lane, run, guard, beating)
                if moved is not None:
                    done = replace(done, chunks=done.chunks + 1, moved=done.moved + moved)
                    break
            else:
                beating.at(None, "waiting for other lanes")
                state.wait_for_change(writer, 1.0)


def _ready(
    plan: Plan, open_chunks: list[tuple[str, int, int, dict[str, Any]]]
) -> Iterator[tuple[TablePlan, int, int, dict[str, Any]]]:
    """Open chunks of tables whose parents have none, in the plan's order."""
    waiting = {name for name, *_ in open_chunks}
    for table in plan.tables:
        if waiting & set(table.parents):
            continue
        for name, increment, chunk, described in open_chunks:
            if name == table.name:
                yield table, increment, chunk, described


def _try(
    plan: TablePlan, pair: Pair, increment: int, chunk: int, described: dict[str, Any], lane: int, run_id: str,
    guard: Guard, beating: Pulse,
) -> Moved | None:
    """Do one chunk, or nothing if another lane has it."""
    state, writer = pair.target.database.state, pair.target.connection
    name = f"{plan.project}/{plan.name}"
    with ExitStack() as locks:
        try:
            locks.enter_context(state.locked(writer, plan.project, shared=True))
            locks.enter_context(state.locked(writer, name, shared=plan.keyed))
            locks.enter_context(state.locked(writer, f"{name}/{increment}/{chunk}"))
        except Busy:  # of the locks alone: what is busy inside the chunk is for the task to report and retry
            return None
        guard()
        what, rows = from_json(described)
        beating.at(plan.name, f"{what} {rows.chunk}")
        with pair.target.database.write.transaction(writer):
            if not state.take_chunk(writer, plan.project, plan.name, increment, chunk):
                return None
            held = pair.target.database.held
            alone = tuple(
                r for r in held.quarantined(writer, plan.project, plan.name) if r.reason in ("duplicate", "no key")
            )
            done = run(plan, pair, what, rows, alone, beating.moved)
            write_down(plan, pair, done, run_id)
            state.finish_chunk(
                writer, plan.project, plan.name, increment, chunk, done.moved, dict(done.facts or {}), lane
            )
            guard()
        return done.moved


def write_down(plan: TablePlan, pair: Pair, done: Done, run_id: str) -> None:
    """Put what a chunk could not migrate into quarantine, in the chunk's transaction."""
    held, writer = pair.target.database.held, pair.target.connection
    held.quarantine(writer, plan.project, plan.name, done.refused, run_id)
    held.set_undeleted(writer, plan.project, plan.name, done.undeleted)
