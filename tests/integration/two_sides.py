"""A small project over two databases that a test fills itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg

from golive import plan as planning
from golive.databases import Database, connect
from golive.databases.relation import Refusal
from golive.plan import Plan
from golive.project import Project
from golive.results import CheckResult, Verdict
from golive.validation import Sample, draw_and_compare, run_checks


@dataclass(frozen=True)
class TwoSides:
    """A plan and its two databases; ``urls`` are those of the source and the target."""

    urls: tuple[str, str]
    plan: Plan
    source: Database
    target: Database

    def on_source(self, statement: str) -> None:
        run(self.urls[0], statement)

    def on_target(self, statement: str) -> None:
        run(self.urls[1], statement)

    def quarantine(self, *refusals: Refusal, table: str = "public.t") -> None:
        with self.target.session() as connection:
            self.target.state.prepare(connection)
            self.target.held.quarantine(connection, self.plan.project.name, table, refusals, "run")

    def checks(self, *names: str, **options: Any) -> list[CheckResult]:
        return run_checks(self.plan, self.source, self.target, names=names or None, **options)

    def check(self, name: str) -> CheckResult:
        """The one result of a check."""
        (result,) = self.checks(name)
        return result

    def verdicts(self) -> dict[str, Verdict]:
        """By check, for a plan of one table."""
        return {result.check: result.verdict for result in self.checks()}

    def sample(self, *, seed: int = 1, percent: int = 10) -> Sample:
        return draw_and_compare(self.plan, self.source, self.target, seed=seed, percent=percent)


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def two_sides(urls: tuple[str, str], source: str, target: str, *tables: dict[str, Any]) -> TwoSides:
    """Run the two scripts, and plan ``tables``: entries as a project file has them; ``t`` alone by default."""
    run(urls[0], source)
    run(urls[1], target)
    project = Project.model_validate({
        "project": "small", "source": {"connection": "old"}, "target": {"connection": "new"},
        "tables": list(tables) or [{"target": "t"}],
    })
    old, new = connect(urls[0], name="old"), connect(urls[1], name="new")
    return TwoSides(urls, planning.build(project, old, new), old, new)


def as_text(results: list[CheckResult]) -> str:
    """All that results say, as the ledger would store it."""
    return json.dumps([result.as_dict() for result in results])
