"""Clean-up rules: limits, trend, errors, and issues that open, close and come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.readiness.clean_up import check_clean_up, recheck

RULES = """\
clean_up:
  rules:
    - rule: no_mail
      says: people without an address
      owner: finance
      query: select id from person where mail is null
      at_most: 1
    - rule: twice
      says: people entered twice
      owner: lead
      query: select mail from person group by 1 having count(*) > 1
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source(
        "create table person (id int, mail text)", "insert into person values (1, null), (2, null), (3, 'a@b')"
    )
    return made


def issue(place: Place) -> dict[str, Any] | None:
    found = [
        e.payload for e in place.ledger.latest("harbour", "issue", by=("id",)) if e.payload["id"] == "clean_up/no_mail"
    ]
    return found[0] if found else None


def test_nothing_declared(school: School) -> None:
    assert check_clean_up(school.place("")).missing == ()


def test_above_its_limit_a_rule_is_missing_and_below_it_is_not(school: School) -> None:
    place = school.place(RULES)
    outcome = place.keep(check_clean_up(place))
    (missing,) = outcome.missing
    assert "no_mail (people without an address) has 2 open, and at most 1 may be left. Fay (finance)" in missing
    assert outcome.says == "Clean-up: 3 open by 2 rules, the first look."
    assert {(r.payload["rule"], r.payload["open"]) for r in outcome.records if r.kind == "clean_up"} == {
        ("no_mail", 2),
        ("twice", 1),
    }
    school.on_source("update person set mail = 'c@d' where id = 1")
    outcome = place.keep(check_clean_up(place))
    assert outcome.missing == () and outcome.says == "Clean-up: 1 open by 2 rules, 2 fewer than at the last look."
    assert check_clean_up(place).says.endswith("as many as at the last look.")


def test_a_query_that_fails_is_no_zero(school: School) -> None:
    place = school.place(RULES.replace("from person where", "from persons where"))
    outcome = check_clean_up(place)
    (missing,) = outcome.missing
    assert 'no_mail could not be asked: relation "persons" does not exist. Fay (finance)' in missing
    assert [r.payload["rule"] for r in outcome.records if r.kind == "clean_up"] == ["twice"]


def test_issues_open_close_and_come_back(school: School) -> None:
    place = school.place(RULES)
    place.write("stage", {"state": "opened", "reason": ""})
    place.keep(check_clean_up(place))
    assert (issue(place) or {})["severity"] == "minor"
    again = school.place(RULES, stage="recheck")
    assert not [r for r in recheck(again).records if r.kind == "issue"]
    school.on_source("update person set mail = 'm' || id")
    again.keep(recheck(again))
    assert (issue(place) or {})["state"] == "closed"
    assert not [r for r in recheck(again).records if r.kind == "issue"]
    school.on_source("update person set mail = null")
    outcome = again.keep(recheck(again))
    assert outcome.missing == ()
    back = issue(place) or {}
    assert (back["state"], back["severity"]) == ("open", "major") and "3 now: they came back" in back["says"]
    school.on_source("update person set mail = 'm' || id")
    again.keep(recheck(again))
    assert (issue(place) or {})["state"] == "closed"


def test_an_issue_that_was_waived_stays_waived(school: School) -> None:
    place = school.place(RULES)
    place.keep(check_clean_up(place))
    place.write("issue", (issue(place) or {}) | {"state": "waived"}, actor="sue")
    place.keep(check_clean_up(place))
    assert (issue(place) or {})["state"] == "waived"


def test_it_looks_again_from_pre_work_until_the_freeze(school: School) -> None:
    place = school.place(RULES, stage="recheck")
    assert recheck(place).says == "Pre-work has not begun: nothing is looked at before it."
    place.write("stage", {"state": "opened", "reason": ""}, stage="prework")
    assert recheck(place).says.startswith("Clean-up: 3 open")
    place.write("freeze", {})
    frozen = recheck(place)
    assert frozen.says.startswith("The old system is frozen since") and frozen.records == ()
    place.write("unfreeze", {})
    assert recheck(place).records


def test_without_pre_work_on_the_roadmap_it_looks_at_once(school: School) -> None:
    assert recheck(school.place(RULES + "stages: [final_migration]\n", stage="recheck")).records
