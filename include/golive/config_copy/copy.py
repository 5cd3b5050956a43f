"""One area into production, whole or not at all; again, and it is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from golive.config_copy.layout import AreaPlan
from golive.databases import Database
from golive.databases.configuring import Content, Copied, Difference
from golive.errors import ChecksFailed, NotPermitted

# Asked before the first row is written and before the commit; raises where nothing may be written.
Guard = Callable[[], None]


class Unconfirmed(NotPermitted):
    """Staging is not what the area's owner confirmed; nothing was written."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """What became of one table, in rows; ``before`` and ``after`` are hashes of production's rows in the area."""

    table: str
    inserted: int
    updated: int
    removed: int
    unchanged: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CopiedArea:
    """An area that is in production as it was made ahead; ``snapshot`` is the hash of that."""

    area: str
    snapshot: str
    tables: tuple[CopiedTable, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger."""
        return {"area": self.area, "snapshot": self.snapshot, "tables": [asdict(each) for each in self.tables]}


def copy_area(
    plans: Mapping[str, AreaPlan], area: str, staging: Database, target: Database,
    *, project: str, run: str, confirmed: str, guard: Guard,
) -> CopiedArea:  # fmt: skip
    """Make production's rows of an area those of staging, in one transaction.

    Idempotent: where nothing differs, nothing is written, and a copy that this run committed before is told as it was.
    Raises Unconfirmed if what was made ahead is not the snapshot that was ``confirmed``, ChecksFailed with tables and
    counts for rows that speak against it or that are not in production as they were made ahead, and Terminal for what
    production refuses. Nothing of the area is written then.
    """
    plan, role = plans[area], target.configuration
    mine = {table.number for table in plan.tables}
    others = [
        table for each in plans.values() for table in each.tables
        if table.number not in mine and table.table in {one.table for one in plan.tables}
    ]  # fmt: skip
    with ExitStack() as stack:
        reader = stack.enter_context(staging.session(read_only=True))
        writer = stack.enter_context(target.session())
        state = target.state
        stack.enter_context(state.locked(writer, project, shared=True, wait=True))
        stack.enter_context(state.locked(writer, f"{project}/configuration", wait=True))
        stack.enter_context(staging.read.snapshot(reader))
        stack.enter_context(target.write.transaction(writer))
        guard()
        role.hold_still(writer, [table.table for table in plan.tables])
        faults = [line for table in (*plan.tables, *others) for line in role.load(reader, writer, table)]
        found = [role.difference(writer, table) for table in plan.tables]
        snapshot = plan.snapshot([each.staged for each in found])
        if snapshot != confirmed:
            raise Unconfirmed(
                f"configuration area {area}: staging is not what was confirmed any more. Nothing was written. Let its"
                " owner confirm it anew",
                project=project,
            )
        for table in plan.tables:
            rivals = [other for other in others if other.table == table.table and other.area != area]
            faults += [f"{table.table}: {each.says}" for each in role.against(writer, table, plan.tables, rivals)]
        _refuse(project, area, faults)
        if any(each.changes for each in found):
            role.apply(writer, project, run, snapshot, plan.tables)
        _refuse(project, area, [f"{t.table}: {line}" for t in plan.tables for line in role.reconcile(writer, t)])
        after = [role.content(writer, table, table.owns) for table in plan.tables]
        guard()
        return CopiedArea(area, snapshot, tuple(_told(target, writer, project, (run, snapshot), plan, found, after)))


def copied_areas(project: str, areas: Iterable[str], target: Database) -> frozenset[str]:
    """Those of the areas of which a copy stands in production: one that wrote something, and was not taken back."""
    with target.session(read_only=True) as reader:
        return frozenset(area for area in areas if target.configuration.standing(reader, project, area))


def content_hashes(plan: AreaPlan, target: Database) -> dict[str, str]:
    """By table, the hash of production's rows in an area as they are now: what ``CopiedTable.after`` was."""
    with target.session(read_only=True) as reader:
        return {table.table: target.configuration.content(reader, table, table.owns).hash for table in plan.tables}


def _refuse(project: str, area: str, lines: list[str]) -> None:
    if lines:
        raise ChecksFailed(
            f"configuration area {area} was not copied, and nothing of it was written:\n"
            + "\n".join(f"  {line}" for line in dict.fromkeys(lines)),
            project=project,
        )


def _told(
    target: Database,
    writer: Any,
    project: str,
    made: tuple[str, str],
    plan: AreaPlan,
    found: list[Difference],
    after: list[Content],
) -> list[CopiedTable]:
    """What this run did, whether just now or in a try that was lost after its commit."""
    copies = target.configuration.standing(writer, project, plan.area)
    mine = [each for each in copies if (each.run, each.snapshot) == made]
    done = mine[0].tables if mine else ()

    def told(place: int, table: Copied) -> CopiedTable:
        difference, now = found[place], after[place]
        if not done:
            return CopiedTable(table.table, 0, 0, 0, difference.unchanged, now.hash, now.hash)
        one = done[place]
        unchanged = now.rows - one.inserted - one.updated
        return CopiedTable(table.table, one.inserted, one.updated, one.removed, unchanged, one.before, now.hash)

    return [told(place, table) for place, table in enumerate(plan.tables)]
