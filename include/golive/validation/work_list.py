"""The rows of a sample that people look at: both sides beside each other, and nothing sensitive that can be read.

A secret makes the names of rows, the masks and the digests: without it nobody finds out, by trying values, what a
mask stands for. The same secret gives the same ones, so a row that did not change is known again in a new load.
Rows of a table without sensitive columns need none, and are known again even in a database that was made anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from heapq import nsmallest
from itertools import chain
from typing import Any

from golive.compare import Pair
from golive.databases.relation import Part
from golive.plan import TablePlan
from golive.validation.cells import Line, Stream, paired
from golive.validation.sample import LEAST_PERCENT, Drawing, drawing, part_of

# Rows of the source that are asked for by their keys at once.
BATCH = 1_000

Both = tuple[Line | None, Line | None]


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One row as people see it, values as text in the order of the list's columns.

    ``row`` names it, ``key`` is its key; ``source`` and ``target`` are None for a side that lacks it.
    ``differs`` are the columns whose values are not the same, ``digest`` tells whether any of it changed.
    """

    row: str
    key: tuple[str, ...]
    source: tuple[str | None, ...] | None
    target: tuple[str | None, ...] | None
    differs: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class WorkList:
    """What people look at of one table, and what the machine found in the whole sample.

    ``of`` are all rows of the side that has more, without those of the source in quarantine, ``drawn`` those of the
    sample, below ``threshold``, of which ``rows`` are the lowest by their names, and those that were to be kept.
    Rows in quarantine are counted alone: they have not crossed.
    """

    columns: tuple[str, ...]
    of: int
    threshold: int
    drawn: int
    matching: int
    different: int
    missing: int
    extra: int
    quarantined: int
    rows: tuple[WorkRow, ...]

    def evidence(self) -> dict[str, Any]:
        """Plain JSON for the ledger."""
        plain: dict[str, Any] = json.loads(
            json.dumps({"columns": self.columns, "rows": [asdict(row) for row in self.rows]})
        )
        return plain


def draw_for_people(
    plan: TablePlan,
    pair: Pair,
    *,
    seed: int,
    secret: bytes,
    rows: int | None = None,
    part: Part = Part.ALL,
    kept: Collection[str] = (),
    threshold: int = 0,
) -> WorkList:
    """Draw a tenth of a table that has a key, compare all of it, and keep what people look at: as much, or ``rows``.

    The same seed draws what ``draw_and_compare`` draws, and a row more for each in quarantine. The rows named in
    ``kept`` are looked at beside, as long as they are there, if ``threshold`` is that of the list on which they
    stand. Only reads; what is held is what people look at. With a ``part`` only that part of the source has crossed:
    a row that the target alone has of it is looked up in the whole source. Raises what the databases raise,
    RowsRefused for a row that the source cannot read.
    """
    seen, held = _Seen(plan, secret, part), list[Both]()

    def passing(each: Both) -> Both:
        if seen.name(each) in kept:
            held.append(each)
        return each

    with drawing(plan, pair, seed, LEAST_PERCENT, part, threshold, spare=True) as drawn:
        of = max(drawn.source_rows - sum(refusal.rows for refusal in drawn.held), drawn.target_rows)
        wanted = min(rows or of, part_of(of, LEAST_PERCENT))
        first = nsmallest(wanted, map(passing, seen.all(drawn)), key=seen.name)
    drawn_first = nsmallest(wanted, chain(first, map(passing, seen.late(pair))), key=seen.name)
    chosen = {seen.name(each): each for each in (*drawn_first, *held)}
    return WorkList(
        tuple(column.name for column in plan.target.columns), of, drawn.threshold,
        seen.matching + seen.different + seen.missing + seen.extra + seen.quarantined,
        seen.matching, seen.different, seen.missing, seen.extra, seen.quarantined,
        tuple(seen.shown(chosen[name]) for name in sorted(chosen)),
    )  # fmt: skip


