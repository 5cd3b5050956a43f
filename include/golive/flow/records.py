"""What tasks write into the ledger, so that a report and a gate can read it: numbers and hashes, never rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from golive.compare import masked_key
from golive.databases.relation import Refusal
from golive.flow.world import World
from golive.keys import encode
from golive.plan import TablePlan
from golive.results import CheckResult, Verdict, worst
from golive.transfer import Settled

EXAMPLES = 10


def write_increment(
    here: World, what: str, tables: Sequence[Settled], kind: str = "increment", lanes: int = 1
) -> dict[str, int]:
    """Write a whole increment or sweep as one entry; returns its sums."""
    sums = {
        name: sum(getattr(table.moved, name) for table in tables)
        for name in ("read", "inserted", "updated", "unchanged", "deleted")
    }
    sums |= {
        "quarantined": sum(table.quarantined for table in tables),
        "undeleted": sum(table.undeleted for table in tables),
        "unfinished": sum(not table.finished for table in tables),
        "seconds": max((table.seconds for table in tables), default=0),
        "lanes": lanes,
    }
    here.write(
        kind,
        {"what": what, **sums},
        evidence={"what": what, "tables": [table.as_dict() for table in tables], "quarantine": quarantine(here)},
    )
    return sums


def quarantine(here: World) -> dict[str, Any]:
    """What is in quarantine now: for each table its rows by reason, some masked examples, and a hash of every key.

    The hashes tell at the end whether a row is in quarantine that nobody was shown.
    """
    out: dict[str, Any] = {}
    with here.target.session(read_only=True) as connection:
        for table in here.plan.tables:
            refusals = here.target.held.quarantined(connection, table.project, table.name)
            if refusals:
                out[table.name] = {
                    "rows": sum(refusal.rows for refusal in refusals),
                    "waiting": sum(refusal.rows for refusal in refusals if refusal.parked),
                    "reasons": _by_reason(refusals),
                    "examples": [_example(table, refusal) for refusal in refusals[:EXAMPLES]],
                    "keys": [key_hash(table, refusal) for refusal in refusals],
                }
    return out


def unseen(shown: dict[str, Any], now: dict[str, Any]) -> dict[str, int]:
    """Table -> how many keys are in quarantine now that were not shown."""
    out = {}
    for table, held in now.items():
        new = set(held["keys"]) - set(shown.get(table, {}).get("keys", ()))
        if new:
            out[table] = len(new)
    return out


def key_hash(table: TablePlan, refusal: Refusal) -> str:
    """A short hash of a quarantined key: enough to know it again, not to read it."""
    key = encode(tuple("NULL" if part is None else f"={part}" for part in refusal.key))
    return hashlib.sha256(f"{table.name}\n{key}".encode()).hexdigest()[:16]


def write_checks(here: World, results: Sequence[CheckResult], lane: int, lanes: int) -> Verdict:
    """Write one lane's verdicts; returns the worst."""
    verdict = worst(list(results))
    counts = {each.value: sum(result.verdict is each for result in results) for each in Verdict}
    here.write(
        "checks",
        {"lane": lane, "lanes": lanes, "verdict": verdict.value, **counts},
        evidence={"results": [result.as_dict() for result in results]},
    )
    return verdict


def _by_reason(refusals: Sequence[Refusal]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, str], int] = {}
    for refusal in refusals:
        reason = (refusal.reason, refusal.state or "", refusal.detail or "")
        sums[reason] = sums.get(reason, 0) + refusal.rows
    return [
        {"reason": reason, "state": state, "detail": detail, "rows": rows}
        for (reason, state, detail), rows in sorted(sums.items())
    ]


def _example(table: TablePlan, refusal: Refusal) -> dict[str, Any]:
    return {"key": list(masked_key(table, refusal.key)), "reason": refusal.reason, "state": refusal.state or ""}
