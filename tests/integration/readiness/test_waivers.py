"""Waivers by name, until a day, of what was shown and of nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.integration.readiness.passing import (
    ERROR,
    FAIL,
    NAME,
    PASS,
    VACUOUS,
    issues,
    judged,
    last,
    like,
    passed,
    said,
    shown,
    spoilt,
    waive,
)
from tests.integration.readiness.site import TODAY, Place

from golive.readiness.findings import standing, waiver, waivers
from golive.readiness.passes import WAIVABLE, judge_pass, to_waive
from golive.readiness.validated import shutting
from golive.results import CheckResult, Severity


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
