"""Two queries, one of each side, walked row by row in one order: groups with their sums, and judgements.

A walk is read to its end through ``failing``; what it says then is about all rows of both sides.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from golive.compare import EXAMPLES, Side
from golive.databases.comparing import Ordered, Row
from golive.errors import Terminal, Transient
from golive.project.proving import Comparison
from golive.results import Example, TableDiff
from golive.validation.failing import MASKED, NULL, Digest

MISSING, EXTRA = "missing in the target", "not in the source"

Line = tuple[str, ...]


class Walk(ABC):
    """A comparison under way; everything but ``columns`` is complete once ``failing`` was read to its end."""

    columns: tuple[str, ...]

    def __init__(self, secret: bytes) -> None:
        self._found = Digest(secret)

    @abstractmethod
    def failing(self) -> Iterator[Line]:
        """Whatever does not agree, once, by ``columns``, as people may see it."""

    @property
    @abstractmethod
    def seen(self) -> int:
        """How much was looked at."""

    @property
    def proves(self) -> bool:
        """Whether it looked at enough to say that all is well, if it found nothing that is not."""
        return self.seen > 0

    @property
    def digest(self) -> str:
        """What tells that which does not agree from anything else."""
        return str(self._found)

    @property
    @abstractmethod
    def says(self) -> str: ...

    @property
    @abstractmethod
    def evidence(self) -> dict[str, Any]: ...

    @property
    def diff(self) -> TableDiff | None:
        """The rows that differ, where rows are compared."""
        return None


@contextmanager
def named(what: str) -> Iterator[None]:
    """Says of an error whose query it was."""
    try:
        yield
    except (Terminal, Transient) as error:
        raise type(error)(f"{what}: {error.message}") from error


def ordered(side: Side, whose: str, query: str, key: Sequence[str], seconds: int, stack: ExitStack) -> Ordered:
    """The rows of one side's query, for as long as the stack is open; its errors say whose it is."""
    with named(f"the query of the {whose}"):
        given = stack.enter_context(side.database.comparing.ordered(side.connection, query, key, seconds))
    return Ordered(given.columns, _named(given.rows, whose))


def one_column(given: Ordered, whose: str) -> Iterator[str | None]:
    """The values of a query of one column, each once."""
    if len(given.columns) != 1:
        raise Terminal(f"the query of the {whose} gives {len(given.columns)} columns: it has to give one")
    last: Row | None = None
    for row in given.rows:
        if row != last:
            last = row
            yield row[0]


def _named(rows: Iterator[Row], whose: str) -> Iterator[Row]:
    with named(f"the query of the {whose}"):
        yield from rows


