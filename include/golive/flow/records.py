"""What tasks write into the ledger, so that a report and a gate can read it: numbers and hashes, never rows."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from golive.compare import masked_key
from golive.databases.relation import Refusal
from golive.flow.world import World
from golive.keys import encode
from golive.plan import TablePlan
from golive.readiness.validated import TABLES
from golive.results import CheckResult, Verdict, worst
from golive.transfer import Settled

if TYPE_CHECKING:
    from golive.validation.failing import FailingKeys

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
    with here.target.session(read_only=True) as connection:
        found = [
            (table, refusals)
            for table in here.plan.tables
            if (refusals := here.target.held.quarantined(connection, table.project, table.name))
        ]
    if not found:
        return {}
    # Golive's tables are there, for they hold these rows.
    secret = secret_of(here).decode()
    return {
        table.name: {
            "rows": sum(refusal.rows for refusal in refusals),
            "waiting": sum(refusal.rows for refusal in refusals if refusal.parked),
            "reasons": _by_reason(refusals),
            "examples": [_example(table, refusal) for refusal in refusals[:EXAMPLES]],
            "keys": [key_hash(table, refusal, secret) for refusal in refusals],
        }
        for table, refusals in found
    }


def unseen(shown: dict[str, Any], now: dict[str, Any]) -> dict[str, set[str]]:
    """Table -> the hashes of the keys that are in quarantine now, and were not shown."""
    new = {table: set(held["keys"]) - set(shown.get(table, {}).get("keys", ())) for table, held in now.items()}
    return {table: keys for table, keys in new.items() if keys}


def key_hash(table: TablePlan, refusal: Refusal, secret: str) -> str:
    """A short hash of a quarantined key: enough to know it again, not to find it by trying out every number."""
    key = encode(tuple("NULL" if part is None else f"={part}" for part in refusal.key))
    return hmac.new(secret.encode(), f"{table.name}\n{key}".encode(), hashlib.sha256).hexdigest()[:32]


def write_checks(
    here: World, results: Sequence[CheckResult], part: str, lane: int, lanes: int, mapping: str
) -> Verdict:
    """Write one lane's verdicts about tables, suites or comparisons; returns the worst.

    ``mapping`` is what ``judged_by`` gave before they were judged: what was changed meanwhile is another one. In the
    final migration the entry says how many of them keep the new system shut too.
    """
    verdict = worst(list(results))
    counts = {each.value: sum(result.verdict is each for result in results) for each in Verdict}
    here.write(
        "checks",
        {
            **{"part": part, "lane": lane, "lanes": lanes, "verdict": verdict.value},
            **counts,
            "mapping": mapping,
            **_shut(here, results, part),
        },
        evidence={"results": [result.as_dict() for result in results]},
    )
    return verdict


def _shut(here: World, results: Sequence[CheckResult], part: str) -> dict[str, int]:
    from golive.project.roadmap import GOING_LIVE
    from golive.readiness.findings import waivers
    from golive.readiness.validated import shutting

    if here.stage != GOING_LIVE:
        return {}
    if part == TABLES:
        return {"shut": sum(not result.passed for result in results)}
    return {"shut": len(shutting(results, waivers(here, results)))}


def write_failing_keys(here: World, keys: FailingKeys) -> str:
    """Write every key that a check refuses, as a file beside the ledger; gives the hash under which it stands there."""
    from golive.validation.failing import packed

    entry = here.write("failing_keys", {"check": keys.name, "columns": list(keys.columns)}, evidence=packed(keys))
    assert entry.evidence_hash is not None
    return entry.evidence_hash


def secret_of(here: World) -> bytes:
    """What hashes of values are made with: the new system's own, which stands there alone."""
    with here.target.session() as connection:
        return here.target.state.secret(connection).encode()


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
