"""Findings against the pass before: new, still open, fixed, regressed, and nothing that lacks a verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.dags.runs import execute
from tests.integration.readiness.passing import (
    ERROR,
    FAIL,
    MEND,
    NAME,
    PASS,
    SOURCE,
    SPOIL,
    TARGET,
    TEXT,
    VACUOUS,
    Suites,
    begun,
    cross,
    issues,
    last,
    like,
    passed,
    ran,
    said,
    spoilt,
)
from tests.integration.readiness.site import TODAY, Place, site_of

from golive.project.proving import Comparison
from golive.readiness.crossed import absent
from golive.readiness.findings import findings
from golive.readiness.passes import compare_passes, judge_pass
from golive.readiness.validated import asked, owed, results_of
from golive.results import CheckResult, Group, Severity


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    """Rows have crossed, and every check of them passes."""
    execute(pair[0], SOURCE)
    execute(pair[1], TARGET)
    made = site_of(TEXT, *pair, new_database("ledger"), stage="data_validation_initial")
    cross(made)
    return made


def test_each_finding_is_new_still_open_fixed_or_regressed(site: Place, pair: tuple[str, str]) -> None:
    execute(pair[1], SPOIL)
    assert "1 new, 0 still open" in passed(site, "1")[1].says
    assert issues(site)[NAME] | {"says": ""} == {
        "id": NAME, "title": "crossed of public.person", "severity": "critical", "owner": "data_engineer",
        "state": "open", "says": "", "from": "test.data_validation_initial/1", "change": "new", "verdict": "FAIL",
        "failing": 1, "digest": "",
    }  # fmt: skip
    # The same run again, as after a clear: it is new still.
    assert "1 new, 0 still open" in passed(site, "1")[1].says
    assert "0 new, 1 still open" in passed(site, "2")[1].says
    execute(pair[1], MEND)
    assert "0 still open, 1 fixed" in passed(site, "3")[1].says
    assert issues(site)[NAME]["state"] == "closed"
    # Cleared and compared again, it was fixed by the same run.
    assert "0 still open, 1 fixed" in passed(site, "3")[1].says
    assert "0 fixed" in passed(site, "4")[1].says
    execute(pair[1], SPOIL)
    assert "1 regressed" in passed(site, "5")[1].says
    entry, evidence = last(site)
    assert entry.payload["changes"] == {
        "new": 0, "still open": 0, "fixed": 0, "regressed": 1, "no longer asked": 0,
    }  # fmt: skip
    (issue,) = evidence["issues"]
    opened = site.ledger.entries("test", kind="issue")[0].at.date()
    assert (issue["change"], issue["since"], issue["age_days"]) == (
        "regressed", opened.isoformat(), (TODAY - opened).days,
    )  # fmt: skip
    assert issue["whose"] == "Daniel Kim (data engineer)"


def test_what_a_cleared_lane_takes_back_was_never_there(still: Place, well: list[CheckResult]) -> None:
    there, _ = passed(still, "1", results=[*well, replace(well[0], check="odd", verdict=FAIL)])
    assert issues(still)["check/public.person/odd"]["state"] == "open"
    passed(still, "1", results=[*well, replace(well[0], check="odd", verdict=PASS)])
    assert issues(still)["check/public.person/odd"]["state"] == "closed"
    assert "0 new, 0 still open, 0 fixed" in passed(still, "2", results=well)[1].says
    assert there.ledger.last("test", "pass") is not None


def test_a_finding_that_nobody_looked_at_again_stays_open(still: Place, well: list[CheckResult]) -> None:
    passed(still, "1", results=spoilt(well))
    _, outcome = passed(still, "2", results=[result for result in well if result.table != "public.person"])
    assert issues(still)[NAME]["state"] == "open"
    assert outcome.missing[0] == (
        "public.person: schema has no verdict in this run: clear the lanes of check_what_crossed"
    )
    entry, evidence = last(still)
    assert not entry.payload["ok"] and evidence["missing"][0] == outcome.missing[0]


def test_a_table_that_left_the_project_file_closes_its_issues_and_the_pass_says_so(
    still: Place, well: list[CheckResult]
) -> None:
    passed(still, "1", results=spoilt(well))
    tables = tuple(spec for spec in still.project.tables if spec.target == "code")
    smaller = like(still, project=still.project.model_copy(update={"tables": tables}))
    _, outcome = passed(smaller, "2")
    assert issues(still)[NAME]["state"] == "closed"
    assert issues(still)[NAME]["says"].startswith("no longer asked: ")
    assert outcome.says.endswith(f"0 fixed, 0 regressed; no longer asked: {NAME}.")
    assert [issue["change"] for issue in last(still)[1]["issues"]] == ["no longer asked"]


def test_a_suite_that_is_gone_closes_its_issues_and_the_pass_says_so(
    site: Place, well: list[CheckResult], suites: Suites
) -> None:
    suites.write("person.target", "rows", "ids")
    suites.write("code.target", "codes", "names", passes=("initial",))
    both = [said("rows", FAIL), said("ids", PASS), said("codes", FAIL, suite="code.target")]
    both.append(said("names", PASS, suite="code.target"))
    passed(site, "1", results=well, suites=both)
    suites.remove("person.target")
    _, outcome = passed(site, "2", "mid_cycle", results=well)
    assert outcome.says.endswith("no longer asked: suite/person.target/rows.") and not outcome.missing
    # The other one is asked by another pass: that this one does not look at it closes nothing.
    states = {name: issue["state"] for name, issue in issues(site).items()}
    assert states == {"suite/person.target/rows": "closed", "suite/code.target/codes": "open"}
    assert last(site)[0].payload["changes"]["no longer asked"] == 1


def test_a_foreign_key_that_is_gone_closes_its_issue(still: Place, well: list[CheckResult]) -> None:
    broken = CheckResult("foreign_keys", "public.code", FAIL, "3 of 20 refer to nothing")
    passed(still, "1", results=[*well, broken])
    assert "1 still open" in passed(still, "2", results=[*well, replace(broken, verdict=VACUOUS)])[1].says
    assert "no longer asked: check/public.code/foreign_keys" in passed(still, "3", results=well)[1].says


def test_a_lane_without_a_verdict_is_missing(still: Place, suites: Suites, well: list[CheckResult]) -> None:
    assert len(absent(still.plan, set())) == 6
    suites.write("person.target", "rows", "ids")
    suites.write("code.source", "codes", "names")
    there = begun(still, "1")
    missing = compare_passes(there).missing
    assert "public.code: crossed has no verdict in this run: clear the lanes of check_what_crossed" in missing
    assert "suite/code.source/codes has no verdict in this run: clear the lanes of run_suites" in missing
    ran(there, "tables", well)
    ran(there, "suites", [said("codes", PASS, suite="code.source"), said("names", PASS, suite="code.source")], 1, 2)
    assert judge_pass(there).missing == (
        "suite/person.target/rows has no verdict in this run: clear the lanes of run_suites",
        "suite/person.target/ids has no verdict in this run: clear the lanes of run_suites",
    )
    ran(there, "suites", [said("rows", PASS), said("ids", PASS)], 2, 2)
    assert judge_pass(there).missing == ()


def test_a_comparison_is_asked_with_the_rest(still: Place, well: list[CheckResult]) -> None:
    declared = {
        "name": "revenue", "kind": "totals", "says": "Revenue agrees", "owner": "lead", "key": ["year"],
        "source": "select 1 as year", "target": "select 1 as year", "passes": ["mid_cycle", "pre_final"],
    }  # fmt: skip
    compared = like(
        still, project=still.project.model_copy(update={"comparisons": (Comparison.model_validate(declared),)})
    )
    assert passed(compared, "1", results=well)[1].missing == ()
    there, outcome = passed(compared, "2", "mid_cycle", results=well)
    assert outcome.missing == ("comparison/revenue has no verdict in this run: clear run_comparisons",)
    result = CheckResult("revenue", None, FAIL, "2025 differs", group=Group.COMPARISON, owner="lead")
    ran(there, "comparisons", [result])
    there.keep(compare_passes(there))
    assert issues(still)["comparison/revenue"]["title"] == "revenue" and judge_pass(there).missing == ()
    assert owed(begun(compared, "3", "final_migration"), []) == ["comparison/revenue"]
    _, outcome = passed(still, "4", "mid_cycle", results=well)
    assert outcome.says.endswith("no longer asked: comparison/revenue.")


def test_a_new_division_into_lanes_replaces_the_old_one(still: Place) -> None:
    there = begun(still, "1")
    ran(there, "suites", [said("rows", FAIL)], 1, 2)
    ran(there, "suites", [said("ids", FAIL)], 2, 2)
    ran(there, "suites", [said("rows", PASS)], 1, 1)
    ran(there, "tables", [CheckResult("schema", "public.person", PASS, "it fits")], 1, 2)
    assert [(result.name, result.verdict) for result in results_of(there)] == [
        ("suite/person.target/rows", PASS), ("check/public.person/schema", PASS),
    ]  # fmt: skip


def test_an_error_of_one_suite_hides_no_other(still: Place, well: list[CheckResult]) -> None:
    """What could not run is critical where it would have been, else major; it counts as an error either way."""
    results = [
        said("rows", ERROR), said("ids", ERROR, Severity.OPPORTUNITY), said("names", FAIL, Severity.MINOR),
        said("codes", PASS),
    ]  # fmt: skip
    there, _ = passed(still, "1", "pre_final", results=well, suites=results)
    found = {each.id: each for each in findings(there, results_of(there), asked(there, results), {})}
    assert {name.rpartition("/")[2]: (one.severity, one.is_error, one.is_critical) for name, one in found.items()} == {
        "rows": ("critical", True, False), "ids": ("major", True, False), "names": ("minor", False, False),
    }  # fmt: skip
    missing = judge_pass(there).missing
    assert len(missing) == 2 and all("Ruth Ames (registrar) puts it right" in line for line in missing)
