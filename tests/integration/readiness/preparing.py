"""A school that prepares its move: two small databases, and a project file of the parts that a test adds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
from tests.integration.readiness.site import TODAY, Place, site_of

BASE = """\
project: harbour
title: Harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people:
  lead: [ann]
  sponsor: [sue]
  data_engineer: [dan]
  operations: [otto]
  go_live: [maria]
  finance: [fay]
  vendor: {holders: [vic], optional: true}
names: {ann: Ann, fay: Fay, tom: Tom, tim: Tim}
tables: [{target: t}]
"""


class School:
    """Makes places of one school: every place of it has the same databases and the same ledger."""

    def __init__(self, pair: tuple[str, str], new_database: Callable[..., str]) -> None:
        self.source_url, self.target_url = pair
        self.ledger_url = new_database("ledger")

    def place(
        self, more: str, *, stage: str = "prework", run: str = "test", today: date = TODAY, base: str = BASE
    ) -> Place:
        """The project with these parts of its file, on a day, in a run of a stage."""
        return site_of(
            base + more, self.source_url, self.target_url, self.ledger_url, stage=stage, run=run, today=today
        )

    def on_source(self, *statements: str) -> None:
        _execute(self.source_url, statements)

    def on_target(self, *statements: str) -> None:
        _execute(self.target_url, statements)

    def count(self, side: str, table: str) -> int:
        with psycopg.connect(self.source_url if side == "source" else self.target_url) as connection:
            row = connection.execute(f"select count(*) from {table}").fetchone()  # type: ignore[call-overload]
        return int(row[0])


def approve(
    place: Place, question: str, evidence: dict[str, Any], by: str = "ann", comment: str = "so it is", **answers: Any
) -> None:
    """What a form leaves in the ledger when somebody approves this evidence."""
    from golive.ledger import digest

    payload = {"question": question, "role": "lead", "evidence_hash": digest(evidence)}
    place.write("approval", payload | {"verdict": "asked", "people": [by]}, evidence=evidence)
    place.write(
        "approval", payload | {"verdict": "approved", "comment": comment, "answers": answers, "reason": ""}, actor=by
    )


def _execute(url: str, statements: tuple[str, ...]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
