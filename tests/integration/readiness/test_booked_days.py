"""The days that were agreed to bind the night: on another one the gate is shut, unless a sponsor says so by name."""

from __future__ import annotations

from datetime import date

import pytest
from tests.integration.readiness.measured import booked
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.readiness import agreement, booked_days, criteria, gate

CALENDAR = "calendar: {go_live: 2026-06-09, freeze: 2026-06-06, at_hand: []}\n"
TEXT = "stages: [implement, final_migration]\n" + CALENDAR


def on(school: School, day: int, text: str = TEXT) -> Place:
    place = school.place(text, stage="final_migration", today=date(2026, 6, day))
    if booked_days.booked(place.ledger, "harbour") is None:
        booked(place, date(2026, 6, 9))
    return place


def of_the_day(place: Place) -> list[str]:
    """What keeps the gate shut because of the day: as people are about to be asked, and before the freeze."""
    shut = [line for line in gate.check(place).missing if "today is not one" in line]
    then = gate.deciding(place, criteria.evaluate(place))
    assert [line for line in gate.refusals(place, then) if "today is not one" in line] == shut
    return shut


@pytest.mark.parametrize("day", [6, 7, 9])
def test_it_may_begin_on_a_booked_day(school: School, day: int) -> None:
    assert of_the_day(on(school, day)) == []


@pytest.mark.parametrize("day", [5, 10])
def test_on_any_other_day_the_gate_is_shut(school: School, day: int) -> None:
    (said,) = of_the_day(on(school, day))
    assert "Go-live on Tuesday 2026-06-09, cut-over on Saturday 2026-06-06; today is " in said
    assert f"2026-06-{day:02}. Start a new run on one of them" in said
    assert "sue (sponsor) lets it begin today, on the form waive_day" in said and "harbour.reschedule" in said


def test_a_sponsor_opens_this_very_day_and_no_other(school: School) -> None:
    place = on(school, 3)
    place.write("waiver", booked_days.waiver(place, "the hall is free"), actor="sue")
    assert of_the_day(place) == []
    assert of_the_day(on(school, 4)) != []


def test_nobody_else_opens_it(school: School) -> None:
    place = on(school, 3)
    place.write("waiver", booked_days.waiver(place, "why not"), actor="ann")
    assert of_the_day(place) != []


def test_a_waiver_is_of_the_days_that_were_booked_then(school: School) -> None:
    place = on(school, 3)
    place.write("waiver", booked_days.waiver(place, "the hall is free"), actor="sue")
    assert of_the_day(on(school, 3, TEXT.replace("-06, at", "-05, at"))) != []


def test_a_roadmap_that_books_no_day_keeps_none(school: School) -> None:
    place = school.place("stages: [final_migration]\n" + CALENDAR, stage="final_migration")
    assert not booked_days.kept_by(place.project) and booked_days.beside_today(place) == ""
    assert of_the_day(place) == []


def test_without_a_booking_the_criterion_says_so(school: School) -> None:
    place = school.place(TEXT, stage="final_migration")
    assert of_the_day(place) == []
    assert any("no day is booked" in line for line in gate.check(place).missing)


# What was signed in the Success Agreement

TERMS = (
    TEXT
    + """\
criteria:
  - {id: keys, title: Licence keys hold, approver: finance, days: 5}
  - {id: clean, title: Nothing negative, query: select 1 from t where id < 0, of: select 1, at_most: 2}
opening: [{step: team}, {step: everybody, decided_by: lead}]
waves: [{team: north, lead: lead, day: 2026-06-16}]
"""
)


def signed(school: School) -> None:
    """The agreement is rendered, and the stage that signs it complete."""
    place = on(school, 6, TERMS)
    place.keep(agreement.render_agreement(place))
    place.write("stage", {"state": "closed", "reason": ""}, stage="implement")


def unkept(place: Place) -> list[str]:
    found = [line for line in gate.check(place).missing if "Success Agreement" in line]
    then = gate.deciding(place, criteria.evaluate(place))
    assert [line for line in gate.refusals(place, then) if "Success Agreement" in line] == found
    return found


def test_as_long_as_the_terms_are_kept_the_agreement_says_nothing(school: School) -> None:
    signed(school)
    assert unkept(on(school, 7, TERMS)) == []
    # What changes beside them is for the watchdog to tell, not for the gate to refuse.
    more = "risks: [{id: a, what: A, likelihood: low, impact: low, owner: lead, mitigation: m, review: 2027-01-01}]\n"
    assert unkept(on(school, 7, TERMS + more)) == []


@pytest.mark.parametrize(
    ("then", "now", "what"),
    [
        ("  - {id: keys, title: Licence keys hold, approver: finance, days: 5}\n", "", "the criterion keys is gone"),
        ("days: 5", "days: 50", "the criterion keys changed"),
        ("at_most: 2", "at_most: 20", "the criterion clean changed"),
        ("freeze: 2026-06-06", "freeze: 2026-06-07", "the day of the cut-over changed"),
        ("day: 2026-06-16", "day: 2026-06-17", "the day of the team north changed"),
        ("decided_by: lead", "decided_by: vendor", "the step of opening 2. everybody changed"),
        ("opening: [{step: team}, ", "opening: [", "the step of opening 1. team is gone"),
        (
            "stages: [implement, final_migration]", "stages: [implement, {name: final_migration, signs: [lead]}]",
            "who signs the stage final_migration changed",
        ),
    ],
)  # fmt: skip
def test_a_term_that_one_changes_alone_keeps_the_gate_shut(school: School, then: str, now: str, what: str) -> None:
    signed(school)
    assert then in TERMS
    place = on(school, 7, TERMS.replace(then, now))
    said = unkept(place)
    assert any(f"version 1 of the Success Agreement was signed otherwise: {what}. Put it back" in s for s in said), said
    # It is a change of the agreement as well, so that the day may be agreed to anew, with another version.
    assert agreement.drift(place)
    assert agreement.render_agreement(place).records[0].payload["version"] == 2


def test_without_a_signed_agreement_nothing_is_kept(school: School) -> None:
    place = on(school, 6, TERMS)
    assert unkept(place) == []
    place.keep(agreement.render_agreement(place))
    assert unkept(on(school, 7, TERMS.replace("days: 5", "days: 50"))) == []
