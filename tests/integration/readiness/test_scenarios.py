"""Scenarios of the new system in the passes: kept with their last result, and enough of them before the freeze."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.readiness.preparing import School

from golive.project import files
from golive.readiness.measures import MEASURES
from golive.readiness.passes import judge_pass
from golive.readiness.scenarios import covered, lacking, read_scenarios
from golive.reports.tables import table

SCENARIOS = """\
training: {build: "7.2"}
validation:
  scenarios:
    at_least_percent: 60
    names:
      - {scenario: enrol, test: "Office::test_enrol"}
      - {scenario: bill, test: "Office::test_bill"}
      - {scenario: move, test: "Office::test_move"}
"""
LAST = "data_validation_pre_final"


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source("create table t (id int primary key)", "insert into t values (1)")
    made.on_target("create table t (id int primary key)")
    return made


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes a file of results into the project's folder: a word for each test."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    folder = tmp_path / "harbour" / "junit"
    folder.mkdir(parents=True)
    inner = {"passed": "", "failed": "<failure/>", "skipped": "<skipped/>"}

    def write(version: str = "7.2", **tests: str) -> None:
        cases = "".join(
            f'<testcase classname="Office" name="test_{name}">{inner[word]}</testcase>' for name, word in tests.items()
        )
        known = f'<properties><property name="version" value="{version}"/></properties>'
        (folder / "office.xml").write_text(f'<testsuite timestamp="2026-05-01T10:00:00">{known}{cases}</testsuite>')

    return write


def test_every_scenario_is_kept_with_its_last_result(school: School, results: Callable[..., None]) -> None:
    results(enrol="passed", bill="skipped")
    place = school.place(SCENARIOS, stage=LAST)
    outcome = place.keep(read_scenarios(place))
    assert outcome.says == "Scenarios: 3 scenarios, 33% covered; not covered: bill (skipped), move (never)."
    assert outcome.missing == ()
    kept = {entry.payload["scenario"]: entry.payload for entry in place.ledger.entries("harbour", kind="scenarios")}
    assert kept["enrol"] == {
        "scenario": "enrol", "test": "Office::test_enrol", "result": "passed", "version": "7.2",
        "at": "2026-05-01 10:00:00", "file": "office.xml", "covered": True,
    }  # fmt: skip
    assert kept["move"]["result"] == "never"
    shown = table("scenarios", kept.values(), place.project)
    assert shown is not None and shown.note == "1 of 3 covered"
    assert [[cell.text for cell in row][:2] for row in shown.rows] == [
        ["bill", "skipped"], ["move", "never tested"], ["enrol", "passed"],
    ]  # fmt: skip


def test_the_last_pass_is_kept_open_until_enough_are_covered(school: School, results: Callable[..., None]) -> None:
    results(enrol="passed", bill="failed")
    place = school.place(SCENARIOS, stage=LAST)
    place.keep(read_scenarios(place))
    few = (
        "33% of the scenarios are covered, and 60% have to be: not covered are bill (failed), move (never). Ann (lead):"
        " have them tested, put the results at junit/*.xml, then a new run of harbour.data_validation_pre_final reads"
        " them"
    )
    assert lacking(place) == (few,)
    judged = judge_pass(place)
    assert few in judged.missing
    (kept,) = judged.records
    assert kept.payload["scenarios"] == 33 and not kept.payload["ok"]
    assert kept.evidence is not None
    assert [each["result"] for each in kept.evidence["scenarios"]] == ["passed", "failed", "never"]
    results(enrol="passed", bill="passed")
    place.keep(read_scenarios(place))
    assert lacking(place) == ()
    assert few not in judge_pass(place).missing


def test_an_earlier_pass_reports_and_is_not_kept_open(school: School, results: Callable[..., None]) -> None:
    place = school.place(SCENARIOS, stage="data_validation_mid_cycle")
    outcome = place.keep(read_scenarios(place))
    assert "0% covered" in outcome.says and "there is no file of results at junit/*.xml" in outcome.says
    assert not any("scenarios" in line for line in judge_pass(place).missing)


def test_what_another_run_read_is_not_this_passes(school: School, results: Callable[..., None]) -> None:
    results(enrol="passed", bill="passed", move="passed")
    first = school.place(SCENARIOS, stage=LAST)
    first.keep(read_scenarios(first))
    second = school.place(SCENARIOS, stage=LAST, run="second")
    assert lacking(second)[0].startswith("0% of the scenarios are covered, and 60% have to be: not covered are enrol")


def test_the_measure_counts_what_was_read_last(school: School, results: Callable[..., None]) -> None:
    place = school.place(SCENARIOS, stage=LAST)
    assert str(MEASURES["scenarios"](place)) == "looked at nothing"
    results(enrol="passed", bill="failed")
    place.keep(read_scenarios(place))
    assert str(MEASURES["scenarios"](place)) == "2 open of 3 (bill (failed); move (never))"
    results(enrol="passed", bill="passed")
    place.keep(read_scenarios(place))
    assert str(MEASURES["scenarios"](place)) == "0 open of 3"
    renamed = school.place(SCENARIOS.replace("test_bill", "test_billing"), stage=LAST)
    assert str(MEASURES["scenarios"](renamed)) == "2 open of 2 (bill (not read); move (never))"


def test_without_a_scenario_nothing_is_read(school: School) -> None:
    place = school.place("", stage=LAST)
    assert read_scenarios(place).says == "No scenario is declared."
    assert (covered(place), lacking(place)) == (None, ())
    assert str(MEASURES["scenarios"](place)) == "looked at nothing"
