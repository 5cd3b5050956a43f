"""The keys of all rows that break an expectation or a comparison, as a stream and as a file."""

from __future__ import annotations

import csv
import gzip
import hmac
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from golive.databases import Database
from golive.databases.failing import failing_count, failing_keys, pages
from golive.errors import Terminal
from golive.project.suites import Expectation, Suite
from golive.results import Group

MASKED = "***"
NULL = "NULL"


@dataclass(frozen=True, slots=True)
class FailingKeys:
    """The rows that break one expectation, or one comparison, each by its key, as people may see it.

    ``rows`` gives them once, in the order of the key; a value of a sensitive column is masked. ``table`` and
    ``check`` are those of the CheckResult.
    """

    table: str | None
    check: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]
    group: Group = Group.SUITE

    @property
    def name(self) -> str:
        """That of the CheckResult."""
        return "/".join(part for part in (self.group.value, self.table, self.check) if part)


# Stores the failing keys of one check, and gives the hash under which they stand.
KeepKeys = Callable[[FailingKeys], str]


class Digest:
    """A running hash of what failed, with its values: the same for just that, and for nothing else.

    Made with a secret, so that of few values nobody tries out which it was.
    """

    def __init__(self, secret: bytes) -> None:
        self._hash = hmac.new(secret, digestmod="sha256")

    def add(self, *found: Any) -> None:
        """One more finding; its order counts."""
        self._hash.update(json.dumps(found, ensure_ascii=False, default=str).encode() + b"\n")

    def __str__(self) -> str:
        return self._hash.hexdigest()


class Counted:
    """An iterator that knows how many it gave, and whether it ``broke`` on the way."""

    def __init__(self, rows: Iterator[tuple[str, ...]]) -> None:
        self._all = rows
        self.rows = 0
        self.broke = False

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        try:
            for row in self._all:
                self.rows += 1
                yield row
        except Exception:
            self.broke = True
            raise

    def exhaust(self) -> None:
        """Read on to the end, whatever the caller has read."""
        for _ in self:
            pass


class Unlisted(Terminal):
    """The failing rows could not be read to their end; the message says why, without a value."""


def stream(
    suite: Suite, expectation: Expectation, key: Sequence[str], engine: Engine, database: Database, seconds: int
) -> Iterator[tuple[str, ...]]:
    """The failing rows' keys, masked; a bounded number of them is held. Raises Unlisted if the server stops."""
    hidden = [suite.hides(column) for column in key]
    query = failing_keys(suite.table, key, expectation.type, expectation.kwargs)
    try:
        with closing(pages(engine, query)) as rows:
            for row in rows:
                yield tuple(
                    MASKED if secret else NULL if value is None else value
                    for value, secret in zip(row, hidden, strict=True)
                )
    except SQLAlchemyError as error:
        raise Unlisted(why(error, database, seconds)) from error


def number(suite: Suite, expectation: Expectation, engine: Engine, database: Database, seconds: int) -> int:
    """How many rows fail, of a table that has no key to name them by. Raises Unlisted as ``stream`` does."""
    query = failing_count(failing_keys(suite.table, (), expectation.type, expectation.kwargs))
    try:
        with engine.connect() as connection:
            return connection.scalars(query).one()
    except SQLAlchemyError as error:
        raise Unlisted(why(error, database, seconds)) from error


def packed(keys: FailingKeys) -> bytes:
    """The keys as a gzip file of CSV: a line with the columns' names, then a line for each row.

    The same keys give the same bytes. What is held is the compressed file, never all rows.
    """
    held = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=held, mode="wb", mtime=0, filename="") as file,
        io.TextIOWrapper(file, encoding="utf-8", newline="") as text,
    ):
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(keys.columns)
        lines.writerows(keys.rows)
    return held.getvalue()


def why(error: SQLAlchemyError, database: Database, seconds: int) -> str:
    """What stopped a statement, in a line without a value."""
    return database.asking.reason(getattr(error, "orig", None) or error, seconds)
