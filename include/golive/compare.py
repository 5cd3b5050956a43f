"""Which rows of two sides differ: one grouped scan a side, then only the unequal buckets by key.

Sweep and checks share this. A range of keys is hashed into buckets on both servers at the same time
(hash_record_extended, or the engine's own); buckets with the same count and the same sum of hashes
hold the same rows. Of the others, key and hash come here, a bounded number at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

from golive.databases import Database
from golive.databases.relation import Digest, Part, Refusal, Rows, RowsRefused
from golive.errors import Busy, IdentityBroken
from golive.keys import Key
from golive.plan import TablePlan
from golive.results import Example

# Keys and hashes held at once, over both sides; about 100 bytes each.
HELD = 200_000
EXAMPLES = 10

Hashed = tuple[Key, int]

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Side:
    """A database with an open session of it."""

    database: Database
    connection: Any


@dataclass(frozen=True)
class Pair:
    """Both sides of a table's work."""

    source: Side
    target: Side


@dataclass(frozen=True)
class Difference:
    """How two sides of a range differ, in keys.

    ``source`` and ``target`` are the rows hashed on each side: those without ``left_out``, which
    the source cannot hash or tell apart (duplicates, failing expressions). Where only a part is
    compared, ``source`` counts the rows outside it, too, that the target has.
    """

    source: int
    target: int
    missing: tuple[Key, ...]
    extra: tuple[Key, ...]
    different: tuple[Key, ...]
    left_out: tuple[Refusal, ...] = ()

    @property
    def equal(self) -> int:
        return self.source - len(self.missing) - len(self.different)


def difference(plan: TablePlan, pair: Pair, rows: Rows, left_out: tuple[Refusal, ...] = ()) -> Difference:
    """Compare a range of keys, and name every key that differs: see ``differences``."""
    pieces = list(differences(plan, pair, rows, left_out))
    return Difference(
        source=sum(piece.source for piece in pieces),
        target=sum(piece.target for piece in pieces),
        missing=tuple(chain.from_iterable(piece.missing for piece in pieces)),
        extra=tuple(chain.from_iterable(piece.extra for piece in pieces)),
        different=tuple(chain.from_iterable(piece.different for piece in pieces)),
        left_out=tuple(chain.from_iterable(piece.left_out for piece in pieces)),
    )


def differences(plan: TablePlan, pair: Pair, rows: Rows, left_out: tuple[Refusal, ...] = ()) -> Iterator[Difference]:
    """Compare a range of keys, a bounded number of them at a time: first what is equal, then the rest by and by.

    ``left_out`` are refusals known already; more are found when hashing fails or keys repeat, and each
    stands in one piece. Before go-live only a part of the rows may have crossed: then a target row outside
    the part is compared with the whole source, so that ``extra`` are rows that the source has not
    at all. The rows of a table without a key are compared as often as they are there, by their
    hash: a changed one is missing and extra. Raises IdentityBroken where the target has several rows
    of one key, Busy where rows of a live side changed between the two scans.
    """
    buckets = _buckets(plan)
    while True:
        ours = replace(rows, without=(*rows.without, *keys_of(left_out)))
        theirs = replace(ours, part=Part.ALL)
        try:
            mine, yours = digests(plan, pair, ours, theirs, buckets)
            break
        except RowsRefused as refused:
            if refused.side != "source":
                raise
            found = pair.source.database.read.unreadable(pair.source.connection, plan.source, ours)
            if not found:
                raise
            left_out = (*left_out, *found)
    equal = sum(digest.rows for number, digest in mine.items() if yours.get(number) == digest)
    yield Difference(equal, equal, (), (), (), left_out)
    for group in _groups(mine, yours):
        one, other = _hashes(plan, pair, ours, theirs, buckets, group)
        yield _piece(plan, pair, rows, one, other, (_rows(mine, group), _rows(yours, group)))


def digests(
    plan: TablePlan, pair: Pair, ours: Rows, theirs: Rows, buckets: int
) -> tuple[dict[int, Digest], dict[int, Digest]]:
    """Digests by bucket of these rows of the source and of the target, both servers at once."""
    return both(
        lambda: pair.source.database.read.digests(pair.source.connection, plan.source, ours, buckets),
        lambda: pair.target.database.read.digests(pair.target.connection, plan.target, theirs, buckets),
    )


def _hashes(
    plan: TablePlan, pair: Pair, ours: Rows, theirs: Rows, buckets: int, group: list[int]
) -> tuple[Counter[Hashed], Counter[Hashed]]:
    source, target = pair.source, pair.target
    return both(
        lambda: Counter(source.database.read.hashes(source.connection, plan.source, ours, buckets, group)),
        lambda: Counter(target.database.read.hashes(target.connection, plan.target, theirs, buckets, group)),
    )


