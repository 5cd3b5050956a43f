"""The count identity of a table, over all of its rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from golive.compare import Pair, both, keys_of
from golive.databases.relation import Relation, Rows
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, Verdict
from golive.validation.quarantined import refusals
from golive.validation.sessions import one_moment

EMPTY = "empty on both sides"

# Quarantined keys that are looked up in the target at once.
BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a table: ``source`` of the whole mapped source, ``target`` of those that the target owns.

    ``quarantined`` are source rows, several of them where they share a key; ``held`` are rows of the
    target whose key is in quarantine, counted in ``target`` as well.
    """

    source: int
    target: int
    quarantined: int
    held: int

    @property
    def empty(self) -> bool:
        return not (self.source or self.target or self.quarantined)

    @property
    def balanced(self) -> bool:
        return self.source == self.target - self.held + self.quarantined


def count(plan: TablePlan, pair: Pair) -> Counted:
    """Count both sides, rows without a key included, each at one moment."""
    with one_moment(pair):
        held = refusals(plan, pair)
        source, target = both(
            lambda: pair.source.database.read.count(pair.source.connection, _every(plan.source), Rows()),
            lambda: pair.target.database.read.count(pair.target.connection, _every(plan.target), Rows()),
        )
        keys, read = keys_of(held), pair.target.database.read
        there = sum(
            read.count(pair.target.connection, plan.target, Rows(keys=keys[start : start + BATCH]))
            for start in range(0, len(keys), BATCH)
        )
    return Counted(source, target, sum(refusal.rows for refusal in held), there)


def check_counts(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult:
    """Source rows = rows that the target owns - held rows + quarantined rows."""
    counted = count(plan, pair)
    if counted.empty:
        says = EMPTY
    else:
        says = (
            f"{counted.source} source rows {'=' if counted.balanced else 'are not'} {counted.target} target rows"
            f" - {counted.held} held + {counted.quarantined} quarantined"
        )
    return CheckResult(
        "counts", plan.name, Verdict.PASS if counted.balanced else Verdict.FAIL, says,
        looked_at=counted.source + counted.target, evidence=asdict(counted),
    )


def _every(relation: Relation) -> Relation:
    """The relation without its key: all rows are meant, also those in which a part of the key is NULL."""
    return replace(relation, key=())
