"""A lane: what one task instance works through, in order.

Lanes of a run take chunks from one list, parents before children, so a lane that dies leaves its
chunk to the others, and one lane alone finishes everything. A chunk is held by a lock that dies
with its session; opening the new system takes the project's lock alone, and waits for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    stop: Callable[[], bool] = lambda: False, tables: frozenset[str] | None = None,
) -> Lane:
    """Take chunk after chunk until none is left, or until ``stop`` says so between two of them.

    ``guard`` is called before every chunk and again before its commit, and raises when nothing may be
    written any more. ``tables`` limits the lane to some of the plan's. Raises what a chunk raises;
    its transaction is then rolled back, and its checkpoint untouched.
    """
    done = Lane(lane, 0, Moved(), False)
    with (
        source.session(read_only=True) as reader, target.session() as writer,
        pulse(target, plan.project.name, run, lane) as beating,
    ):
        pair = Pair(Side(source, reader), Side(target, writer))
        state = target.state
        while True:
            open_chunks = [
                row for row in state.open_chunks(writer, plan.project.name) if tables is None or row[0] in tables
            ]
            if not open_chunks:
                return done
            if stop():
                return replace(done, stopped=True)
            took = False
            for table in _ready(plan, {row[0] for row in open_chunks}):
                for _, increment, chunk, described in (row for row in open_chunks if row[0] == table.name):
                    moved = _try(table, pair, increment, chunk, described, lane, run, guard, beating)
                    if moved is not None:
                        done = replace(done, chunks=done.chunks + 1, moved=done.moved + moved)
                        took = True
                        break
                if took:
                    break
            if not took:
                beating.at(None, "waiting for other lanes")
                state.wait_for_change(writer, 1.0)


def _ready(plan: Plan, waiting: set[str]) -> Iterator[TablePlan]:
    """Tables with open chunks and none open in their parents, in the plan's order."""
    for table in plan.tables:
        if table.name in waiting and not waiting & set(table.parents):
            yield table


def _try(
    plan: TablePlan, pair: Pair, increment: int, chunk: int, described: dict[str, Any], lane: int, run_id: str,
    guard: Guard, beating: Pulse,
) -> Moved | None:
    """Do one chunk, or nothing if another lane has it."""
    state, writer = pair.target.database.state, pair.target.connection
    name = f"{plan.project}/{plan.name}"
    try:
        with (
            state.locked(writer, plan.project, shared=True),
            state.locked(writer, name, shared=plan.keyed),
            state.locked(writer, f"{name}/{increment}/{chunk}"),
        ):
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
    except Busy:
        return None


def write_down(plan: TablePlan, pair: Pair, done: Done, run_id: str) -> None:
    """Put what a chunk could not migrate into quarantine, in the chunk's transaction."""
    held, writer = pair.target.database.held, pair.target.connection
    held.quarantine(writer, plan.project, plan.name, done.refused, run_id)
    held.set_undeleted(writer, plan.project, plan.name, done.undeleted)
