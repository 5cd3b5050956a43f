"""Passes before the freeze: findings against the pass before, rising strictness, and waivers by name until a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import databases
from tests.dags.runs import execute
from tests.integration.readiness.passing import (
    SOURCE,
    TARGET,
    TEXT,
    Suites,
    begun,
    cross,
    issues,
    judged,
    last,
    like,
    looked,
    passed,
    ran,
    said,
)
from tests.integration.readiness.site import TODAY, Place, site_of
from tests.migration import rows

from golive.ledger import Ledger
from golive.project.proving import Bound, Comparison, Validation
from golive.readiness import Outcome
from golive.readiness.crossed import absent
from golive.readiness.findings import findings, standing, waiver, waivers
from golive.readiness.passes import WAIVABLE, check_trained, compare_passes, judge_pass, to_waive, waiving
from golive.readiness.validated import asked, owed, results_of, shutting
from golive.results import CheckResult, Group, Severity, TableDiff, Verdict

NAME = "check/public.person/crossed"
EMPTY = "empty_ledger"
SPOIL = "update person set name = 'wrong' where id = 3"
MEND = "update person set name = 'name 3' where id = 3"
PASS, FAIL, ERROR, VACUOUS = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.VACUOUS


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    """Rows have crossed, and every check of them passes."""
    execute(pair[0], SOURCE)
    execute(pair[1], TARGET)
    made = site_of(TEXT, *pair, new_database("ledger"), stage="data_validation_initial")
    cross(made)
    return made


@pytest.fixture(scope="module")
def crossed(server_url: Callable[[str], str]) -> Iterator[Place]:
    """The same, for all tests that only read both sides; the ledger is nobody's."""
    with databases(server_url) as make:
        source, target = make("source"), make("target")
        execute(source, SOURCE)
        execute(target, TARGET)
        made = site_of(TEXT, source, target, make(EMPTY), stage="data_validation_initial")
        cross(made)
        yield made


@pytest.fixture(scope="module")
def well(crossed: Place) -> list[CheckResult]:
    """What Golive's own checks say of that site: all of them pass."""
    return list(looked(crossed).values())


@pytest.fixture
def still(crossed: Place, server_url: Callable[[str], str], new_database: Callable[..., str]) -> Place:
    """That site with a ledger of its own, a copy of the one that nothing was written into."""
    (name,) = rows(server_url("postgres"), f"select datname from pg_database where datname like '%{EMPTY}'")
    return like(crossed, ledger=Ledger(new_database("ledger", f'template "{name[0]}"')))


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suites:
    return Suites(tmp_path, monkeypatch)


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


# Against the pass before


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


# Verdicts that should be there


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


# How strict each pass is


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
    site: Place, well: list[CheckResult], verdict: Verdict, says: str
) -> None:
    bound = Bound.model_validate({"critical": 0, "errors": 0} | {says: 2})
    project = site.project.model_copy(update={"validation": Validation(mid_cycle=bound)})
    strict = like(site, project=project)
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


# Waivers


def test_a_waiver_by_name_holds_until_its_day(still: Place, well: list[CheckResult]) -> None:
    there, _ = passed(still, "1", "pre_final", results=spoilt(well))
    assert shown(there) == [NAME]
    waive(there, NAME)
    assert to_waive(there) is None and judged(there).missing == ()
    assert f"waived by name: {NAME}" in judge_pass(there).says and issues(still)[NAME]["state"] == "waived"
    (issue,) = last(still)[1]["issues"]
    assert (issue["state"], issue["waived_until"], issue["waived_by"]) == ("waived", "2026-06-05", "Sam Okafor")
    again, _ = passed(still, "2", "pre_final", results=spoilt(well))
    assert issues(still)[NAME]["state"] == "waived" and not judge_pass(again).missing
    on_its_last_day = like(again, today=date(2026, 6, 5))
    assert judge_pass(on_its_last_day).missing == ()
    later = like(again, today=date(2026, 6, 6))
    assert len(judge_pass(later).missing) == 1 and NAME not in waivers(later)
    passed(later, "3", "pre_final", results=spoilt(well))
    assert issues(still)[NAME]["state"] == "open"


@pytest.mark.parametrize(
    ("then", "now", "holds"),
    [
        ({"evidence": {"failing": 5}}, {"evidence": {"failing": 5}}, True),
        ({"evidence": {"failing": 5}}, {"evidence": {"failing": 4}, "severity": Severity.MAJOR}, True),
        ({"evidence": {"failing": 1}}, {"evidence": {"failing": 55}}, False),
        ({"evidence": {"failing": 5, "digest": "a"}}, {"evidence": {"failing": 5, "digest": "a"}}, True),
        ({"evidence": {"failing": 5, "digest": "a"}}, {"evidence": {"failing": 5, "digest": "b"}}, False),
        ({"evidence": {"failing": 5, "digest": "a"}}, {"evidence": {"failing": 4, "digest": "b"}}, True),
        ({"evidence": {"failing": 5, "keys": "a"}}, {"evidence": {"failing": 5, "keys": "b"}}, False),
        ({"evidence": {"digest": "a"}}, {"evidence": {"digest": "a"}}, True),
        ({"evidence": {"digest": "a"}}, {"evidence": {"digest": "b"}}, False),
        ({"severity": Severity.MAJOR}, {"severity": Severity.CRITICAL}, False),
        ({"evidence": {"failing": 1}}, {"verdict": VACUOUS}, False),
        ({"verdict": VACUOUS}, {"verdict": VACUOUS}, True),
        ({"verdict": VACUOUS}, {"verdict": FAIL}, False),
        ({"verdict": ERROR}, {"verdict": FAIL}, False),
        ({}, {"verdict": ERROR}, False),
        ({}, {}, True),
    ],
)
def test_what_is_worse_than_what_was_waived_needs_another(
    still: Place, then: dict[str, Any], now: dict[str, Any], holds: bool
) -> None:
    was, found = (said(verdict=each.get("verdict", FAIL), name="rows", **_rest(each)) for each in (then, now))
    still.write("waiver", waiver(standing(was), "known", TODAY), actor="sam")
    assert (found.name in waivers(still, [found])) == holds
    issue = {**standing(found), "owner": "registrar", "state": "open", "from": "a run"}
    still.write("issue", issue)
    assert (found.name in waivers(still)) == holds


