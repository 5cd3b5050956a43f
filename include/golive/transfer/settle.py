"""After the lanes: rows out of quarantine if they can, parked deletes, and the increments closed.

A parent may come in another chunk, another table or another increment than its child. So what was
refused is read again and tried again, table after table, until a whole round changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from golive.compare import Pair, Side, keys_of
from golive.databases import Database
from golive.databases.relation import Moved, Part, Rows
from golive.errors import IdentityBroken
from golive.keys import Key
from golive.plan import Plan, TablePlan
from golive.transfer.chunk import BATCH, load, unbalanced
from golive.transfer.lane import Pulse, pulse, write_down

Guard = Callable[[], None]


@dataclass(frozen=True)
class Settled:
    """One table after an increment: what it moved in all, and what is left.

    ``finished`` is false while chunks are open (the run's time was over). ``facts`` are the sums of a
    sweep's numbers, ``seconds`` the time since the increment was opened.
    """

    table: str
    increment: int
    kind: str
    finished: bool
    moved: Moved
    quarantined: int
    undeleted: int
    facts: dict[str, int]
    seconds: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def settle(plan: Plan, source: Database, target: Database, *, run: str, guard: Guard) -> list[Settled]:
    """Replay, retry parked deletes, close what is done, and say where every table stands.

    Raises IdentityBroken if a replay's rows do not add up; what was committed before stays.
    """
    with (
        source.session(read_only=True) as reader, target.session() as writer,
        pulse(target, plan.project.name, run, 0) as beating,
    ):
        pair = Pair(Side(source, reader), Side(target, writer))
        first = True
        while True:
            changed = 0
            for table in plan.tables:
                changed += _replay(table, pair, run, guard, beating, everything=first)
            for table in reversed(plan.tables):
                changed += _delete(table, pair, guard, beating)
            first = False
            if not changed:
                break
        return [_close(table, pair) for table in plan.tables]


def finish(plan: Plan, target: Database, guard: Guard) -> list[str]:
    """Sequences beyond the highest value, constraints validated, broken indexes rebuilt, statistics gathered.

    Returns what was done, in words. Run twice it finds nothing to advance.
    """
    said = []
    with target.session() as writer:
        for name in dict.fromkeys(table.target.table for table in plan.tables):
            guard()
            for sequence in target.catalog.sequences(writer, name):
                moved = target.write.advance(writer, sequence)
                if moved is not None:
                    said.append(f"{sequence.sequence}: next value {moved[0]} -> {moved[1]}")
        guard()
        said += target.write.settle(writer, list(dict.fromkeys(table.target.table for table in plan.tables)))
    return said


def _replay(plan: TablePlan, pair: Pair, run: str, guard: Guard, beating: Pulse, *, everything: bool) -> int:
    """Try rows in quarantine again, the parked ones only unless told otherwise; returns how many got out."""
    if not plan.keyed:
        return 0
    held, writer, state = pair.target.database.held, pair.target.connection, pair.target.database.state
    progress = state.progress(writer, plan.project, plan.name)
    waiting = [
        refusal for refusal in held.quarantined(writer, plan.project, plan.name)
        if None not in refusal.key and (everything or refusal.parked)
    ]
    if not waiting or progress is None:
        return 0
    part = Part.OLDER if "older" in (progress["covered"], progress["next_covered"]) else Part.ALL
    if progress["next_covered"] == "all":
        part = Part.ALL
    if part is Part.OLDER and any(refusal.reason == "duplicate" for refusal in waiting):
        # Of a key that stands twice the older slice may show one row alone: only the whole source tells.
        twice = {r.key for r in pair.source.database.read.duplicates(pair.source.connection, plan.source)}
        waiting = [refusal for refusal in waiting if refusal.key not in twice]
    out = 0
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        with _writing(plan, pair, guard):
            beating.at(plan.name, f"replay of {len(batch)} rows from quarantine")
            # Keys that were duplicates may be so still: staging looks again.
            rows = Rows(keys=keys_of(batch), part=part)
            done = load(replace(plan, unique=False), pair, rows, beating.moved)
            if not done.moved.balanced:
                raise IdentityBroken(
                    f"table {plan.name}: {unbalanced(done.moved)}", project=plan.project, table=plan.name
                )
            still = {refusal.key for refusal in done.refused} | _elsewhere(plan, pair, rows)
            out += held.release(writer, plan.project, plan.name, [r.key for r in batch if r.key not in still])
            write_down(plan, pair, done, run)
            if done.moved.inserted or done.moved.updated:
                state.add_chunk(
                    writer, plan.project, plan.name, progress["increment"], {"work": "replay"},
                    replace(done.moved, read=done.moved.inserted + done.moved.updated, unchanged=0, refused=0),
                )
    return out


def _elsewhere(plan: TablePlan, pair: Pair, rows: Rows) -> set[Key]:
    """Those of the keys whose rows are there, but in a part whose time has not come: nothing was tried."""
    read, reader = pair.source.database.read, pair.source.connection
    if rows.part is Part.ALL:
        return set()
    return read.present(reader, plan.source, replace(rows, part=Part.ALL)) - read.present(reader, plan.source, rows)


def _delete(plan: TablePlan, pair: Pair, guard: Guard, beating: Pulse) -> int:
    """Try parked deletes again; returns how many are settled. A row that the source has again stays."""
    held, writer, state = pair.target.database.held, pair.target.connection, pair.target.database.state
    keys = held.undeleted(writer, plan.project, plan.name)
    if not keys:
        return 0
    settled = 0
    for start in range(0, len(keys), BATCH):
        batch = tuple(keys[start : start + BATCH])
        with _writing(plan, pair, guard):
            beating.at(plan.name, f"deletes {len(batch)} rows that could not go before")
            again = pair.source.database.read.present(pair.source.connection, plan.source, Rows(keys=batch))
            wanted = tuple(key for key in batch if key not in again)
            before = pair.target.database.read.count(writer, plan.target, Rows(keys=wanted))
            deleted, kept = pair.target.database.write.delete(writer, plan.target, wanted)
            if deleted + len(kept) != before:
                raise IdentityBroken(
                    f"table {plan.name}: {before} rows of the target were to be deleted, but {deleted} deleted +"
                    f" {len(kept)} that could not be: nothing was written. Look for a trigger on the target that"
                    " skips rows",
                    project=plan.project, table=plan.name,
                )
            stay = {refusal.key for refusal in kept}
            held.forget_undeleted(writer, plan.project, plan.name, [key for key in batch if key not in stay])
            held.set_undeleted(writer, plan.project, plan.name, kept)
            settled += len(batch) - len(stay)
            progress = state.progress(writer, plan.project, plan.name)
            if deleted and progress is not None:
                state.add_chunk(
                    writer, plan.project, plan.name, progress["increment"], {"work": "replay"}, Moved(deleted=deleted)
                )
    return settled


@contextmanager
def _writing(plan: TablePlan, pair: Pair, guard: Guard) -> Iterator[None]:
    """A transaction on a table that others may work on, too; ``guard`` is asked at its start and before its commit."""
    state, writer = pair.target.database.state, pair.target.connection
    with (
        state.locked(writer, plan.project, shared=True, wait=True),
        state.locked(writer, f"{plan.project}/{plan.name}", shared=True, wait=True),
        pair.target.database.write.transaction(writer),
    ):
        guard()
        yield
        guard()


def _close(plan: TablePlan, pair: Pair) -> Settled:
    state, writer = pair.target.database.state, pair.target.connection
    with pair.target.database.write.transaction(writer):
        progress = state.progress(writer, plan.project, plan.name, lock=True)
        if progress is None:
            raise IdentityBroken(
                f"table {plan.name} has no increment: open one before it is settled",
                project=plan.project, table=plan.name,
            )
        increment = progress["increment"]
        moved, chunks, done = state.totals(writer, plan.project, plan.name, increment)
        finished = chunks == done
        if finished and progress["closed_at"] is None:
            state.set_progress(
                writer, plan.project, plan.name, fingerprint=progress["fingerprint"], covered=progress["next_covered"],
                bound=progress["next_bound"], closed_at=datetime.now(UTC),
            )
        seconds = int((datetime.now(UTC) - progress["opened_at"]).total_seconds())
        facts: dict[str, int] = {}
        for noted in state.facts(writer, plan.project, plan.name, increment):
            for name, value in noted.items():
                facts[name] = facts.get(name, 0) + value
        quarantined = sum(r.rows for r in pair.target.database.held.quarantined(writer, plan.project, plan.name))
        undeleted = len(pair.target.database.held.undeleted(writer, plan.project, plan.name))
    return Settled(plan.name, increment, progress["kind"], finished, moved, quarantined, undeleted, facts, seconds)
