"""Whether a training copy shows any sensitive value as it is; knows nothing of how masks are made."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from math import sqrt

from golive.compare import Side
from golive.databases.masking import CopyTable, How, Mask
from golive.results import CheckResult, Verdict

CHECK = "masked"
# Where rows cannot be told apart: a mask of so many characters meets another's value by chance in no database.
LONG = 12
# Of short ones, one in so many may.
SHARED = 10
# A single sign is drawn from the ten digits, or from more letters.
_DIGITS = 10


def check_masks(table: CopyTable, original: Side, copy: Side, filled: int) -> CheckResult:
    """Whether any value of a masked column stands in the copy's same row as it does in the target's.

    Only hashes leave the two servers, under a salt that nobody keeps. Where the key itself is masked, rows cannot be
    told apart: there no text of LONG characters may be anywhere in the copy's column. What could not be looked at
    fails: rows of the ``filled`` ones that no key brought together, and columns of which nobody can tell.
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
    if rows != filled:
        says += f"{filled} rows were copied, so not all of them were looked at; "
    if bad:
        named = ", ".join(f"{name} in {count} rows" for name, count in bad.items())
        says += f"values that arrived as they are: {named}"
    else:
        says += "no value arrived as it is"
    chance = ", ".join(f"{one.mask.column} {one.equal} of {one.values}" for one in columns if one.drawn and one.values)
    says += f"; drawn from few, and equal by chance: {chance}" if chance else ""
    equal = {column.mask.column: column.equal for column in columns}
    return _result(table, rows, says, equal, failed=bool(bad) or rows != filled)


def _by_values(table: CopyTable, original: Side, copy: Side, salt: str) -> CheckResult:
    """Whether a long text of the target stands anywhere in the copy's column; of one that is emptied, any text.

    Where all are short, one in SHARED may be in both by chance. Of more, and of what is drawn, nobody can tell.
    """
    looked, found, short = dict[str, int](), dict[str, int](), dict[str, str]()
    unseen = []
    for mask in table.masks:
        name = mask.column
        least = 0 if mask.how is How.EMPTIED else LONG
        looked[name], found[name] = (
            (0, 0) if mask.how is How.DRAWN else _in_both(table, original, copy, name, salt, least)
        )
        if not looked[name] and mask.how is not How.EMPTIED:
            values, equal = _in_both(table, original, copy, name, salt, 0)
            if mask.how is How.DRAWN or equal * SHARED > values:
                unseen += [name] if values else []
            elif values:
                looked[name], short[name] = values, f"{equal} of {values}"
    bad = {column: count for column, count in found.items() if count}
    texts = sum(count for column, count in looked.items() if column not in short)
    says = f"no key that is not masked tells rows apart: {texts} texts of {LONG} characters and more, "
    if bad:
        says += "of which the copy has " + ", ".join(f"{count} in {column}" for column, count in bad.items())
    else:
        says += "none of which the copy has"
    if short:
        says += f"; all short, and in both by chance: {', '.join(f'{name} {each}' for name, each in short.items())}"
    if unseen:
        says += (
            f"; nobody can tell whether {', '.join(unseen)} arrived masked: name the table under `without` of"
            " `training_copy`, or give it a unique column that is not masked"
        )
    return _result(table, sum(looked.values()), says, found, failed=bool(bad or unseen))


def _in_both(table: CopyTable, original: Side, copy: Side, column: str, salt: str, least: int) -> tuple[int, int]:
    """How many different texts of at least so many characters the target has in a column, and how many both have."""
    with (
        original.database.masking.hashed_values(original.connection, table, column, salt, least) as ours,
        copy.database.masking.hashed_values(copy.connection, table, column, salt, least) as theirs,
    ):
        found = [
            other is not None
            for mine, other in _merged(((value, ()) for value in ours), ((value, ()) for value in theirs))
            if mine is not None
        ]
    return len(found), sum(found)


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

    def see(self, value: str | None, mask: str | None) -> None:
        """One row's hashes; NULL, and what has nothing to hide, count for nothing."""
        if not value or mask is None:
            return
        self.values += 1
        self.equal += value == mask

    @property
    def holds(self) -> bool:
        """No value is its own mask, but by chance where it is drawn from few: one in as many as there are, and a bit.

        However often each of them is there: that a flag is rare makes it no likelier to be drawn.
        """
        if not self.drawn or not self.values:
            return not self.equal
        chance = 1 / (len(self.mask.allowed) or _DIGITS)
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
