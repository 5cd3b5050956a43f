"""Which rows differ, by key."""

from __future__ import annotations

from dataclasses import dataclass, field

from golive.compare import EXAMPLES, Difference, Pair, differences, examples
from golive.databases.relation import Refusal, Rows
from golive.errors import IdentityBroken
from golive.keys import Key
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, TableDiff, Verdict
from golive.validation.quarantined import evidence, refusals
from golive.validation.sessions import one_moment


@dataclass
class _Tally:
    """Sums over all pieces of a comparison, and of each kind the first keys."""

    source: int = 0
    target: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    first: Difference = field(default_factory=lambda: Difference(0, 0, (), (), ()))
    left_out: tuple[Refusal, ...] = ()

    def add(self, piece: Difference) -> None:
        self.source += piece.source
        self.target += piece.target
        self.different += len(piece.different)
        self.missing += len(piece.missing)
        self.extra += len(piece.extra)
        self.left_out += piece.left_out
        self.first = Difference(
            0, 0, missing=_first(self.first.missing, piece.missing), extra=_first(self.first.extra, piece.extra),
            different=_first(self.first.different, piece.different),
        )

    @property
    def matching(self) -> int:
        return self.source - self.missing - self.different


def check_rows(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult:
    """Compare all rows by key: matching, different, missing and extra ones, at most ten examples of each.

    Quarantined keys are left out on both sides and stand in the evidence. Rows of the source that an
    expression fails on, or that share a key, FAIL where they are not in quarantine. A table without a
    key is compared as a multiset of hashes, which gives numbers and no examples.
    """
    tally = _Tally()
    with one_moment(pair):
        held = refusals(plan, pair)
        try:
            for piece in differences(plan, pair, Rows(), held):
                tally.add(piece)
        except IdentityBroken as broken:  # two rows of one key: the message names it, masked
            return CheckResult("rows", plan.name, Verdict.FAIL, broken.message, tally.source + tally.target)
        shown = examples(plan, pair, tally.first) if plan.keyed else ()
    unfit = tally.left_out[len(held) :]
    diff = TableDiff(plan.name, tally.matching, tally.different, tally.missing, tally.extra, shown)
    return CheckResult(
        "rows", plan.name, _verdict(tally, diff, unfit), _says(plan, diff, held, unfit),
        looked_at=tally.source + tally.target, diff=diff,
        evidence={"quarantined": evidence(plan, held), "not_quarantined": evidence(plan, unfit)},
    )


def _verdict(tally: _Tally, diff: TableDiff, unfit: tuple[Refusal, ...]) -> Verdict:
    if not diff.equal or unfit:
        return Verdict.FAIL
    return Verdict.PASS if tally.source or tally.target else Verdict.VACUOUS


def _says(plan: TablePlan, diff: TableDiff, held: tuple[Refusal, ...], unfit: tuple[Refusal, ...]) -> str:
    words = f"{diff.matching} rows match, {diff.different} differ, {diff.missing} are missing, {diff.extra} are extra"
    if not plan.keyed:
        words += "; the table has no key: compared as a multiset of hashes, a changed row counts as missing and extra"
    if unfit:
        words += f"; {sum(r.rows for r in unfit)} more cannot be read or told apart, and are not in quarantine"
    if held:
        words += f"; {len(held)} keys in quarantine are left out"
    return words


def _first(known: tuple[Key, ...], more: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple(sorted((*known, *more))[:EXAMPLES]) if more else known
