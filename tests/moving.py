"""A small migration for tests: two databases, a project in a few words, and independent eyes on both sides."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

from golive import plan as planning
from golive.databases import Database, connect
from golive.databases.relation import Refusal
from golive.plan import Plan
from golive.project import Project
from golive.transfer import Lane, Mode, Opened, Settled, open_increments, settle, work

OPTIONS = "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c timezone=UTC -c extra_float_digits=1"


def free() -> None:
    """A guard that lets everything pass."""


@dataclass
class Move:
    """A project between two databases; every step opens its own sessions, as a task would."""

    urls: tuple[str, str]
    tables: list[dict[str, Any]]
    limits: dict[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"
    guard: Callable[[], None] = free
    _runs: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def project(self) -> Project:
        limits = {"chunk_rows": 1000, "horizon_wait_seconds": 5, **self.limits}
        ends = {"source": {"connection": "old"}, "target": {"connection": "new"}}
        return Project.model_validate(
            {"project": "moved", "timezone": self.timezone, "limits": limits, "tables": self.tables, **ends}
        )

    @property
    def source(self) -> Database:
        return connect(self.urls[0], name="old", timezone=self.timezone)

    @property
    def target(self) -> Database:
        return connect(self.urls[1], name="new", timezone=self.timezone)

    def plan(self) -> Plan:
        return planning.build(self.project, self.source, self.target)

    def open(self, mode: Mode = Mode.CATCH_UP, run: str | None = None, wait: int | None = None) -> list[Opened]:
        run = run or f"run {next(self._runs)}"
        return open_increments(self.plan(), self.source, self.target, mode=mode, run=run, wait_seconds=wait)

    def lane(
        self, number: int = 1, stop: Callable[[], bool] = lambda: False, guard: Callable[[], None] | None = None
    ) -> Lane:
        return work(self.plan(), self.source, self.target, lane=number, run="run", guard=guard or self.guard, stop=stop)

    def settle(self) -> dict[str, Settled]:
        settled = settle(self.plan(), self.source, self.target, run="run", guard=self.guard)
        return {each.table.removeprefix("public."): each for each in settled}

    def run(self, mode: Mode = Mode.CATCH_UP, wait: int | None = None) -> dict[str, Settled]:
        """Open, work, settle: one increment of every table."""
        self.open(mode, wait=wait)
        self.lane()
        return self.settle()

    def sweep(self) -> dict[str, Settled]:
        return self.run(Mode.SWEEP)

    def held(self, table: str) -> dict[tuple[str | None, ...], Refusal]:
        """A table's quarantine by key."""
        with self.target.session() as connection:
            refusals = self.target.held.quarantined(connection, "moved", table)
        return {refusal.key: refusal for refusal in refusals}

    def checkpoints(self) -> list[dict[str, Any]]:
        """Golive's lines about chunks, in order."""
        rows = fetch(
            self.urls[1], "select row_to_json(c) from golive.checkpoint c order by table_name, increment, chunk"
        )
        return [row[0] for row in rows]


def execute(url: str, *statements: str) -> None:
    """Run statements as somebody who has nothing to do with Golive."""
    with psycopg.connect(url, autocommit=True, options=OPTIONS) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a hand-written query."""
    with closing(psycopg.connect(url, autocommit=True, options=OPTIONS)) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload]


def texts(url: str, query: str) -> list[str]:
    """The rows of a hand-written query as the server writes them, in their own order."""
    return sorted(row[0] for row in fetch(url, f"select (q)::text from ({query}) q"))


def same(move: Move, query: str, other: str | None = None) -> int:
    """Assert that both sides give the same rows, in any order; returns how many."""
    ours, theirs = texts(move.urls[0], query), texts(move.urls[1], other or query)
    assert ours == theirs
    return len(ours)


def clean(settled: dict[str, Settled]) -> bool:
    """Whether a sweep found every table finished, and nothing to repair."""
    return all(
        each.finished and not (each.moved.inserted or each.moved.updated or each.moved.deleted)
        for each in settled.values()
    )
