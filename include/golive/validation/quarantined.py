"""What a check knows of a table's quarantine: left out of the comparison, and never left unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from golive.compare import Pair, masked_key
from golive.databases.relation import Refusal
from golive.plan import TablePlan

# Keys that evidence names; the numbers beside them count all.
NAMED = 1_000


def refusals(plan: TablePlan, pair: Pair) -> tuple[Refusal, ...]:
    """The rows of a table that could not be migrated; none where nothing was ever begun."""
    return tuple(pair.target.database.held.quarantined(pair.target.connection, plan.project, plan.name))


def evidence(plan: TablePlan, held: Sequence[Refusal]) -> dict[str, Any]:
    """Rows and keys, how many for which reason, and the keys themselves as people may see them."""
    reasons: Counter[str] = Counter()
    for refusal in held:
        reasons[refusal.reason] += refusal.rows
    return {
        "rows": reasons.total(),
        "keys": len(held),
        "reasons": dict(sorted(reasons.items())),
        "named": [
            {"key": list(masked_key(plan, refusal.key)), "reason": refusal.reason, "state": refusal.state,
             "rows": refusal.rows}
            for refusal in held[:NAMED]
        ],
    }
