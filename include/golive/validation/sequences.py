"""Whether the next row of the new system's own gets a number that nobody has."""

from __future__ import annotations

from typing import Any

from golive.compare import Pair
from golive.databases.catalog import SequenceInfo
from golive.databases.operations import SequencePlace
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, Verdict
from golive.validation.foreign_keys import first_of_its_table


def check_sequences(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult | None:
    """Every sequence of the table stands beyond the furthest value of its column, in its own direction.

    None for a table without one. Of several entries for one table the first answers for it.
    """
    if not first_of_its_table(plan, whole):
        return None
    target = pair.target
    sequences = target.database.catalog.sequences(target.connection, plan.target.table)
    if not sequences:
        return None
    masked = frozenset[str]().union(*(t.sensitive for t in whole.tables if t.target.table == plan.target.table))
    places = [(s, target.database.inspect.sequence_place(target.connection, s)) for s in sequences]
    names = ", ".join(sequence.sequence for sequence in sequences)
    behind = [_words(sequence, place, masked) for sequence, place in places if not place.beyond]
    return CheckResult(
        "sequences", plan.name, Verdict.FAIL if behind else Verdict.PASS,
        "; ".join(behind) if behind else f"beyond the values of their columns: {names}",
        looked_at=len(places),
        evidence={"sequences": [_evidence(sequence, place, masked) for sequence, place in places]},
    )


def _words(sequence: SequenceInfo, place: SequencePlace, masked: frozenset[str]) -> str:
    if sequence.column in masked:
        return f"{sequence.sequence} is not beyond the values of {sequence.column}"
    extreme = "highest" if place.step > 0 else "lowest"
    return (
        f"{sequence.sequence} gives {place.following} next, but the {extreme} {sequence.column} is {place.furthest}"
    )


def _evidence(sequence: SequenceInfo, place: SequencePlace, masked: frozenset[str]) -> dict[str, Any]:
    secret = sequence.column in masked
    return {
        "sequence": sequence.sequence, "column": sequence.column, "step": place.step, "beyond": place.beyond,
        "next": "***" if secret else place.following, "furthest": "***" if secret else place.furthest,
    }
