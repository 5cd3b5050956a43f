"""The plan of a copy: what was made ahead beside what production has, area by area. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from golive.config_copy.layout import AreaPlan
from golive.databases import Database
from golive.databases.configuring import Against, Copied, Difference


@dataclass(frozen=True, slots=True)
class CompareTable:
    """One table: what a copy would do to it, and which rows speak against that."""

    table: str
    difference: Difference
    against: tuple[Against, ...]

    def numbers(self) -> dict[str, Any]:
        """What it comes to, without a row."""
        found = self.difference
        return {
            "table": self.table, "inserted": found.inserted, "updated": found.updated, "removed": found.removed,
            "unchanged": found.unchanged, "columns": dict(found.columns),
            "against": [asdict(each) for each in self.against],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One area. ``snapshot`` is the hash of what was made ahead; ``incomparable`` says why rows cannot be compared."""

    area: str
    snapshot: str
    tables: tuple[CompareTable, ...]
    incomparable: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        return sum(table.difference.changes for table in self.tables)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger, with the examples; sensitive values are masked already."""
        return {
            "area": self.area,
            "snapshot": self.snapshot,
            "incomparable": list(self.incomparable),
            "tables": [
                table.numbers()
                | {
                    "before": table.difference.before.hash,
                    "staged": table.difference.staged.hash,
                    "examples": [
                        {
                            "key": list(each.key),
                            "before": None if each.before is None else dict(each.before),
                            "after": None if each.after is None else dict(each.after),
                        }
                        for each in table.difference.examples
                    ],
                }
                for table in self.tables
            ],
        }


def compare(
    plans: Mapping[str, AreaPlan], staging: Database, target: Database, *, only: str = ""
) -> dict[str, Compared]:
    """Every area, or ``only`` one of them, at one moment of each side. Raises Terminal for rows that cannot be read.

    Of one alone nothing is read but what it depends on, and what else writes to its tables; empty if it is not copied.
    """
    if only:
        plans = _concerning(plans, only)
    every = [table for plan in plans.values() for table in plan.tables]
    with ExitStack() as stack:
        reader = stack.enter_context(staging.session(read_only=True))
        writer = stack.enter_context(target.session())
        stack.enter_context(staging.read.snapshot(reader))
        stack.enter_context(target.configuration.rehearsal(writer))
        faults = {table.number: target.configuration.load(reader, writer, table) for table in every}
        return {
            name: _area(plan, plans, every, faults, target, writer)
            for name, plan in plans.items()
            if only in ("", name)
        }


def _concerning(plans: Mapping[str, AreaPlan], area: str) -> dict[str, AreaPlan]:
    """An area, those that it depends on, and those that write to a table of it."""
    if area not in plans:
        return {}
    mine = {table.table for table in plans[area].tables}
    return {
        name: plan
        for name, plan in plans.items()
        if name == area or name in plans[area].depends or mine & {table.table for table in plan.tables}
    }


def _area(
    plan: AreaPlan, plans: Mapping[str, AreaPlan], every: list[Copied], faults: Mapping[int, tuple[str, ...]],
    target: Database, writer: Any,
) -> Compared:  # fmt: skip
    role = target.configuration
    found = [role.difference(writer, table) for table in plan.tables]
    snapshot = plan.snapshot([each.staged for each in found])
    incomparable = tuple(line for table in plan.tables for line in faults[table.number])
    if incomparable:
        return Compared(plan.area, snapshot, (), incomparable)
    around = [*plan.tables, *(table for name in sorted(plan.depends) if name in plans for table in plans[name].tables)]
    tables = []
    for table, difference in zip(plan.tables, found, strict=True):
        others = [other for other in every if other.table == table.table and other.area != plan.area]
        tables.append(CompareTable(table.table, difference, tuple(role.against(writer, table, around, others))))
    return Compared(plan.area, snapshot, tuple(tables))
