"""One chunk: its rows and its checkpoint in one transaction of the target.

Three kinds. *load* copies a range: straight into an empty range of the table, else through staging
and a merge. *sweep* compares a range and repairs what differs. *reload* puts a table without a key
in place as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from golive.compare import Pair, difference, keys_of
from golive.databases.relation import Moved, Order, Part, Refusal, Rows, RowsRefused
from golive.errors import IdentityBroken, Terminal
from golive.keys import Chunk, Key
from golive.plan import TablePlan

# Keys of one repair or replay that are read again at once.
BATCH = 10_000


class Work(StrEnum):
    """What is done with a chunk's rows."""

    LOAD = "load"
    SWEEP = "sweep"
    RELOAD = "reload"


@dataclass(frozen=True)
class Done:
    """What a chunk moved, what it refused, and what could not be deleted.

    ``facts`` are the numbers of a sweep's identity, by name.
    """

    moved: Moved
    refused: tuple[Refusal, ...] = ()
    undeleted: tuple[Refusal, ...] = ()
    facts: dict[str, int] | None = None


def as_json(work: Work, rows: Rows) -> dict[str, Any]:
    """A chunk's description for its checkpoint."""
    return {
        "work": work.value, "order": rows.order.value, "part": rows.part.value, "since": rows.since,
        "until": rows.until, "nulls": rows.nulls, "chunk": asdict(rows.chunk),
    }


def from_json(data: dict[str, Any]) -> tuple[Work, Rows]:
    """What ``as_json`` described."""
    edges = {side: tuple(edge) if edge is not None else None for side, edge in data["chunk"].items()}
    return Work(data["work"]), Rows(
        chunk=Chunk(**edges), order=Order(data["order"]), part=Part(data["part"]), since=data["since"],
        until=data["until"], nulls=data["nulls"],
    )


def run(
    plan: TablePlan, pair: Pair, work: Work, rows: Rows, left_out: tuple[Refusal, ...], progress: Callable[[int], None]
) -> Done:
    """Do a chunk inside the caller's transaction. ``left_out`` are the table's duplicates and keyless rows.

    Raises IdentityBroken if the rows read are not the rows accounted for, Terminal if rows are refused
    that no key can be named for; the caller rolls back.
    """
    try:
        if work is Work.RELOAD:
            done = _reload(plan, pair, progress)
        elif work is Work.SWEEP:
            done = _sweep(plan, pair, rows, left_out, progress)
        else:
            done = load(plan, pair, replace(rows, without=keys_of(left_out)), progress)
    except RowsRefused as refused:
        raise Terminal(
            f"table {plan.name}, {rows.chunk}: {refused.message}, and not because of one column's value. Look at"
            " `key`, `cursor`, `where`, `older_than` and `owns`: one of them fails on some rows",
            project=plan.project, table=plan.name,
        ) from refused
    if not done.moved.balanced:
        raise IdentityBroken(f"table {plan.name}: {unbalanced(done.moved)}", project=plan.project, table=plan.name)
    return done


def load(plan: TablePlan, pair: Pair, rows: Rows, progress: Callable[[int], None]) -> Done:
    """Copy these rows; those that an expression fails on are found, set aside, and the rest is copied.

    All of it sees one moment of the source, so that what the copy failed on can be found.
    """
    with pair.source.database.read.snapshot(pair.source.connection):
        try:
            return _load(plan, pair, rows, progress)
        except IdentityBroken as broken:
            raise IdentityBroken(
                f"table {plan.name}: {broken.message}", project=plan.project, table=plan.name
            ) from broken


def _load(plan: TablePlan, pair: Pair, rows: Rows, progress: Callable[[int], None]) -> Done:
    write, into = pair.target.database.write, pair.target.connection
    relations = (plan.source, plan.target)
    failing: tuple[Refusal, ...] = ()
    by_key = rows.order is Order.KEY and rows.keys is None
    may = plan.straight and plan.unique and by_key
    straight = may and not write.holds_any(into, plan.target, Rows(chunk=rows.chunk))
    while True:
        try:
            with write.transaction(into):
                if straight:
                    read = write.straight_in(pair.source.connection, into, relations, rows, progress)
                    done = Done(Moved(read=read, inserted=read))
                else:
                    write.stage(pair.source.connection, into, relations, rows, progress)
                    moved, refused = write.merge(into, plan.target, plan.foreign, unique=plan.unique)
                    done = Done(moved, tuple(refused))
            break
        except RowsRefused as refused_rows:
            if refused_rows.side == "target":
                if not straight:
                    raise
                straight = False
                continue
            found = pair.source.database.read.unreadable(pair.source.connection, plan.source, rows)
            if not found:
                raise
            failing = (*failing, *found)
            rows = replace(rows, without=(*rows.without, *keys_of(found)))
    lost = sum(refusal.rows for refusal in failing)
    return Done(done.moved + Moved(read=lost, refused=lost), (*done.refused, *failing))