def _rest(of: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in of.items() if name != "verdict"}


def test_a_waiver_from_the_form_holds_for_just_what_was_shown(still: Place, well: list[CheckResult]) -> None:
    one, other = (said("rows", FAIL, evidence={"failing": 3, "keys": keys}) for keys in ("a", "b"))
    there, _ = passed(still, "1", "pre_final", results=well, suites=[one])
    waive(there, one.name, days=90)
    again, _ = passed(still, "2", "pre_final", results=well, suites=[one])
    assert judge_pass(again).missing == () and issues(still)[one.name]["state"] == "waived"
    third, _ = passed(still, "3", "pre_final", results=well, suites=[other])
    assert shown(third) == [one.name] and issues(still)[one.name]["state"] == "open"


def test_more_rows_than_were_waived_are_open_in_the_very_pass_that_finds_them(
    still: Place, well: list[CheckResult]
) -> None:
    few, many = (said("rows", FAIL, evidence={"failing": n}) for n in (1, 55))
    there, _ = passed(still, "1", "pre_final", results=well, suites=[few])
    waive(there, few.name, days=90)
    assert judge_pass(there).missing == ()
    again, _ = passed(still, "2", "pre_final", results=well, suites=[many])
    assert issues(still)[few.name]["state"] == "open" and shown(again) == [few.name]
    assert shutting([few], waivers(again, [few])) == [] and shutting([many], waivers(again, [many])) == [many]
    waive(again, many.name, days=90)
    assert judge_pass(again).missing == ()


def test_a_waiver_ends_with_the_role_of_who_gave_it(still: Place, well: list[CheckResult]) -> None:
    there, _ = passed(still, "1", "pre_final", results=spoilt(well))
    waive(there, NAME)
    people = {**still.project.model_dump()["people"], "sponsor": {"holders": ["sue"]}}
    project = still.project.model_validate({**still.project.model_dump(), "people": people})
    assert NAME in waivers(there) and NAME not in waivers(like(still, project=project))


def test_a_waiver_of_a_rule_of_the_calendar_sets_no_issue_aside(still: Place) -> None:
    for what in ("freeze", "calendar/freeze", "day/freeze"):
        still.write("waiver", {"what": what, "reason": "r", "expires": "2026-12-31", "role": "sponsor"}, actor="sam")
    assert waivers(still) == {}


def test_only_what_was_chosen_is_set_aside(still: Place, well: list[CheckResult]) -> None:
    there, _ = passed(still, "1", "pre_final", results=well, suites=[said("rows", FAIL), said("ids", FAIL)])
    waive(there, "suite/person.target/ids")
    (line,) = judge_pass(there).missing
    assert line.startswith("suite/person.target/rows") and shown(there) == ["suite/person.target/rows"]


def test_what_was_fixed_and_is_back_needs_another_waiver(still: Place, well: list[CheckResult]) -> None:
    there, _ = passed(still, "1", "pre_final", results=well, suites=[said("rows", FAIL)])
    waive(there, "suite/person.target/rows", days=90)
    assert judge_pass(there).missing == ()
    passed(still, "2", "pre_final", results=well, suites=[said("rows", PASS)])
    back, _ = passed(still, "3", "pre_final", results=well, suites=[said("rows", FAIL)])
    assert len(judge_pass(back).missing) == 1 and issues(still)["suite/person.target/rows"]["state"] == "open"


def test_an_issue_of_people_whose_waiver_ended_is_open_again(still: Place, well: list[CheckResult]) -> None:
    by_hand = {"id": "mail", "title": "Mail", "severity": "critical", "owner": "lead", "says": "lost", "from": ""}
    still.write("issue", {**by_hand, "state": "open"})
    there, _ = passed(still, "1", "pre_final", results=well)
    waive(there, "mail")
    assert judge_pass(there).missing == ()
    later = like(still, today=TODAY + timedelta(days=6))
    late, _ = passed(later, "2", "pre_final", results=well)
    assert "mail (lost) is open" in judge_pass(late).missing[0]
    # As it was: one that said it was found by a pass could be closed by nobody.
    assert issues(still)["mail"] == {**by_hand, "state": "open"}


def test_a_form_asks_about_no_more_than_can_be_read(still: Place, well: list[CheckResult]) -> None:
    many = [said(f"one_{n:02}", FAIL) for n in range(WAIVABLE + 3)]
    there, _ = passed(still, "1", "pre_final", results=well, suites=many)
    form = to_waive(there)
    assert form is not None and (len(form["issues"]), form["more"]) == (WAIVABLE, 3)
    waive(there, *shown(there))
    assert len(shown(there)) == 3 and len(judge_pass(there).missing) == 3


# The entry of a pass


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


# At the door


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