def digests_now(
    plan: TablePlan, pair: Pair, *, seed: int, threshold: int, secret: bytes, wanted: Collection[str]
) -> dict[str, str]:
    """The digest of each of these rows, by its name, as both sides have it now; of whatever part of the source.

    ``threshold`` is that of the list on which they stand. A row that is not among them was deleted, or is in
    quarantine.
    """
    seen = _Seen(plan, secret, Part.ALL)
    with drawing(plan, pair, seed, LEAST_PERCENT, threshold=threshold) as drawn:
        return {name: seen.digest(each) for each in seen.all(drawn) if (name := seen.name(each)) in wanted}


class _Seen:
    """The rows of one table's sample as they pass: counted, named, masked."""

    def __init__(self, plan: TablePlan, secret: bytes, part: Part) -> None:
        self.matching = self.different = self.missing = self.extra = self.quarantined = 0
        self._plan, self._part = plan, part
        self._secret = secret if plan.sensitive else b"golive"
        self._names = [column.name for column in plan.target.columns]
        self._late: list[Line] = []

    def all(self, drawn: Drawing) -> Iterator[Both]:
        """Every row that both sides can show; with a part, not those that the target alone has of it."""
        last = None
        for one, other in paired(Stream(drawn.source), Stream(drawn.target)):
            line = one or other
            assert line is not None
            if line[1] is None:
                self.quarantined += line[0] != last
                last = line[0]
            elif one is None and self._part is not Part.ALL:
                self._late.append(line)
            else:
                self._count(one, other)
                yield one, other

    def late(self, pair: Pair) -> Iterator[Both]:
        """The rows that the target alone has of a part, each with the source's row whatever its part is."""
        source = pair.source
        for start in range(0, len(self._late), BATCH):
            lines = self._late[start : start + BATCH]
            keys = [tuple(json.loads(line[0])) for line in lines]
            found = source.database.read.values(source.connection, self._plan.source, keys)
            for key, other in zip(keys, lines, strict=True):
                values = found.get(key)
                text = None if values is None else json.dumps([values[name] for name in self._names])
                one = None if text is None else (other[0], text)
                self._count(one, other)
                yield one, other

    def name(self, each: Both) -> str:
        """What a row is called wherever its key may not be."""
        return self._keyed("row", _key(each))[:20]

    def digest(self, each: Both) -> str:
        """What changes with any value of either side."""
        sides = [None if line is None else json.loads(line[1] or "[]") for line in each]
        return self._keyed("digest", _key(each), *self._names, json.dumps(sides))[:32]

    def shown(self, each: Both) -> WorkRow:
        """The row as people see it."""
        name = self.name(each)
        one, other = (None if line is None else json.loads(line[1] or "[]") for line in each)
        differs = () if one is None or other is None else tuple(
            column for column, mine, yours in zip(self._names, one, other, strict=True) if mine != yours
        )  # fmt: skip
        key = zip((column.name for column in self._plan.target.keys), json.loads(_key(each)), strict=True)
        return WorkRow(
            name, tuple(str(self._masked(name, column, part)) for column, part in key),
            self._side(name, one), self._side(name, other), differs, self.digest(each),
        )  # fmt: skip

    def _count(self, one: Line | None, other: Line | None) -> None:
        if one is None:
            self.extra += 1
        elif other is None:
            self.missing += 1
        elif self._same(one, other):
            self.matching += 1
        else:
            self.different += 1

    def _same(self, one: Line, other: Line) -> bool:
        return one[1] == other[1] or json.loads(one[1] or "[]") == json.loads(other[1] or "[]")

    def _side(self, row: str, values: list[str | None] | None) -> tuple[str | None, ...] | None:
        if values is None:
            return None
        return tuple(self._masked(row, column, value) for column, value in zip(self._names, values, strict=True))

    def _masked(self, row: str, column: str, value: str | None) -> str | None:
        """Within a row the same value has the same mask, so that both sides can be compared.

        In another row it has another: who shares a value with whom, and how many do, is not told either.
        """
        if value is None or column not in self._plan.sensitive:
            return value
        return f"*** {self._keyed('mask', row, column, value)[:6]}"

    def _keyed(self, *parts: str) -> str:
        text = json.dumps([self._plan.name, *parts])
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _key(each: Both) -> str:
    line = each[0] or each[1]
    assert line is not None
    return line[0]
