"""Opening an increment: which rows, up to which bound, in which chunks.

What is opened stands in the target before any row moves, so that a retry copies the same range. An
increment that was not finished goes on; its bound does not move.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from threading import Event
from time import monotonic
from typing import Any

from golive.compare import Pair, Side
from golive.databases import Database
from golive.databases.relation import Order, Part, Refusal, Rows, RowsRefused
from golive.errors import FingerprintChanged, PlanError
from golive.keys import chunks
from golive.plan import Plan, TablePlan
from golive.project import Limits
from golive.transfer.chunk import Work, as_json


class Mode(StrEnum):
    """Why an increment is opened.

    OLDER moves what may move before go-live, OLDER_SWEEP compares and repairs what has crossed so
    far; CATCH_UP moves all that is left, SWEEP compares and repairs everything.
    """

    OLDER = "older"
    OLDER_SWEEP = "older_sweep"
    CATCH_UP = "catch_up"
    SWEEP = "sweep"


BEFORE_GO_LIVE = frozenset({Mode.OLDER, Mode.OLDER_SWEEP})


@dataclass(frozen=True)
class Opened:
    """One table's open increment. ``says`` is for people."""

    table: str
    increment: int
    chunks: int
    says: str


@dataclass(frozen=True)
class Bound:
    """Up to which cursor rows are safe to take: ``value``, and a later candidate that is not safe yet."""

    value: str | None
    candidate: str | None
    waiting_for: tuple[str, ...]


def open_increments(
    plan: Plan, source: Database, target: Database, *, mode: Mode, run: str, wait_seconds: int | None = None
) -> list[Opened]:
    """Open an increment for every table, or find the one that is open; nothing is moved.

    Raises FingerprintChanged for a table whose plan is not the one its checkpoint was made under.
    """
    limits = plan.project.limits
    with source.session(read_only=True) as reader, target.session() as writer:
        state = target.state
        state.prepare(writer)
        pair = Pair(Side(source, reader), Side(target, writer))
        for table in plan.tables:
            _same_plan(table, state.progress(writer, table.project, table.name))
        wait = limits.horizon_wait_seconds if wait_seconds is None else wait_seconds
        bounds = _bounds(plan, pair, wait)
        opened = []
        for table in plan.tables:
            with state.locked(writer, f"{table.project}/{table.name}/open", wait=True), _in_some_order(table):
                opened.append(_open(table, pair, mode, run, bounds.get(table.name), limits))
        return opened


@dataclass(frozen=True)
class Foreseen:
    """What an increment would move of one table: rows that it would read, and what it is, in words."""

    table: str
    rows: int
    total: int
    says: str


def foresee(plan: Plan, source: Database, target: Database, *, mode: Mode) -> list[Foreseen]:
    """What ``open_increments`` would open, counted on the source; nothing is written, not even the checkpoint."""
    with source.session(read_only=True) as reader, target.session(read_only=True) as writer:
        pair = Pair(Side(source, reader), Side(target, writer))
        bounds = _bounds(plan, pair, 0)
        out = []
        for table in plan.tables:
            progress = target.state.progress(writer, table.project, table.name)
            _same_plan(table, progress)
            covered = progress["covered"] if progress else "none"
            _, ranges, says = _what(table, mode, covered, progress, bounds.get(table.name))
            counts = [source.read.count(reader, table.source, rows) for rows in (*ranges, Rows())]
            out.append(Foreseen(table.name, sum(counts[:-1]), counts[-1], says))
        return out


def accept(plan: TablePlan, target: Database) -> None:
    """Take the plan as it is now for a table that was begun under another; the next sweep compares all of it."""
    state, held = target.state, target.held
    with target.session() as writer, state.locked(writer, f"{plan.project}/{plan.name}", wait=True):
        progress = state.progress(writer, plan.project, plan.name)
        if progress is None:
            return
        with target.write.transaction(writer):
            state.drop_open_chunks(writer, plan.project, plan.name)
            state.set_progress(
                writer, plan.project, plan.name, fingerprint=plan.fingerprint, bound=None, next_bound=None,
                next_covered=progress["covered"], candidate=None, waiting_for=None, closed_at=datetime.now(UTC),
            )
            # Their keys may be of another shape; what is still bad is found again.
            held.release(
                writer, plan.project, plan.name, [r.key for r in held.quarantined(writer, plan.project, plan.name)]
            )
            held.forget_undeleted(
                writer, plan.project, plan.name, held.undeleted(writer, plan.project, plan.name)
            )


