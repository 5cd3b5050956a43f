"""Whether every child in the target has its parent, also where the server was never asked."""

from __future__ import annotations

from golive.compare import Pair
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, Verdict


def check_foreign_keys(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult | None:
    """Count the orphans of every foreign key that touches the table, NOT VALID ones too; None if there is none.

    A key belongs to its child's check; to its parent's where the plan does not know the child. Of
    several entries for one table the first answers for it.
    """
    if not first_of_its_table(plan, whole):
        return None
    planned = {table.target.table for table in whole.tables}
    target, table = pair.target, plan.target.table
    keys = [
        key for key in target.database.catalog.foreign_keys(target.connection)
        if key.child == table or (key.parent == table and key.child not in planned)
    ]
    if not keys:
        return None
    found, rows, orphans = [], 0, 0
    for key in keys:
        children, lost = target.database.inspect.orphans(target.connection, key)
        rows, orphans = rows + children, orphans + lost
        found.append({
            "key": key.name, "child": key.child, "columns": list(key.columns), "parent": key.parent,
            "rows": children, "orphans": lost, "valid": key.valid,
        })
    broken = ", ".join(f"{f['orphans']} of {f['key']} ({f['child']} -> {f['parent']})" for f in found if f["orphans"])
    unchecked = [key.name for key in keys if not key.valid]
    says = f"{orphans} orphans among {rows} children of {len(keys)} foreign key(s)" + (f": {broken}" if broken else "")
    if unchecked:
        says += f"; not validated by the server: {', '.join(unchecked)}"
    # A child outside the plan that has no rows is proven empty by the same count.
    vacuous = not rows and any(key.child == table for key in keys)
    verdict = Verdict.FAIL if orphans else Verdict.VACUOUS if vacuous else Verdict.PASS
    return CheckResult("foreign_keys", plan.name, verdict, says, looked_at=rows, evidence={"keys": found})


def first_of_its_table(plan: TablePlan, whole: Plan) -> bool:
    """Whether this is the first entry that writes to its table."""
    return next(table.name for table in whole.tables if table.target.table == plan.target.table) == plan.name
