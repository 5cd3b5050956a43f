"""Whether the plan still means the same to both live schemas."""

from __future__ import annotations

from golive import plan as planning
from golive.compare import Pair
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, Verdict


def check_schema(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult:
    """Resolve the plan anew and name what changed since: columns, types, nullability, key, expressions.

    FAILs too where the rows were copied under another plan than this one, and where a NOT NULL column
    of the target is filled by nothing. Columns that are merely left empty are named in the evidence.
    """
    source, target = pair.source, pair.target
    now, found = planning.again(
        plan, whole.project, source.database, source.connection, target.database, target.connection
    )
    differences = list(found)
    if now is not None:
        differences += _changed(plan, now)
    progress = target.database.state.progress(target.connection, plan.project, plan.name)
    if progress is not None:
        then = progress["fingerprint"]
        differences += [f"copied under another plan: {words}" for words in _parts(then, plan.fingerprint)]
    unfilled, empty = _unmapped(plan, pair)
    differences += [f"{name} is NOT NULL, and neither the mapping nor a default fills it" for name in unfilled]
    columns = len(plan.target.columns)
    says = "; ".join(differences) if differences else f"{columns} columns fit both live schemas"
    return CheckResult(
        "schema", plan.name, Verdict.FAIL if differences else Verdict.PASS, says, looked_at=columns,
        evidence={"differences": differences, "left_empty": empty},
    )


def _changed(before: TablePlan, now: TablePlan) -> list[str]:
    changed = _parts(before.fingerprint, now.fingerprint)
    new = {column.name: column for column in now.target.columns}
    for column in before.target.columns:
        other = new.get(column.name)  # of one that went, or changed its type, the fingerprint says so
        if other is not None and column.nullable != other.nullable:
            changed.append(f"{column.name} was {_null(column.nullable)}, is {_null(other.nullable)}")
    return changed


def _parts(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """What two fingerprints do not share, in words."""
    return [
        f"{part} was {before.get(part) or 'absent'}, is {now.get(part) or 'absent'}"
        for part in sorted(before.keys() | now.keys()) if before.get(part) != now.get(part)
    ]


def _unmapped(plan: TablePlan, pair: Pair) -> tuple[list[str], list[str]]:
    """Columns that nothing fills: (those that must not be empty, those that may)."""
    info = pair.target.database.catalog.table(pair.target.connection, plan.target.table)
    if info is None:
        return [], []
    mapped = {column.name for column in plan.target.columns}
    left = [c for c in info.columns if c.name not in mapped and not c.default and not c.generated]
    return [c.name for c in left if not c.nullable], [c.name for c in left if c.nullable]


def _null(nullable: bool) -> str:
    return "nullable" if nullable else "NOT NULL"
