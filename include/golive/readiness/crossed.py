"""Checks that say something true while rows are still crossing, before the source is frozen.

The final migration compares everything with everything. Before it the source lives, and rows are on their
way: a difference is only a finding where Golive has carried the row, and nothing says that the row may have
changed since. Sequences are left out: the final migration sets them, and checks them then.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from golive.compare import Difference, Pair, differences, examples, masked_key
from golive.databases.relation import Part, Refusal, Rows
from golive.errors import IdentityBroken
from golive.keys import Key
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, TableDiff, Verdict
from golive.validation.counts import EMPTY, count
from golive.validation.quarantined import evidence, refusals
from golive.validation.run import Check, run_checks
from golive.validation.sessions import on_both, one_moment

if TYPE_CHECKING:
    from golive.databases import Database

# Of the final migration's checks, those whose word is worth as much before it.
OF_THE_FINAL = ("schema", "foreign_keys")

EXAMPLES = 10
BATCH = 10_000

_PARTS = {"older": Part.OLDER, "all": Part.ALL}


def check_so_far(plan: Plan, source: Database, target: Database, tables: frozenset[str]) -> list[CheckResult]:
    """The results of every check of these tables that can be true before the freeze. Nothing is written.

    A check that could not run is ERROR, and the others still run; one that looked at nothing is VACUOUS.
    Raises ConnectionLost when a side cannot be reached.
    """
    results = run_checks(plan, source, target, names=OF_THE_FINAL, tables=tables)
    units = [(name, table) for name in OF_ITS_OWN for table in plan.tables if table.name in tables]

    def work(pair: Pair, unit: tuple[str, TablePlan]) -> CheckResult | None:
        return OF_ITS_OWN[unit[0]](unit[1], pair, plan)

    def failed(unit: tuple[str, TablePlan], line: str) -> CheckResult:
        return CheckResult(unit[0], unit[1].name, Verdict.ERROR, f"could not run: {line}")

    return [*results, *(result for result in on_both(source, target, units, work, failed) if result is not None)]


def absent(plan: Plan, have: Set[tuple[str, str]]) -> list[str]:
    """The results that should be there and are not, as ``table: check``; ``have`` are (check, table)."""
    return [
        f"{table.name}: {name}"
        for table in plan.tables
        for name in ("schema", "crossed", *(("duplicates",) if table.keyed else ()))
        if (name, table.name) not in have
    ]


def check_duplicates(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult | None:
    """Whether every row of the mapped source can be told apart by its key; None for a table without a key.

    Rows that share a key, or have none, cannot be migrated: they go into quarantine until the source is
    corrected.
    """
    if not plan.keyed:
        return None
    if plan.unique:
        says = "the source itself keeps the key unique and not null"
        return CheckResult("duplicates", plan.name, Verdict.PASS, says, looked_at=len(plan.target.key))
    read, reader = pair.source.database.read, pair.source.connection
    with read.snapshot(reader):
        rows = read.count(reader, plan.source, Rows())
        shared, keyless = read.duplicates(reader, plan.source), read.without_key(reader, plan.source)
    without = sum(refusal.rows for refusal in keyless)
    if not rows and not without:
        verdict = Verdict.PASS if count(plan, pair).empty else Verdict.VACUOUS
        says = EMPTY if verdict is Verdict.PASS else "the source has no row"
        return CheckResult("duplicates", plan.name, verdict, says)
    verdict = Verdict.FAIL if shared or keyless else Verdict.PASS
    says = (
        f"{len(shared)} keys are shared by {sum(refusal.rows for refusal in shared)} of {rows} rows, and {without} rows"
        " lack a part of the key"
        if verdict is Verdict.FAIL
        else f"{rows} rows, each with a key of its own"
    )
    named = [{"key": list(masked_key(plan, r.key)), "rows": r.rows} for r in (*shared, *keyless)[:EXAMPLES]]
    return CheckResult(
        "duplicates", plan.name, verdict, says, looked_at=rows + without,
        evidence={"keys": len(shared), "rows": sum(r.rows for r in shared), "without_key": without, "named": named},
    )  # fmt: skip


def check_crossed(plan: TablePlan, pair: Pair, whole: Plan) -> CheckResult:
    """Compare what the checkpoints say has crossed with the source as it is now; VACUOUS where nothing has.

    A missing or different row is a finding only if its cursor lies before what the next increment reads
    again. Any other difference may be a change since: it waits for the next increment or sweep, and is
    counted apart. So is all that differs of a table without a cursor, and every row that the source has no
    more. Rows in quarantine are left out; others that cannot be read or told apart are findings.
    """
    with one_moment(pair):
        progress = pair.target.database.state.progress(pair.target.connection, plan.project, plan.name)
        covered = progress["covered"] if progress else "none"
        if progress is None or covered == "none":
            verdict = Verdict.PASS if count(plan, pair).empty else Verdict.VACUOUS
            says = EMPTY if verdict is Verdict.PASS else "no row has crossed yet"
            return CheckResult("crossed", plan.name, verdict, says)
        held = refusals(plan, pair)
        tally = _Tally(plan, pair, _read_again(plan, pair, progress["bound"], whole.project.limits.overlap_seconds))
        try:
            for piece in differences(plan, pair, Rows(part=_PARTS[covered]), held):
                tally.add(piece)
        except IdentityBroken as broken:  # two rows of one key in the target: the message names it, masked
            return CheckResult("crossed", plan.name, Verdict.FAIL, broken.message, tally.source + tally.target)
        shown = examples(plan, pair, tally.first) if plan.keyed else ()
        empty = not (tally.source or tally.target) and count(plan, pair).empty
    unfit = tally.left_out[len(held) :]
    diff = TableDiff(plan.name, tally.matching, tally.different, tally.missing, 0, shown)
    if empty:
        verdict, says = Verdict.PASS, EMPTY
    else:
        fails = not diff.equal or bool(unfit)
        verdict = Verdict.FAIL if fails else Verdict.PASS if tally.matching else Verdict.VACUOUS
        says = _says(plan, covered, tally, held, unfit)
    return CheckResult(
        "crossed", plan.name, verdict, says, looked_at=tally.source + tally.target, diff=diff,
        evidence={
            "covered": covered, "waiting": tally.waiting, "gone": tally.gone, "quarantined": evidence(plan, held),
            "not_quarantined": evidence(plan, unfit),
        },
    )  # fmt: skip


# What the final migration does not check so: there every row can be compared, and every count.
OF_ITS_OWN: dict[str, Check] = {"duplicates": check_duplicates, "crossed": check_crossed}


@dataclass
class _Tally:
    """Sums over all pieces of a comparison, and the first keys of what is a finding.

    ``since`` bounds the rows that the next increment reads again; None where it reads all of them.
    ``waiting`` are rows that may have changed since they crossed, ``gone`` those that only the target has.
    """

    plan: TablePlan
    pair: Pair
    since: str | None
    source: int = 0
    target: int = 0
    missing: int = 0
    different: int = 0
    waiting: int = 0
    gone: int = 0
    first: Difference = field(default_factory=lambda: Difference(0, 0, (), (), ()))
    left_out: tuple[Refusal, ...] = ()

    def add(self, piece: Difference) -> None:
        missing, different = self._settled(piece.missing), self._settled(piece.different)
        self.source += piece.source
        self.target += piece.target
        self.missing += len(missing)
        self.different += len(different)
        self.waiting += len(piece.missing) + len(piece.different) - len(missing) - len(different)
        self.gone += len(piece.extra)
        self.left_out += piece.left_out
        self.first = replace(
            self.first,
            missing=_first(self.first.missing, missing),
            different=_first(self.first.different, different),
        )

    @property
    def matching(self) -> int:
        return self.source - self.missing - self.different - self.waiting

    def _settled(self, keys: tuple[Key, ...]) -> list[Key]:
        """Those of the keys whose rows nothing will read again: their difference stays until a sweep sees it."""
        if self.since is None:
            return []
        read, reader = self.pair.source.database.read, self.pair.source.connection
        settled: list[Key] = []
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            moving = read.present(reader, self.plan.source, Rows(keys=batch, since=self.since))
            moving |= read.present(reader, self.plan.source, Rows(keys=batch, nulls=True))
            settled += [key for key in batch if key not in moving]
        return settled


def _read_again(plan: TablePlan, pair: Pair, bound: str | None, overlap_seconds: int) -> str | None:
    """From which cursor the next increment reads; None if it reads, or compares, every row."""
    if not plan.keyed or plan.source.cursor is None or bound is None:
        return None
    source = pair.source
    return source.database.read.cursor_before(source.connection, plan.source, bound, overlap_seconds)


def _says(plan: TablePlan, covered: str, tally: _Tally, held: Sequence[Refusal], unfit: Sequence[Refusal]) -> str:
    slice_ = "the older rows" if covered == "older" and plan.spec.older_than else "the rows that have crossed"
    words = f"{tally.matching} of {slice_} match"
    if tally.missing or tally.different:
        words += (
            f"; {tally.different} differ and {tally.missing} are missing, although nothing says that they changed"
            " since they crossed"
        )
    if tally.waiting:
        words += f"; {tally.waiting} wait for the next increment"
    if tally.gone:
        words += f"; {tally.gone} are in the target alone, until the next sweep"
    if unfit:
        words += f"; {sum(r.rows for r in unfit)} cannot be read or told apart, and are not in quarantine"
    if held:
        words += f"; {len(held)} keys in quarantine are left out"
    return words


def _first(known: tuple[Key, ...], more: Sequence[Key]) -> tuple[Key, ...]:
    return tuple(sorted((*known, *more))[:EXAMPLES]) if more else known