class Rows(Walk):
    """Groups with their sums, or judgements: the same columns on both sides, equal wherever the key is."""

    def __init__(
        self, comparison: Comparison, source: Ordered, target: Ordered, hidden: frozenset[str], secret: bytes
    ) -> None:
        if set(source.columns) != set(target.columns):
            raise Terminal(
                f"the query of the source gives {', '.join(source.columns)}, that of the target"
                f" {', '.join(target.columns)}: both have to give the same columns"
            )
        known(comparison, source)
        self.columns = (*comparison.key, "differs")
        self._comparison, self._source, self._target = comparison, source, target
        self._hidden = lower(hidden | set(comparison.sensitive))
        super().__init__(secret)
        self._matching = self._missing = self._extra = self._different = self._hollow = 0
        self._by_column: Counter[str] = Counter()
        self._examples: dict[str, list[Example]] = {"different": [], MISSING: [], EXTRA: []}

    def failing(self) -> Iterator[Line]:
        width, names = len(self._comparison.key), self._source.columns
        places = [self._target.columns.index(name) for name in names]
        theirs = (tuple(row[place] for place in places) for row in self._target.rows)
        for one, other in paired(_once(self._source.rows, width, "source"), _once(theirs, width, "target"), width):
            if one is None or other is None:
                yield self._lonely(one, other)
            elif one == other:
                self._matching += 1
                self._hollow += self._sums_nothing(one)
            else:
                yield self._unequal(one, other)

    @property
    def seen(self) -> int:
        """Groups whose sums are nothing are none: a query that sums up too little agrees with any other."""
        return self._matching + self._different + self._missing + self._extra - self._hollow

    @property
    def says(self) -> str:
        things = "judgements" if self._comparison.kind == "parity" else "groups"
        if not self.seen:
            return f"all {self._hollow} {things} sum up nothing" if self._hollow else f"neither side has any {things}"
        wrong = self._missing + self._extra + self._different
        hollow = f", and {self._hollow} more sum up nothing" if self._hollow else ""
        if not wrong:
            return f"all {self.seen} {things} are equal on both sides{hollow}"
        parts = [f"{self._missing} {MISSING}"] if self._missing else []
        parts += [f"{self._extra} {EXTRA}"] if self._extra else []
        parts += [f"{rows} with another {name}" for name, rows in self._by_column.items()]
        return f"{wrong} of {self.seen} {things} differ: {', '.join(parts)}{hollow}"

    @property
    def evidence(self) -> dict[str, Any]:
        return {"missing": self._missing, "extra": self._extra, "differ": dict(self._by_column)}

    @property
    def diff(self) -> TableDiff:
        examples = tuple(example for some in self._examples.values() for example in some)
        return TableDiff(self._comparison.name, self._matching, self._different, self._missing, self._extra, examples)

    def _sums_nothing(self, row: Row) -> bool:
        """Whether every sum of a group is 0 or NULL; of judgements and of groups without sums nobody asks."""
        pairs = zip(self._source.columns, row, strict=True)
        sums = [value for name, value in pairs if name not in self._comparison.key]
        return self._comparison.kind == "totals" and bool(sums) and all(value in (None, "0") for value in sums)

    def _lonely(self, one: Row | None, other: Row | None) -> Line:
        what = EXTRA if one is None else MISSING
        if one is None:
            self._extra += 1
        else:
            self._missing += 1
        return self._told(what, what, one, other, self._source.columns)

    def _unequal(self, one: Row, other: Row) -> Line:
        pairs = zip(self._source.columns, one, other, strict=True)
        unequal = tuple(name for name, ours, theirs in pairs if ours != theirs)
        self._different += 1
        self._by_column.update(unequal)
        return self._told(f"another {', '.join(unequal)}", "different", one, other, unequal)

    def _told(self, what: str, kind: str, one: Row | None, other: Row | None, columns: Sequence[str]) -> Line:
        """The line of a difference; the first of a kind are kept as examples with their values."""
        self._found.add(one, other)
        ours, theirs = self._shown(one), self._shown(other)
        given = ours or theirs
        assert given is not None
        key = tuple(NULL if given[name] is None else str(given[name]) for name in self._comparison.key)
        examples = self._examples[kind]
        if len(examples) < EXAMPLES:
            examples.append(Example(key, _only(ours, columns), _only(theirs, columns)))
        return (*key, what)

    def _shown(self, row: Row | None) -> dict[str, str | None] | None:
        """A row as people may see it."""
        if row is None:
            return None
        return {
            name: MASKED if value is not None and name.lower() in self._hidden else value
            for name, value in zip(self._source.columns, row, strict=True)
        }


def paired(source: Iterator[Row], target: Iterator[Row], width: int) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows of two ordered streams by their first ``width`` columns: both, or the one that has no counterpart."""
    one, other = next(source, None), next(target, None)
    while one is not None and other is not None:
        if one[:width] == other[:width]:
            yield one, other
            one, other = next(source, None), next(target, None)
        elif _place(one, width) < _place(other, width):
            yield one, None
            one = next(source, None)
        else:
            yield None, other
            other = next(target, None)
    while one is not None:
        yield one, None
        one = next(source, None)
    while other is not None:
        yield None, other
        other = next(target, None)


def _place(row: Row, width: int) -> tuple[tuple[bool, str], ...]:
    """Where a row stands: by code point, which is the order of UTF-8's bytes, NULL last."""
    return tuple((part is None, part or "") for part in row[:width])


def _only(row: dict[str, str | None] | None, columns: Sequence[str]) -> dict[str, str | None] | None:
    return None if row is None else {name: row[name] for name in columns}


def lower(names: Iterable[str]) -> frozenset[str]:
    """Names as they are compared: a query's may be in any case, and what is hidden in one is hidden in all."""
    return frozenset(name.lower() for name in names)


def _once(rows: Iterator[Row], width: int, whose: str) -> Iterator[Row]:
    last: Row | None = None
    for row in rows:
        if row[:width] == last:
            raise Terminal(f"the query of the {whose} gives several rows of one key: let it group by the key")
        last = row[:width]
        yield row


def known(comparison: Comparison, given: Ordered) -> None:
    """What is to be masked has to be there: a name with a slip in it would mask nothing."""
    given_names = lower(given.columns)
    if absent := [name for name in comparison.sensitive if name.lower() not in given_names]:
        raise Terminal(
            f"`sensitive` names {', '.join(absent)}, which the query of the source does not give, only"
            f" {', '.join(given.columns)}"
        )
