"""Two ordered streams of rows, compared cell by cell in one pass and bounded memory."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from golive.compare import EXAMPLES, example, masked_key
from golive.databases.relation import Refusal
from golive.keys import Key
from golive.plan import TablePlan
from golive.results import Example
from golive.validation.quarantined import NAMED

# (key, values) as ``Inspection.drawn`` gives them.
Line = tuple[str, str | None]


class Stream:
    """One side's rows in byte order of their keys; counts and hashes the keys as they pass."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._hash = hashlib.sha256()
        self.rows = 0
        self.now: Line | None = None
        self.step()

    def step(self) -> None:
        """Go on to the next row; ``now`` is None after the last."""
        line = next(self._lines, None)
        if line is not None:
            self.rows += 1
            self._hash.update(line[0].encode() + b"\n")
        self.now = line

    @property
    def digest(self) -> str:
        """SHA-256 over the keys so far."""
        return self._hash.hexdigest()


@dataclass
class Lonely:
    """Rows that only one side has, with the first of them as examples."""

    rows: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass
class Cells:
    """What a comparison found; ``columns`` counts unequal cells, ``named`` lists drawn keys of the quarantine."""

    source: Stream
    target: Stream
    matching: int = 0
    different: int = 0
    quarantined: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    missing: Lonely = field(default_factory=Lonely)
    extra: Lonely = field(default_factory=Lonely)
    examples: list[Example] = field(default_factory=list)
    named: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of the sample, a row that both sides have counted once."""
        return self.matching + self.different + self.missing.rows + self.extra.rows + self.quarantined


def compared(plan: TablePlan, source: Iterator[Line], target: Iterator[Line], held: Sequence[Refusal]) -> Cells:
    """Merge two streams by key. Rows of a table without a key are paired as often as both sides have them.

    A row without values is in quarantine, by ``held``: counted once for both sides, and named.
    """
    cells = Cells(Stream(source), Stream(target))
    reasons = {refusal.key: refusal.reason for refusal in held}
    last: str | None = None
    for one, other in paired(cells.source, cells.target):
        line = one or other
        assert line is not None
        if line[1] is None:
            if line[0] != last:
                last = line[0]
                _quarantined(plan, cells, last, reasons)
        elif one is not None and other is not None:
            _pair(plan, cells, one, other)
        else:
            _lonely(plan, cells.missing if one else cells.extra, line, of_source=one is not None)
    return cells


def paired(source: Stream, target: Stream) -> Iterator[tuple[Line | None, Line | None]]:
    """Both sides' rows in the order of their keys, those of one key together; None for a side that lacks the row."""
    while True:
        one, other = source.now, target.now
        if one is None and other is None:
            return
        # By code point, which is the order of UTF-8's bytes.
        left = one is not None and (other is None or one[0] <= other[0])
        right = other is not None and (one is None or other[0] <= one[0])
        yield one if left else None, other if right else None
        if left:
            source.step()
        if right:
            target.step()


def _pair(plan: TablePlan, cells: Cells, one: Line, other: Line) -> None:
    if one[1] == other[1]:
        cells.matching += 1
        return
    ours, theirs = _values(plan, one), _values(plan, other)
    cells.different += 1
    cells.columns.update(name for name in ours if ours[name] != theirs[name])
    if len(cells.examples) < EXAMPLES:
        cells.examples.append(example(plan, _key(one), ours, theirs))


def _lonely(plan: TablePlan, rows: Lonely, line: Line, *, of_source: bool) -> None:
    rows.rows += 1
    if plan.keyed and len(rows.examples) < EXAMPLES:
        values = _values(plan, line)
        rows.examples.append(example(plan, _key(line), values if of_source else None, None if of_source else values))


def _quarantined(plan: TablePlan, cells: Cells, text: str, reasons: dict[tuple[str | None, ...], str]) -> None:
    cells.quarantined += 1
    if len(cells.named) < NAMED:
        key = _key((text, None))
        cells.named.append({"key": list(masked_key(plan, key)), "reason": reasons.get(key, "in quarantine")})


def _key(line: Line) -> Key:
    return tuple(json.loads(line[0]))


def _values(plan: TablePlan, line: Line) -> dict[str, str | None]:
    return dict(zip((column.name for column in plan.target.columns), json.loads(line[1] or ""), strict=True))
