"""Work on both sides of one table after the other, where a failure is a finding and not the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from golive.compare import Pair, Side
from golive.databases import Database
from golive.errors import GoliveError

T = TypeVar("T")
R = TypeVar("R")


def on_both(
    source: Database, target: Database, items: Iterable[T], work: Callable[[Pair, T], R],
    failed: Callable[[T, str], R],
) -> list[R]:
    """``work`` on each item over read-only sessions of both sides; what it raises becomes ``failed(item, line)``.

    After a failure the sessions are opened anew: they may be dead, or in the middle of a transaction.
    Raises ConnectionLost when a side cannot be reached at all.
    """
    waiting, results = list(items), list[R]()
    while waiting:
        with source.session(read_only=True) as reader, target.session(read_only=True) as other:
            pair = Pair(Side(source, reader), Side(target, other))
            while waiting:
                item = waiting.pop(0)
                try:
                    results.append(work(pair, item))
                except Exception as error:
                    results.append(failed(item, one_line(error)))
                    break
    return results


@contextmanager
def one_moment(pair: Pair) -> Iterator[None]:
    """Each side as it is at one moment of its own, however many statements read it."""
    with (
        pair.source.database.read.snapshot(pair.source.connection),
        pair.target.database.read.snapshot(pair.target.connection),
    ):
        yield


def one_line(error: Exception) -> str:
    """An error for people, without a value: a server's own message may quote one, so its code stands instead."""
    if isinstance(error, GoliveError):
        return " ".join(error.message.split())
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__}, SQLSTATE {state}" if state else type(error).__name__