def _piece(
    plan: TablePlan, pair: Pair, rows: Rows, one: Counter[Hashed], other: Counter[Hashed], held: tuple[int, int]
) -> Difference:
    """How the rows of some buckets differ; ``held`` is how many the digests counted in them."""
    if not plan.keyed:
        return Difference(
            one.total(),
            other.total(),
            missing=tuple(key for key, _ in (one - other).elements()),
            extra=tuple(key for key, _ in (other - one).elements()),
            different=(),
        )
    theirs = dict(other.keys())
    if (one.total(), len(theirs)) != held:
        raise _unsteady(plan, pair)
    outside = tuple(key for key in theirs.keys() - {key for key, _ in one}) if rows.part is not Part.ALL else ()
    whole, left_out = _outside(plan, pair, outside)
    one += whole
    repeated = {key: rows for key, rows in Counter(key for key, _ in one.elements()).items() if rows > 1}
    left_out += [Refusal(key, "duplicate", rows=rows) for key, rows in repeated.items()]
    gone = {refusal.key for refusal in left_out}
    ours = {key: hashed for key, hashed in one if key not in gone}
    theirs = {key: hashed for key, hashed in theirs.items() if key not in gone}
    return Difference(
        len(ours),
        len(theirs),
        missing=tuple(key for key in ours if key not in theirs),
        extra=tuple(key for key in theirs if key not in ours),
        different=tuple(key for key, hashed in ours.items() if key in theirs and theirs[key] != hashed),
        left_out=tuple(left_out),
    )


def _outside(plan: TablePlan, pair: Pair, keys: tuple[Key, ...]) -> tuple[Counter[Hashed], list[Refusal]]:
    """The source's rows of these keys, in whatever part; those that it cannot read are refused."""
    read, connection = pair.source.database.read, pair.source.connection
    if not keys:
        return Counter(), []
    try:
        return Counter(read.hashes(connection, plan.source, Rows(keys=keys))), []
    except RowsRefused:
        refused = read.unreadable(connection, plan.source, Rows(keys=keys))
        if not refused:
            raise
        rows = Rows(keys=keys, without=keys_of(refused))
        return Counter(read.hashes(connection, plan.source, rows)), refused


def examples(plan: TablePlan, pair: Pair, found: Difference) -> tuple[Example, ...]:
    """At most ten differing rows of each kind, with the columns that differ; sensitive values masked."""
    out: list[Example] = []
    for keys in (found.different, found.missing, found.extra):
        chosen = sorted(keys)[:EXAMPLES]
        one = pair.source.database.read.values(pair.source.connection, plan.source, chosen)
        other = pair.target.database.read.values(pair.target.connection, plan.target, chosen)
        out += [example(plan, key, one.get(key), other.get(key)) for key in chosen]
    return tuple(out)


def example(
    plan: TablePlan, key: Key, ours: dict[str, str | None] | None, theirs: dict[str, str | None] | None
) -> Example:
    """One differing row as people may see it: the columns that differ, or all of a row that one side lacks."""
    differing = [
        column.name
        for column in plan.target.columns
        if ours is None or theirs is None or ours[column.name] != theirs[column.name]
    ]
    return Example(masked_key(plan, key), _shown(plan, ours, differing), _shown(plan, theirs, differing))


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Ask both servers at once."""
    with ThreadPoolExecutor(1) as aside:
        other = aside.submit(second)
        return first(), other.result()


def keys_of(refusals: Iterable[Refusal]) -> tuple[Key, ...]:
    """The keys that can be asked for: those without a NULL."""
    return tuple(
        tuple(str(part) for part in refusal.key) for refusal in refusals if all(p is not None for p in refusal.key)
    )


def masked_key(plan: TablePlan, key: tuple[str | None, ...]) -> tuple[str, ...]:
    """A key as people may see it."""
    return tuple(
        "***" if column.sensitive else "NULL" if part is None else part
        for column, part in zip(plan.target.keys, key, strict=True)
    )


def _shown(plan: TablePlan, row: dict[str, str | None] | None, names: list[str]) -> dict[str, str | None] | None:
    if row is None:
        return None
    return {name: "***" if name in plan.sensitive and row[name] is not None else row[name] for name in names}


def _buckets(plan: TablePlan) -> int:
    """A power of two, so that a bucket holds some hundred rows of a chunk."""
    wanted = max(plan.rows, 0) // 256
    return 1 << min(max(wanted.bit_length(), 8), 14)


def _groups(mine: dict[int, Digest], yours: dict[int, Digest]) -> Iterator[list[int]]:
    """The unequal buckets, as many at a time as may be held."""
    nothing = Digest(0, 0)
    group, held = list[int](), 0
    for number in sorted(mine.keys() | yours.keys()):
        one, other = mine.get(number, nothing), yours.get(number, nothing)
        if one == other:
            continue
        if group and held + one.rows + other.rows > HELD:
            yield group
            group, held = [], 0
        group.append(number)
        held += one.rows + other.rows
    if group:
        yield group


def _unsteady(plan: TablePlan, pair: Pair) -> Busy | IdentityBroken:
    """Why the hashes are not as many as the digests counted."""
    target = pair.target
    for refusal in target.database.read.duplicates(target.connection, plan.target)[:1]:
        return IdentityBroken(
            f"table {plan.name}: {refusal.rows} rows of the target share the key"
            f" ({', '.join(masked_key(plan, refusal.key))}). Make the key unique there, or name more columns under"
            " `key`",
            project=plan.project,
            table=plan.name,
        )
    return Busy(
        f"table {plan.name}: rows changed while they were compared; the next try compares again",
        project=plan.project,
        table=plan.name,
    )


def _rows(digests: dict[int, Digest], group: list[int]) -> int:
    return sum(digests[number].rows for number in group if number in digests)
