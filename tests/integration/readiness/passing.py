"""A small project of two tables whose passes a test runs itself: checks as the flow runs them, suites as files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.readiness.site import Place

from golive.ledger import Entry
from golive.project import files
from golive.readiness import Outcome
from golive.readiness.crossed import check_so_far
from golive.readiness.passes import compare_passes, judge_pass, to_waive, waiving
from golive.results import CheckResult, Group, Severity, TableDiff, Verdict
from golive.transfer import Mode, open_increments, settle, work

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {data_engineer: [daniel], sponsor: [sam], lead: [lena], registrar: [ruth]}
names: {daniel: Daniel Kim, sam: Sam Okafor, lena: Lena Fischer, ruth: Ruth Ames}
training:
  groups: {offices: [ruth, olga]}
  courses: [{name: enrolment, title: Enrolling, groups: [offices]}]
tables:
  - {target: person, key: [id], cursor: changed, older_than: "id <= 60", sensitive: [name]}
  - {target: code, key: [code]}
"""

SOURCE = """
create table person (id int, name text, changed timestamptz);
insert into person select n, 'name ' || n, timestamptz '2026-01-01' + n * interval '1 hour'
  from generate_series(1, 100) n;
create table code (code text primary key, says text);
insert into code select 'c' || n, 'code ' || n from generate_series(1, 20) n;
"""

TARGET = """
create table person (id int primary key, name text);
create table code (code text primary key, says text);
"""

NAME = "check/public.person/crossed"
SPOIL = "update person set name = 'wrong' where id = 3"
MEND = "update person set name = 'name 3' where id = 3"
PASS, FAIL, ERROR, VACUOUS = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.VACUOUS


def cross(site: Place, mode: Mode = Mode.OLDER) -> None:
    """One increment, as older_data makes it."""
    open_increments(site.plan, site.source, site.target, mode=mode, run="increment", wait_seconds=10)
    work(site.plan, site.source, site.target, lane=1, run="increment", guard=lambda: None)
    settle(site.plan, site.source, site.target, run="increment", guard=lambda: None)


def looked(site: Place) -> dict[tuple[str, str], CheckResult]:
    """What the checks of all tables say, by table and check."""
    names = frozenset(table.name for table in site.plan.tables)
    results = check_so_far(site.plan, site.source, site.target, names)
    return {(str(result.table).removeprefix("public."), result.check): result for result in results}


def begun(site: Place, run: str, stage: str = "initial") -> Place:
    """The site as it stands in a run of a pass."""
    stage = stage if stage == "final_migration" else f"data_validation_{stage}"
    return like(site, stage=stage, run_name=f"test.{stage}/{run}")


def like(site: Place, **other: Any) -> Place:
    """The site with some of it other. Its plan is kept, unless the project is another: no test changes a schema."""
    made = replace(site, **other)
    if "plan" in site.__dict__ and "project" not in other:
        made.__dict__["plan"] = site.plan
    return made


def ran(site: Place, part: str, results: Iterable[CheckResult], lane: int = 1, lanes: int = 1) -> None:
    """A lane of this run's pass, as the flow writes it."""
    said = list(results)
    verdicts = {verdict.value: sum(result.verdict is verdict for result in said) for verdict in Verdict}
    evidence = {"results": [result.as_dict() for result in said]}
    site.write("checks", {"part": part, "lane": lane, "lanes": lanes, **verdicts}, evidence=evidence)


def passed(
    site: Place,
    run: str,
    stage: str = "initial",
    *,
    without: str = "",
    results: Iterable[CheckResult] | None = None,
    suites: Iterable[CheckResult] = (),
) -> tuple[Place, Outcome]:
    """A whole pass in a run of its own up to its comparison, with the site as it stands in that run."""
    there = begun(site, run, stage)
    if results is None:
        results = [result for (table, _), result in looked(there).items() if table != without]
    ran(there, "tables", results)
    if suites := list(suites):
        ran(there, "suites", suites)
    return there, there.keep(compare_passes(there), task="compare_passes")


def judged(site: Place) -> Outcome:
    """The judgement of a run's pass, kept as the flow keeps it."""
    return site.keep(judge_pass(site), task="judge_pass")


def issues(site: Place) -> dict[str, dict[str, Any]]:
    return {entry.payload["id"]: entry.payload for entry in site.ledger.latest("test", "issue", by=("id",))}


def last(site: Place) -> tuple[Entry, dict[str, Any]]:
    """The newest pass and its evidence."""
    entry = site.ledger.last("test", "pass")
    assert entry is not None and entry.evidence_hash is not None
    evidence = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(evidence, dict)
    return entry, evidence


def said(
    name: str, verdict: Verdict, severity: Severity = Severity.CRITICAL, suite: str = "person.target", **more: Any
) -> CheckResult:
    """What an expectation of a suite says."""
    return CheckResult(
        name, suite, verdict, f"{name} says {verdict}", looked_at=100, group=Group.SUITE, severity=severity,
        owner="registrar", **more,
    )  # fmt: skip


class Suites:
    """The folder of the project's suites, which a test fills; each expectation is (id, severity of GX, passes)."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, text: str = TEXT) -> None:
        self.folder = folder / "expectations" / "test"
        self.folder.mkdir(parents=True)
        projects = folder / "projects"
        (projects / "test").mkdir(parents=True)
        (projects / "test" / "project.yaml").write_text(text)
        patch.setattr(files, "PROJECTS", projects)
        patch.setattr(files, "EXPECTATIONS", folder / "expectations")

    def write(self, name: str, *ids: str, passes: tuple[str, ...] = ("initial", "mid_cycle", "pre_final")) -> None:
        """A suite of this name, '<table>.<side>'; its expectations ask whether there are rows, and nothing is null."""
        table, side = name.split(".")
        column = "id" if table == "person" else "code"
        floor = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
        null = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column}}
        about = {"side": side, "table": table}
        expectations = [
            {**(null if n else floor), "severity": "critical",
             "meta": {"id": one, "owner": "registrar", "says": "So it is", "passes": list(passes)}}
            for n, one in enumerate(ids)
        ]  # fmt: skip
        suite = {"name": name, "expectations": expectations, "meta": {"golive": about}}
        (self.folder / f"{name}.json").write_text(json.dumps(suite))

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.json").unlink()


def spoilt(well: list[CheckResult]) -> list[CheckResult]:
    """The same, but for a row that differs."""
    wrong = TableDiff("public.person", 59, 1, 0, 0)
    return [replace(one, verdict=FAIL, says="1 differs", diff=wrong) if one.name == NAME else one for one in well]


def waive(there: Place, *names: str, days: int = 5) -> None:
    """Sam chooses these on the form, and approves."""
    shown = to_waive(there)
    assert shown is not None
    answer = there.write(
        "approval",
        {"question": "waive_findings", "verdict": "approved", "comment": "known",
         "answers": {"days": days, "waive": list(names)}},
        actor="sam",
    )  # fmt: skip
    for record in waiving(there, answer, shown):
        there.write(record.kind, record.payload, actor=answer.actor)


def shown(there: Place) -> list[str]:
    """What the form would offer to set aside."""
    form = to_waive(there)
    return [] if form is None else [issue["id"] for issue in form["issues"]]
