"""Passes before the freeze: rising strictness, their numbers, and what keeps the new system shut."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.readiness.passing import (
    ERROR,
    FAIL,
    NAME,
    PASS,
    VACUOUS,
    Suites,
    begun,
    issues,
    judged,
    last,
    like,
    passed,
    ran,
    said,
    shown,
    spoilt,
    waive,
)
from tests.integration.readiness.site import Place

from golive.project.proving import Bound, Validation
from golive.readiness import Outcome
from golive.readiness.passes import check_trained, judge_pass
from golive.readiness.validated import owed, results_of, shutting
from golive.results import CheckResult, Severity, TableDiff, Verdict


def test_the_initial_pass_reports_the_last_one_demands(still: Place, well: list[CheckResult]) -> None:
    initial, _ = passed(still, "1", results=spoilt(well))
    assert judged(initial).missing == () and "1 FAIL" in judge_pass(initial).says
    assert last(still)[0].payload["ok"]
    middle, _ = passed(still, "2", "mid_cycle", results=spoilt(well))
    assert judged(middle).missing == ()
    final, _ = passed(still, "3", "pre_final", results=spoilt(well))
    (line,) = judged(final).missing
    assert NAME in line and "Daniel Kim (data engineer)" in line
    entry, evidence = last(still)
    assert (entry.payload["number"], entry.payload["ok"], entry.payload["open"]["critical"]) == (3, False, 1)
    assert evidence["missing"] == [line] and entry.payload["stage"] == "data_validation_pre_final"


@pytest.mark.parametrize(("verdict", "says"), [(FAIL, "critical"), (ERROR, "errors")])
def test_the_middle_pass_bears_as_many_as_the_file_says(
    still: Place, well: list[CheckResult], verdict: Verdict, says: str
) -> None:
    bound = Bound.model_validate({"critical": 0, "errors": 0} | {says: 2})
    project = still.project.model_copy(update={"validation": Validation(mid_cycle=bound)})
    strict = like(still, project=project)
    two = [said("rows", verdict), said("ids", verdict)]
    there, _ = passed(strict, "1", "mid_cycle", results=well, suites=two)
    assert judge_pass(there).missing == ()
    there, _ = passed(strict, "2", "mid_cycle", results=well, suites=[*two, said("names", verdict)])
    assert len(judge_pass(there).missing) == 3
    assert shown(there) == [f"suite/person.target/{name}" for name in ("ids", "names", "rows")]


def test_the_middle_pass_bears_ten_by_default_whoever_found_them(still: Place, well: list[CheckResult]) -> None:
    middle, _ = passed(still, "1", "mid_cycle", results=well)
    for number in range(11):
        by_hand = {"id": f"by_hand/{number}", "title": "t", "severity": "critical", "owner": "lead", "says": "s"}
        still.write("issue", {**by_hand, "from": "", "state": "open"})
        assert bool(judge_pass(middle).missing) == (number == 10)
    assert last(still)[0].payload["open"]["critical"] == 0
    judged(middle)
    entry, evidence = last(still)
    assert entry.payload["open"]["critical"] == 11 and len(evidence["issues"]) == 11


def test_an_opportunity_is_counted_and_shown_and_blocks_nothing(still: Place, well: list[CheckResult]) -> None:
    found = [said("rows", FAIL, Severity.OPPORTUNITY), said("ids", VACUOUS, Severity.OPPORTUNITY)]
    there, _ = passed(still, "1", "pre_final", results=well, suites=found)
    assert judged(there).missing == () and "1 opportunity to clean up" in judge_pass(there).says
    entry, evidence = last(still)
    assert entry.payload["open"] == {"critical": 0, "major": 0, "minor": 0, "opportunity": 1} and entry.payload["ok"]
    assert [issue["severity"] for issue in evidence["issues"]] == ["opportunity"]
    assert shown(there) == []


def test_in_the_last_pass_what_looked_at_nothing_is_no_pass(still: Place, well: list[CheckResult]) -> None:
    nothing = [said("rows", VACUOUS)]
    there, _ = passed(still, "1", "mid_cycle", results=well, suites=nothing)
    assert judge_pass(there).missing == () and "looked at nothing: person.target: rows" in judge_pass(there).says
    there, _ = passed(still, "2", "pre_final", results=well, suites=nothing)
    (line,) = judge_pass(there).missing
    assert line.startswith("suite/person.target/rows looked at nothing") and "Ruth Ames (registrar)" in line
    waive(there, "suite/person.target/rows")
    assert judged(there).missing == () and shown(there) == []
    entry, evidence = last(still)
    assert entry.payload["waived"] == 1 and "suite/person.target/rows" not in issues(still)
    assert evidence["waivers"] == [
        {"what": "suite/person.target/rows", "until": "2026-06-05", "by": "Sam Okafor", "reason": "known"}
    ]


def test_a_pass_has_a_number_and_a_cleared_task_makes_no_other(still: Place, well: list[CheckResult]) -> None:
    there, _ = passed(still, "1", results=well, suites=[said("rows", FAIL, evidence={"failing": 3, "keys": "abc"})])
    judged(there)
    assert last(still)[0].payload["number"] == 1
    other, _ = passed(still, "2", results=well)
    judged(other)
    assert last(still)[0].payload["number"] == 2
    judged(there)
    entry, evidence = last(still)
    assert entry.payload["number"] == 1 and entry.run == there.run_name
    assert entry.payload["verdicts"] == {"PASS": len(well), "FAIL": 1, "ERROR": 0, "VACUOUS": 0}
    assert evidence["results"][0] == {
        "name": "suite/person.target/rows", "group": "suite", "table": "person.target", "check": "rows",
        "verdict": "FAIL", "says": "rows says FAIL", "severity": "critical", "owner": "registrar", "looked_at": 100,
        "failing": 3, "keys": "abc",
    }  # fmt: skip
    crossed = next(result for result in evidence["results"] if result["name"] == NAME)
    assert (crossed["failing"], crossed["owner"]) == (0, "data_engineer")


def test_clean_up_rules_and_suites_stand_in_one_pass(still: Place, well: list[CheckResult]) -> None:
    rules = [{"rule": "names", "says": "No name", "owner": "lead", "query": "select 1", "at_most": 5}]
    project = still.project.model_validate({**still.project.model_dump(), "clean_up": {"rules": rules}})
    there, _ = passed(like(still, project=project), "1", results=well, suites=[said("rows", FAIL)])
    assert "1 clean-up rule, none counted yet" in judge_pass(there).says
    still.write("clean_up", {"rule": "names", "side": "source", "open": 4, "owner": "lead"})
    still.write("issue", {"id": "clean_up/names", "title": "No name", "severity": "minor", "owner": "lead",
                         "state": "open", "says": "4 open", "from": "clean_up"})  # fmt: skip
    assert "4 open by 1 clean-up rule" in judged(there).says
    _, evidence = last(still)
    assert evidence["clean_up"] == [{"rule": "names", "says": "No name", "owner": "lead", "at_most": 5, "open": 4}]
    assert [issue["id"] for issue in evidence["issues"]] == ["suite/person.target/rows", "clean_up/names"]


def test_what_keeps_the_new_system_shut() -> None:
    results = [
        said("a", FAIL), said("b", FAIL, Severity.MAJOR), said("c", ERROR, Severity.MINOR), said("d", VACUOUS),
        said("e", PASS), said("f", VACUOUS, Severity.OPPORTUNITY), said("g", FAIL),
        said("h", ERROR), said("i", VACUOUS),
    ]  # fmt: skip
    waived = [f"suite/person.target/{name}" for name in "ghi"]
    assert [result.check for result in shutting(results, waived)] == ["a", "c", "d", "h"]


def test_the_door_asks_the_target_alone_as_the_last_pass_does(still: Place, suites: Suites) -> None:
    suites.write("person.target", "rows", "ids")
    suites.write("person.source", "old_rows", "old_ids")
    suites.write("code.target", "codes", "early", passes=("initial", "mid_cycle", "pre_final"))
    door = begun(still, "1", "final_migration")
    names = [f"suite/{name}" for name in ("code.target/codes", "code.target/early", "person.target/rows")]
    assert owed(door, []) == [*names, "suite/person.target/ids"]
    assert owed(door, [said("ids", PASS)]) == names
    suites.write("code.target", "codes", passes=("initial",))
    assert owed(door, []) == ["suite/person.target/rows", "suite/person.target/ids"]


def test_a_result_is_what_the_ledger_keeps(still: Place) -> None:
    diff = TableDiff("public.person", 5, 1, 1, 0)
    result = said("rows", FAIL, Severity.MINOR, diff=diff, evidence={"failing": 2})
    there = begun(still, "1")
    ran(there, "suites", [result])
    assert results_of(there) == [result]


def test_everybody_is_trained(still: Place) -> None:
    assert "Ruth Ames, olga of group offices" in check_trained(still).missing[0]
    for person in ("ruth", "olga"):
        assert check_trained(still).missing
        entry: dict[str, Any] = {"person": person, "group": "offices", "course": "enrolment", "state": "attended"}
        still.write("training", {**entry, "on": "2026-05-01", "material": "1", "by": "lena"})
    assert check_trained(still) == Outcome("Training: 2 of 2 attendances done.")