@contextmanager
def _in_some_order(plan: TablePlan) -> Iterator[None]:
    """What cuts a table into chunks fails on some of its rows: there is no way to name those."""
    try:
        yield
    except RowsRefused as refused:
        raise PlanError(
            f"table {plan.name}: {refused.message}: an expression of `key`, `cursor`, `where` or `older_than` fails on"
            " them, so they have no place in any order. Right: expressions that every row has a value for",
            project=plan.project, table=plan.name,
        ) from refused


def _same_plan(plan: TablePlan, progress: dict[str, Any] | None) -> None:
    if progress is None or progress["fingerprint"] == plan.fingerprint:
        return
    before, now = progress["fingerprint"], plan.fingerprint
    changed = tuple(sorted(part for part in before.keys() | now.keys() if before.get(part) != now.get(part)))
    words = "; ".join(f"{part} was {before.get(part)!r}, is {now.get(part)!r}" for part in changed)
    raise FingerprintChanged(
        f"table {plan.name}: the plan is not the one its checkpoint was made under: {words}. Put it back, or run"
        f" `golive accept {plan.project} {plan.name}`, after which the next sweep compares and repairs every row",
        changed=changed, project=plan.project, table=plan.name,
    )


def _bounds(plan: Plan, pair: Pair, wait_seconds: int) -> dict[str, Bound]:
    """The safe bound of every table with a cursor: the engine's ``open_transactions`` says why in this order."""
    read, reader = pair.source.database.read, pair.source.connection
    tables = [table for table in plan.tables if table.source.cursor]
    if not tables:
        return {}
    candidates = {}
    for table in tables:
        with _in_some_order(table):
            candidates[table.name] = read.highest_cursor(reader, table.source)
    waiting = read.open_transactions(reader)
    still = waiting
    pause, end = Event(), monotonic() + wait_seconds
    while still and (left := end - monotonic()) > 0:
        pause.wait(min(left, 0.2))
        still = still & read.open_transactions(reader)
    bounds = {}
    for table in tables:
        candidate = candidates[table.name]
        progress = pair.target.database.state.progress(pair.target.connection, table.project, table.name) or {}
        if not still:
            bounds[table.name] = Bound(candidate, None, ())
        elif not progress.get("candidate"):
            bounds[table.name] = Bound(progress.get("bound"), candidate, tuple(sorted(still)))
        elif left_of := set(progress["waiting_for"] or ()) & still:
            # An earlier candidate goes on waiting: a later one would wait for later transactions, and so for ever.
            bounds[table.name] = Bound(progress.get("bound"), progress["candidate"], tuple(sorted(left_of)))
        else:
            bounds[table.name] = Bound(progress["candidate"], candidate, tuple(sorted(still)))
    return bounds


def _open(plan: TablePlan, pair: Pair, mode: Mode, run: str, bound: Bound | None, limits: Limits) -> Opened:
    state, writer = pair.target.database.state, pair.target.connection
    progress = state.progress(writer, plan.project, plan.name)
    increment = progress["increment"] if progress else 0
    covered = progress["covered"] if progress else "none"
    unfinished = progress is not None and progress["opened_at"] is not None and progress["closed_at"] is None
    if unfinished and progress is not None:
        if mode in BEFORE_GO_LIVE or progress["run"] == run:
            _, held, done = state.totals(writer, plan.project, plan.name, increment)
            says = f"goes on with increment {increment}: {done} of {held} chunks"
            return Opened(plan.name, increment, held - done, says)
        if progress["kind"] != Work.LOAD or covered != "none":
            state.drop_open_chunks(writer, plan.project, plan.name)
    refusals = _left_out(plan, pair)
    work, parts, says = _what(plan, mode, covered, progress, bound)
    described = [
        as_json(work, piece)
        for rows in parts for piece in _pieces(plan, pair, work, rows, limits)
    ]
    again = unfinished and progress is not None and progress["kind"] == Work.LOAD and covered == "none"
    number = increment if again else increment + 1
    with pair.target.database.write.transaction(writer):
        state.set_progress(
            writer, plan.project, plan.name, fingerprint=plan.fingerprint, increment=number, run=run, kind=work.value,
            covered=covered, next_bound=_next_bound(progress, bound, work),
            next_covered=_next_covered(plan, mode, covered), opened_at=datetime.now(UTC), closed_at=None,
            candidate=bound.candidate if bound else None, waiting_for=list(bound.waiting_for) if bound else None,
        )
        if again:
            state.drop_open_chunks(writer, plan.project, plan.name)
        state.add_chunks(writer, plan.project, plan.name, number, described)
        _renew(plan, pair, refusals, run)
        state.forget_chunks(writer, plan.project, plan.name, 20)
    return Opened(plan.name, number, len(described), says)


