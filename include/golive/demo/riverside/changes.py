"""What the users of the old system do while a migration runs: rows come, change and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from golive.demo.riverside.make import OPTIONS, script
from golive.errors import Terminal

# New student numbers of a round start here, plus 10,000 for every round before it.
_NEW_STUDENTS = 2_000_000
_ROUNDS = 99

_DONE = "select count(*) from dist_cfg where cfg_key ~ '^round[.]' and cast(substr(cfg_key, 7) as int) >= %(round)s"

_Step = tuple[str, str, LiteralString]


@dataclass(frozen=True)
class Changes:
    """Rows changed by one round, per source table; a row counts once.

    ``unmarked`` are those of ``updated`` that no updated_at tells of: their table has none, or the
    program that wrote them did not set it.
    """

    inserted: Mapping[str, int]
    updated: Mapping[str, int]
    unmarked: Mapping[str, int]
    deleted: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(sum(kind.values()) for kind in (self.inserted, self.updated, self.deleted))


def live_changes(source_url: str, *, seed: int, round: int) -> Changes:
    """Do one round of a working day in the old system, in one transaction.

    The same seed and round on the same rows do the same. Rounds count from 1 and each is done once,
    in rising order; a round touches about one student in 200, and eight at least. Only ordinary rows
    are touched, so no row becomes unmigratable by it; one date of birth that was wrong is put right,
    as long as there is one, and that student and what hangs on it become migratable. Raises Terminal
    for a round that was done before, or one out of range.
    """
    if not 1 <= round <= _ROUNDS:
        raise Terminal(f"riverside's rounds go from 1 to {_ROUNDS}, not {round}")
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in ("insert", "update", "unmarked", "delete")}
    with psycopg.connect(source_url, options=OPTIONS) as connection:
        first = _NEW_STUDENTS + round * 10_000
        if _one(connection, _DONE, {"round": round}):
            raise Terminal(f"round {round} of riverside's live changes was done before, or a later one: give the next")
        values = {"seed": seed, "round": round, "first": first} | _victims(connection, seed, round)
        for kind, table, statement in _steps():
            done = connection.execute(statement, values).rowcount
            counts[kind][table] += done
            if kind == "unmarked":
                counts["update"][table] += done
    return Changes(*(dict(+counts[kind]) for kind in ("insert", "update", "unmarked", "delete")))


def _victims(connection: psycopg.Connection[Any], seed: int, round: int) -> dict[str, list[int]]:
    """Four groups of ordinary students of equal size, and no student in two."""
    size = max(2, _one(connection, "select count(*) from stu_master", {}) // 800)
    query = """
        select stu_id from stu_master where status = 'A' and mod(stu_id, 10) in (0, 7, 8, 9)
        order by hashint8extended(stu_id, %(seed)s * 1000003::bigint + %(round)s), stu_id limit %(most)s"""
    rows = connection.execute(query, {"seed": seed, "round": round, "most": 4 * size}).fetchall()
    chosen = [row[0] for row in rows]
    names = ("gone", "marked", "unmarked", "busy")
    return {name: chosen[place::4] for place, name in enumerate(names)}


def _steps() -> list[_Step]:
    """The statements of changes.sql in order, each with its kind and table out of the line above it."""
    steps: list[_Step] = []
    for part in script("changes.sql").split("\n-- ")[1:]:
        head, statement = part.split("\n", 1)
        kind, table = head.split()
        steps.append((kind, table, statement))
    return steps


def _one(connection: psycopg.Connection[Any], query: LiteralString, values: dict[str, Any]) -> int:
    row = connection.execute(query, values).fetchone()
    return int(row[0]) if row else 0
