"""Whether a training copy shows any sensitive value as it is; knows nothing of how masks are made."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from math import sqrt

from golive.compare import Side
from golive.databases.masking import CopyTable, How, Mask
from golive.results import CheckResult, Verdict

CHECK = "masked"
# Where rows cannot be told apart: a mask of so many characters meets another's value by chance in no database.
LONG = 12


def check_masks(table: CopyTable, original: Side, copy: Side) -> CheckResult:
    """Whether any value of a masked column stands in the copy's same row as it does in the target's.

    Only hashes leave the two servers, under a salt that nobody keeps. Where the key itself is masked, rows cannot be
    told apart: there no text of LONG characters may be anywhere in the copy's column.
    """
    salt = secrets.token_hex(16)
    if not table.key:
        return _by_values(table, original, copy, salt)
    columns = [_Column(mask) for mask in table.masks]
    rows = 0
    with (
        original.database.masking.hashes(original.connection, table, salt) as ours,
        copy.database.masking.hashes(copy.connection, table, salt) as theirs,
    ):
        for mine, other in _merged(ours, theirs):
            if mine is not None and other is not None:
                rows += 1
                for column, value, mask in zip(columns, mine, other, strict=True):
                    column.see(value, mask)
    bad = {column.mask.column: column.equal for column in columns if not column.holds}
    says = f"{rows} rows by key, {len(columns)} masked columns: "
    if bad:
        named = ", ".join(f"{name} in {count} rows" for name, count in bad.items())
        says += f"values that arrived as they are: {named}"
    else:
        says += "no value arrived as it is"
    chance = ", ".join(f"{one.mask.column} {one.equal} of {one.values}" for one in columns if one.drawn and one.values)
    says += f"; drawn from few, and equal by chance: {chance}" if chance else ""
    return _result(table, rows, says, {column.mask.column: column.equal for column in columns}, failed=bool(bad))


def _by_values(table: CopyTable, original: Side, copy: Side, salt: str) -> CheckResult:
    """Whether a long text of the target stands anywhere in the copy's column."""
    looked, found = 0, dict[str, int]()
    for mask in table.masks:
        if mask.how is not How.BY_VALUE:
            continue
        found[mask.column] = 0
        with (
            original.database.masking.hashed_values(original.connection, table, mask.column, salt, LONG) as ours,
            copy.database.masking.hashed_values(copy.connection, table, mask.column, salt, LONG) as theirs,
        ):
            for mine, other in _merged(((value, ()) for value in ours), ((value, ()) for value in theirs)):
                looked += mine is not None
                found[mask.column] += mine is not None and other is not None
    bad = {column: count for column, count in found.items() if count}
    says = f"no key that is not masked tells rows apart: {looked} texts of {LONG} characters and more, "
    if bad:
        says += "of which the copy has " + ", ".join(f"{count} in {column}" for column, count in bad.items())
    else:
        says += "none of which the copy has"
    return _result(table, looked, says, found, failed=bool(bad))


def _result(table: CopyTable, looked_at: int, says: str, equal: dict[str, int], *, failed: bool) -> CheckResult:
    verdict = Verdict.FAIL if failed else Verdict.PASS if looked_at else Verdict.VACUOUS
    return CheckResult(CHECK, table.table, verdict, f"{says}.", looked_at, evidence={"equal": equal})


class _Column:
    """What was seen of one column, row by row."""

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.drawn = mask.how is How.DRAWN
        self.values = 0
        self.equal = 0
        self._ours: Counter[str] = Counter()
        self._theirs: Counter[str] = Counter()

    def see(self, value: str | None, mask: str | None) -> None:
        """One row's hashes; NULL, and what has nothing to hide, count for nothing."""
        if not value or mask is None:
            return
        self.values += 1
        self.equal += value == mask
        if self.drawn:
            self._ours[value] += 1
            self._theirs[mask] += 1

    @property
    def holds(self) -> bool:
        """No value is its own mask, but by chance where it is drawn from few: as often as both are there, and a bit."""
        if not self.drawn or not self.values:
            return not self.equal
        chance = sum(self._ours[one] * self._theirs[one] for one in self._ours) / self.values**2
        return self.equal <= self.values * chance + 6 * sqrt(self.values * chance * (1 - chance)) + 3


Row = tuple[str, tuple[str | None, ...]]
Hashes = tuple[str | None, ...]


def _merged(ours: Iterator[Row], theirs: Iterator[Row]) -> Iterator[tuple[Hashes | None, Hashes | None]]:
    """Every key of two sides in byte order, with what each has; both are read to their end."""
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0].encode() < other[0].encode()):
            assert one is not None
            yield one[1], None
            one = next(ours, None)
        elif one is None or other[0].encode() < one[0].encode():
            yield None, other[1]
            other = next(theirs, None)
        else:
            yield one[1], other[1]
            one, other = next(ours, None), next(theirs, None)