def _sweep(
    plan: TablePlan, pair: Pair, rows: Rows, left_out: tuple[Refusal, ...], progress: Callable[[int], None]
) -> Done:
    """Compare and repair a range.

    Source = equal + inserted + updated + quarantined. Target before = equal + updated + deleted +
    held + undeleted, where held rows are those whose source row is now in quarantine.
    """
    source, target = pair.source, pair.target
    known = _within(plan, pair, rows, left_out)
    with source.database.read.snapshot(source.connection):
        found = difference(plan, pair, rows, known)
        held = _held(plan, pair, found.left_out)
        moved, refused = Moved(), list(found.left_out)
        repair = (*found.missing, *found.different)
        for start in range(0, len(repair), BATCH):
            batch = repair[start : start + BATCH]
            done = load(plan, pair, Rows(keys=batch), progress)
            moved += done.moved
            refused += done.refused
    differing = set(found.different)
    left_out_held = held
    held += sum(1 for refusal in refused[len(found.left_out) :] if refusal.key in differing)
    deleted, undeleted = 0, list[Refusal]()
    for start in range(0, len(found.extra), BATCH):
        gone, kept = target.database.write.delete(target.connection, plan.target, found.extra[start : start + BATCH])
        deleted += gone
        undeleted += kept
    lost = sum(refusal.rows for refusal in found.left_out)
    facts = {
        "source": found.source + lost, "target": found.target + left_out_held,
        "equal": found.equal + moved.unchanged, "held": held, "undeleted": len(undeleted),
        "different": len(found.different), "missing": len(found.missing), "extra": len(found.extra),
    }
    moved = replace(moved, deleted=deleted) + Moved(read=lost + found.equal, unchanged=found.equal, refused=lost)
    quarantined = moved.refused
    if facts["source"] != facts["equal"] + moved.inserted + moved.updated + quarantined:
        raise IdentityBroken(
            f"table {plan.name}: the source has {facts['source']} rows in {rows.chunk}, but {facts['equal']} equal"
            f" + {moved.inserted} inserted + {moved.updated} updated + {quarantined} quarantined: nothing was written",
            project=plan.project, table=plan.name,
        )
    if facts["target"] != facts["equal"] + moved.updated + deleted + held + len(undeleted):
        raise IdentityBroken(
            f"table {plan.name}: the target had {facts['target']} rows in {rows.chunk}, but {facts['equal']} equal"
            f" + {moved.updated} updated + {deleted} deleted + {held} held + {len(undeleted)} that could not be"
            " deleted: nothing was written",
            project=plan.project, table=plan.name,
        )
    return Done(moved, tuple(refused), tuple(undeleted), facts)


def _reload(plan: TablePlan, pair: Pair, progress: Callable[[int], None]) -> Done:
    """A table without a key: compared as a multiset, and put in place as a whole if it differs."""
    source, target = pair.source, pair.target
    read = source.database.read
    try:
        with read.snapshot(source.connection):
            mine = read.digests(source.connection, plan.source, Rows(), 256)
            yours = target.database.read.digests(target.connection, plan.target, Rows(), 256)
            rows = sum(digest.rows for digest in mine.values())
            if mine == yours:
                return Done(Moved(read=rows, unchanged=rows), facts={"source": rows, "target": rows, "equal": rows})
            before = sum(digest.rows for digest in yours.values())
            target.database.write.stage(
                source.connection, target.connection, (plan.source, plan.target), Rows(), progress
            )
            deleted, written = target.database.write.replace(target.connection, plan.target)
    except RowsRefused as refused:
        raise Terminal(
            f"table {plan.name} has no key, so it is reloaded as a whole, and {refused.message}. Name a `key`, so"
            " that those rows can be told apart, or correct them",
            project=plan.project, table=plan.name,
        ) from refused
    if deleted != before:
        raise IdentityBroken(
            f"table {plan.name}: the target had {before} rows, but {deleted} were deleted: nothing was written. Look"
            " for a trigger on the target that skips rows",
            project=plan.project, table=plan.name,
        )
    facts = {"source": rows, "target": before, "equal": 0}
    return Done(Moved(read=rows, inserted=written, deleted=deleted), facts=facts)


def unbalanced(moved: Moved) -> str:
    """Why a count identity does not hold, in words."""
    return (
        f"{moved.read} rows were read, but {moved.inserted} inserted + {moved.updated} updated + {moved.unchanged}"
        f" unchanged + {moved.refused} quarantined: nothing was written. Look for a trigger on the target that skips"
        " or doubles rows"
    )


def _within(plan: TablePlan, pair: Pair, rows: Rows, refusals: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
    """Those of the refusals whose rows are in this range. Rows without a key belong to the first range."""
    first = rows.chunk.after is None
    asked = keys_of(refusals)
    read = pair.source.database.read
    inside = set[Key]()
    for start in range(0, len(asked), BATCH):
        inside |= read.present(
            pair.source.connection, plan.source,
            replace(rows, keys=asked[start : start + BATCH], part=Part.ALL, without=()),
        )
    return tuple(r for r in refusals if r.key in inside or (first and any(part is None for part in r.key)))


def _held(plan: TablePlan, pair: Pair, refusals: tuple[Refusal, ...]) -> int:
    """How many of these keys the target has, and owns."""
    asked, read = keys_of(refusals), pair.target.database.read
    return sum(
        len(read.present(pair.target.connection, plan.target, Rows(keys=asked[start : start + BATCH])))
        for start in range(0, len(asked), BATCH)
    )
