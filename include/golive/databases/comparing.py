"""What comparisons of the project file ask of either side: a query's rows in order, and a verdict on each of some keys.

Rows are text, written so that the same value is the same text on every server and of every type of number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Row = tuple[str | None, ...]

# What stands in a query of the project file where the keys go, as one array of text.
KEYS = ":keys"


@dataclass(frozen=True, slots=True)
class Ordered:
    """The rows of a query, one at a time: the columns of the key first, the others after them in the query's order.

    They come in the order of the key's bytes in UTF-8, column by column, NULL last.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]


class Comparing(Protocol):
    """Queries that the project file brings along, each one statement, read-only, in one moment of the database.

    Within ``Reading.snapshot`` that is the snapshot's. Whatever fails is Terminal, without a value, or a lost
    connection; the caller says whose query it was. No statement runs longer than ``seconds``.
    """

    def ordered(self, connection: Any, query: str, key: Sequence[str], seconds: int) -> AbstractContextManager[Ordered]:
        """The rows of a query by ``key``, a bounded number of them held; without a key, by all columns.

        A number is written in its shortest form, whatever its type: 5, 5.0 and 5.00 are all 5. Terminal as well
        for two columns of one name, or a key that is no column.
        """

    def answers(self, connection: Any, query: str, keys: Sequence[str], seconds: int) -> list[Row]:
        """All rows that a query gives in which ``KEYS`` stands for these keys."""
