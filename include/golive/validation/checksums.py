"""Whether the digests of both sides agree, over all rows that could be migrated."""

from __future__ import annotations

import hashlib

from golive.compare import Pair, digests, keys_of
from golive.databases.relation import Digest, Rows
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, Verdict
from golive.validation.quarantined import refusals
from golive.validation.sessions import one_moment

# Fixed, so that the digest of the same rows is the same in every run.
BUCKETS = 1024


def check_checksums(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult:
    """Hash every row of both sides into buckets by key; quarantined keys are left out on both."""
    with one_moment(pair):
        rows = Rows(without=keys_of(refusals(plan, pair)))
        mine, yours = digests(plan, pair, rows, rows, BUCKETS)
    ours, theirs = _rows(mine), _rows(yours)
    unequal = sum(mine.get(number) != yours.get(number) for number in mine.keys() | yours.keys())
    one, other = _digest(mine), _digest(yours)
    if not ours and not theirs:
        verdict, says = Verdict.VACUOUS, "there is no row to hash on either side"
    elif unequal:
        verdict = Verdict.FAIL
        says = (
            f"source {one} over {ours} rows, target {other} over {theirs} rows:"
            f" {unequal} of {BUCKETS} buckets differ"
        )
    else:
        verdict, says = Verdict.PASS, f"{one} over {ours} rows on both sides"
    return CheckResult(
        "checksums", plan.name, verdict, says, looked_at=ours + theirs,
        evidence={
            "source": {"rows": ours, "digest": one}, "target": {"rows": theirs, "digest": other},
            "unequal_buckets": unequal, "buckets": BUCKETS, "keys_left_out": len(rows.without),
        },
    )


def _rows(buckets: dict[int, Digest]) -> int:
    return sum(digest.rows for digest in buckets.values())


def _digest(buckets: dict[int, Digest]) -> str:
    """All buckets in sixteen letters."""
    lines = "".join(f"{number} {digest.rows} {digest.total}\n" for number, digest in sorted(buckets.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]
