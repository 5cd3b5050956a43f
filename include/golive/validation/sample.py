"""The sample: a part of every table, drawn by a seeded hash over the keys of both sides, compared cell by cell.

A row is drawn if the seeded hash of its key falls below a threshold. Both servers compute the same
hash, so a row that one side lacks is drawn on the other. The threshold is the lowest of 4096 steps
at which each side has its part, rounded up. Same seed and same data give the same sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from golive.compare import Pair, both, keys_of
from golive.databases import Database
from golive.databases.operations import DRAW_STEPS
from golive.databases.relation import Part, Refusal
from golive.errors import Terminal
from golive.plan import Plan, TablePlan
from golive.results import Example, Verdict, worst
from golive.validation.cells import Cells, Line, compared
from golive.validation.counts import EMPTY
from golive.validation.quarantined import refusals
from golive.validation.sessions import on_both, one_moment

LEAST_PERCENT = 10


@dataclass(frozen=True, slots=True)
class SampledTable:
    """One table of a sample.

    ``source_rows`` and ``target_rows`` are all rows of the mapped source and all that the target
    owns; ``source_drawn`` and ``target_drawn`` those of the sample: at least ``percent`` of each side,
    rounded up, fewer only where rows have no key. ``sampled`` is both together, a row of both sides
    and a quarantined key counted once. ``threshold`` is in steps of 4096. ``source_keys`` and
    ``target_keys`` are SHA-256 over the drawn keys in byte order. Quarantined keys are listed with
    their reasons and left out of the verdict. ``columns`` counts the unequal cells by column.
    """

    table: str
    verdict: Verdict
    says: str
    source_rows: int = 0
    target_rows: int = 0
    sampled: int = 0
    source_drawn: int = 0
    target_drawn: int = 0
    threshold: int = 0
    source_keys: str = ""
    target_keys: str = ""
    matching: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    quarantined: int = 0
    columns: dict[str, int] | None = None
    quarantined_keys: tuple[dict[str, Any], ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of every table. ``seed`` and ``percent`` draw it again."""

    seed: int
    percent: int
    tables: tuple[SampledTable, ...]

    @property
    def verdict(self) -> Verdict:
        """PASS only if there are tables and every one of them passed."""
        return worst(self.tables)

    @property
    def sampled(self) -> int:
        """Rows of the sample over all tables."""
        return sum(table.sampled for table in self.tables)

    @property
    def says(self) -> str:
        """The whole in one sentence."""
        sums = [
            sum(getattr(table, name) for table in self.tables)
            for name in ("source_rows", "matching", "different", "missing", "extra", "quarantined")
        ]
        bad = [table.table for table in self.tables if table.verdict is not Verdict.PASS]
        words = (
            f"{self.sampled} of {sums[0]} rows drawn with seed {self.seed}: {sums[1]} match, {sums[2]} differ,"
            f" {sums[3]} are missing, {sums[4]} are extra, {sums[5]} are in quarantine"
        )
        return words + (f"; not passed: {', '.join(bad)}" if bad else "")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON for the ledger: text, integers, lists."""
        data = asdict(self) | {"verdict": self.verdict, "says": self.says, "sampled": self.sampled}
        plain: dict[str, Any] = json.loads(json.dumps(data))
        return plain


def draw_and_compare(plan: Plan, source: Database, target: Database, *, seed: int, percent: int) -> Sample:
    """Draw at least ``percent`` of every table's rows on each side, rounded up, and compare them cell by cell.

    Only reads. Two scans a side and table, both sides at once; memory does not grow with the table.
    A table that could not be compared is ERROR and the others go on; one of which nothing was
    compared is VACUOUS unless counting proves it empty on both sides. Raises Terminal for a percent
    below 10 or over 100 and a seed beyond 64 bits, ConnectionLost when a side cannot be reached.
    """
    if not LEAST_PERCENT <= percent <= 100:
        raise Terminal(f"a sample of {percent}% was asked for: name one of {LEAST_PERCENT} to 100")
    if not -(1 << 63) <= seed < 1 << 63:
        raise Terminal(f"the seed {seed} has more than 64 bits: name a smaller one")

    def work(pair: Pair, table: TablePlan) -> SampledTable:
        with one_moment(pair):
            return _sampled(table, pair, seed, percent)

    def failed(table: TablePlan, line: str) -> SampledTable:
        return SampledTable(table.name, Verdict.ERROR, f"could not be compared: {line}")

    return Sample(seed, percent, tuple(on_both(source, target, plan.tables, work, failed)))


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of one table: all rows of both sides, and streams of those that were drawn, in key order."""

    source_rows: int
    target_rows: int
    threshold: int
    held: tuple[Refusal, ...]
    source: Iterator[Line]
    target: Iterator[Line]