def _what(
    plan: TablePlan, mode: Mode, covered: str, progress: dict[str, Any] | None, bound: Bound | None
) -> tuple[Work, list[Rows], str]:
    """The kind of work, the ranges, and both in words."""
    if not plan.keyed:
        return Work.RELOAD, [Rows()], "has no key: compared and reloaded as a whole"
    older = plan.spec.older_than is not None and mode in BEFORE_GO_LIVE
    part = Part.OLDER if older else Part.ALL
    if mode is Mode.SWEEP or (mode is Mode.OLDER_SWEEP and covered != "none"):
        return Work.SWEEP, [Rows(part=part)], "sweep of the older rows" if older else "sweep of all rows"
    if covered == "none":
        return Work.LOAD, [Rows(part=part)], "first load of the older rows" if older else "first load"
    ranges: list[Rows] = []
    words = []
    if covered == "older" and not older:
        ranges.append(Rows(part=Part.REST))
        words.append("the rows that were not older")
        part = Part.OLDER
    if plan.source.cursor is None:
        if ranges:
            return Work.LOAD, ranges, words[0]
        return Work.SWEEP, [Rows(part=part)], "has no cursor: compared and repaired"
    assert bound is not None and progress is not None
    since = progress["bound"]
    if bound.value is not None:
        ranges.append(Rows(order=Order.CURSOR, part=part, since=since, until=bound.value))
        words.append(f"changes from {since or 'the beginning'} to {bound.value}")
    elif bound.candidate is not None:
        words.append("changes wait: transactions of the source are still open")
    ranges.append(Rows(part=part, nulls=True))
    words.append("rows without a cursor")
    return Work.LOAD, ranges, ", ".join(words)


def _pieces(plan: TablePlan, pair: Pair, work: Work, rows: Rows, limits: Limits) -> list[Rows]:
    """A range cut into chunks."""
    if work is Work.RELOAD:
        return [rows]
    read, reader = pair.source.database.read, pair.source.connection
    if rows.order is Order.CURSOR and rows.since is not None:
        rows = replace(rows, since=read.cursor_before(reader, plan.source, rows.since, limits.overlap_seconds))
    if (rows.order is Order.CURSOR or rows.nulls) and not read.count(reader, plan.source, rows):
        return []
    edges = read.edges(reader, plan.source, rows, limits.chunk_rows)
    if work is Work.SWEEP:
        # Cut by both sides, so that a chunk's difference is bounded even where only one of them has rows.
        into, writer = pair.target.database.read, pair.target.connection
        theirs = into.edges(writer, plan.target, Rows(), limits.chunk_rows)
        edges = into.in_order(writer, plan.target, [*edges, *theirs])
    return [replace(rows, chunk=chunk) for chunk in chunks(edges)]


def _left_out(plan: TablePlan, pair: Pair) -> tuple[Refusal, ...]:
    """Rows that share a key, and rows that have none: found on the whole mapped source, unless it rules them out."""
    if not plan.keyed or plan.unique:
        return ()
    read, reader = pair.source.database.read, pair.source.connection
    return (*read.duplicates(reader, plan.source), *read.without_key(reader, plan.source))


def _renew(plan: TablePlan, pair: Pair, refusals: tuple[Refusal, ...], run: str) -> None:
    """Quarantine what has no key of its own; let go of rows without a key that are no more."""
    held, writer = pair.target.database.held, pair.target.connection
    keyless = {refusal.key for refusal in refusals if None in refusal.key}
    stale = [r.key for r in held.quarantined(writer, plan.project, plan.name) if None in r.key and r.key not in keyless]
    held.release(writer, plan.project, plan.name, stale)
    held.quarantine(writer, plan.project, plan.name, refusals, run)


def _next_bound(progress: dict[str, Any] | None, bound: Bound | None, work: Work) -> str | None:
    if bound is None or work is Work.SWEEP:
        return progress["bound"] if progress else None
    return bound.value


def _next_covered(plan: TablePlan, mode: Mode, covered: str) -> str:
    """What will have crossed when the increment is done."""
    older = mode in BEFORE_GO_LIVE and plan.keyed and plan.spec.older_than is not None
    return "older" if older and covered != "all" else "all"