@contextmanager
def drawing(
    plan: TablePlan, pair: Pair, seed: int, percent: int, part: Part = Part.ALL, threshold: int = 0, spare: bool = False
) -> Iterator[Drawing]:
    """Draw at least ``percent`` of a table's rows on each side, rounded up; of the source, of this ``part``.

    With a ``threshold`` of an earlier draw, every row of that one is drawn again, as long as it is there. With
    ``spare`` rows that many are drawn even if every quarantined one is among them. The streams end with the block,
    and the sessions do nothing else before it. Raises what the databases raise.
    """
    held = refusals(plan, pair)
    left_out = keys_of(held)
    mine, yours = both(
        lambda: pair.source.database.inspect.draw_counts(pair.source.connection, plan.source, seed, part),
        lambda: pair.target.database.inspect.draw_counts(pair.target.connection, plan.target, seed),
    )
    ours, theirs = sum(mine.values()), sum(yours.values())
    # A row without a key is never drawn, so none stands for it.
    more = sum(refusal.rows for refusal in held if None not in refusal.key) if spare else 0
    wanted = _threshold(mine, part_of(ours, percent) + more), _threshold(yours, part_of(theirs, percent) + more)
    threshold = max(threshold, *wanted)
    with (
        pair.source.database.inspect.drawn(pair.source.connection, plan.source, seed, threshold, left_out, part) as one,
        pair.target.database.inspect.drawn(pair.target.connection, plan.target, seed, threshold, left_out) as other,
    ):
        yield Drawing(ours, theirs, threshold, held, one, other)


def _sampled(plan: TablePlan, pair: Pair, seed: int, percent: int) -> SampledTable:
    with drawing(plan, pair, seed, percent) as drawn:
        cells = compared(plan, drawn.source, drawn.target, drawn.held)
    ours, theirs = drawn.source_rows, drawn.target_rows
    verdict, says = _verdict(plan, cells, empty=not (ours or theirs or drawn.held))
    return SampledTable(
        plan.name, verdict, says, ours, theirs, cells.rows, cells.source.rows, cells.target.rows, drawn.threshold,
        cells.source.digest, cells.target.digest, cells.matching, cells.different, cells.missing.rows,
        cells.extra.rows, cells.quarantined, dict(sorted(cells.columns.items())), tuple(cells.named),
        (*cells.examples, *cells.missing.examples, *cells.extra.examples),
    )  # fmt: skip


def part_of(rows: int, percent: int) -> int:
    """``percent`` of these rows, rounded up."""
    return -(-rows * percent // 100)


def _threshold(counts: dict[int | None, int], wanted: int) -> int:
    """The lowest step below which there are this many rows; all steps if there are not so many."""
    drawn = 0
    for step in range(DRAW_STEPS):
        if drawn >= wanted:
            return step
        drawn += counts.get(step, 0)
    return DRAW_STEPS


def _verdict(plan: TablePlan, cells: Cells, *, empty: bool) -> tuple[Verdict, str]:
    if empty:
        return Verdict.PASS, EMPTY
    words = (
        f"{cells.matching} rows match, {cells.different} differ, {cells.missing.rows} are missing,"
        f" {cells.extra.rows} are extra"
    )
    if cells.quarantined:
        words += f"; {cells.quarantined} keys of the sample are in quarantine"
    if not plan.keyed:
        words += "; the table has no key: compared as a multiset of hashes"
    if cells.different or cells.missing.rows or cells.extra.rows:
        return Verdict.FAIL, words
    return (Verdict.PASS if cells.matching else Verdict.VACUOUS), words
