"""What a signature, a verdict and a booking are bound to: none of them outlives what it was given about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.integration.readiness.measured import FAIL, PASS, SIGNED, booked, checked, measured, only, sign
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import TODAY, Place

from golive.readiness import calendar, criteria

UNTIL = BASE.replace("lead: [ann]", "lead: {holders: [ann], until: 2026-06-02}")


def at_gate(school: School, text: str, days: int = 0, base: str = BASE) -> Place:
    return school.place(text, stage="final_migration", base=base, today=TODAY + timedelta(days=days))


# Signatures


@pytest.mark.parametrize("part", ["suites", "mapping", "file", "mismatches", "code"])
def test_a_signature_whose_evidence_lacks_a_part_is_void(school: School, part: str) -> None:
    place = at_gate(school, SIGNED)
    checked(place)
    shown: dict[str, Any] = criteria.to_sign(place, place.project.criteria[0])
    shown["suites"] = {"some.json: suite": "x"}  # so that each part has something to lack
    del shown[part]
    record = criteria.signature(place, place.project.criteria[0], "yes", shown)
    place.write(record.kind, record.payload, evidence=record.evidence, actor="ann")
    judged = only(place)
    assert judged.state is FAIL and "and void: " in judged.says


def test_a_signature_ends_with_the_role_of_its_signer(school: School) -> None:
    place = at_gate(school, SIGNED, base=UNTIL)
    sign(place)
    assert (only(place).state, only(place).expires) == (PASS, "2026-06-02")
    late = only(at_gate(school, SIGNED, days=2, base=UNTIL))
    assert late.state is FAIL and "who does not hold the role lead today" in late.says


def test_the_word_of_somebody_who_left_counts_no_more(school: School) -> None:
    sign(at_gate(school, SIGNED))
    judged = only(at_gate(school, SIGNED, base=BASE.replace("lead: [ann]", "lead: [otto]")))
    assert judged.state is FAIL and "signed by Ann on" in judged.says and "answer the form" in judged.missing


# Verdicts


def test_verdicts_count_for_the_project_file_that_they_were_given_under(school: School) -> None:
    place = at_gate(school, measured("checks"))
    checked(place)
    assert only(place).passed
    other = only(at_gate(school, measured("checks", "limits: {lanes: 3}\n")))
    assert other.state is FAIL and "1 open of 3 (the project file changed since)" in other.says
    assert "repeat it" in other.missing


def test_verdicts_count_for_the_code_and_the_schemas_that_they_were_given_under(school: School) -> None:
    place = at_gate(school, measured("checks"))
    own = place.hashes
    place.__dict__["hashes"] = own | {"code_hash": "another"}
    checked(place)
    place.__dict__["hashes"] = own
    assert "Golive's own code changed since" in only(place).says


def test_where_no_row_of_any_table_was_compared_nothing_was_looked_at(school: School) -> None:
    place = at_gate(school, measured("checks"))
    checked(place, verdict="VACUOUS")  # of `crossed` alone: schema and duplicates say PASS
    judged = only(place)
    assert (judged.state.value, judged.says) == ("VACUOUS", "looked at nothing")


# The booking

DAYS = "calendar: {go_live: 2026-06-09, freeze: 2026-06-06, at_hand: []}\n"
TEAMS = "waves: [{team: north, lead: lead, day: 2026-06-16}]\n"


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        (DAYS, DAYS.replace("-06, at", "-04, at"), "the cut-over was agreed for 2026-06-06, and is on 2026-06-04 now"),
        (DAYS + TEAMS, DAYS + TEAMS.replace("16", "17"), "the days of the teams are not those that were agreed to"),
    ],
)
def test_a_day_that_moves_after_everybody_agreed_is_not_the_booked_one(
    school: School, then: str, now: str, says: str
) -> None:
    place = at_gate(school, measured("slot", then))
    booked(place, date(2026, 6, 9))
    assert only(place).passed
    judged = only(at_gate(school, measured("slot", now)))
    assert judged.state is FAIL and says in judged.says


def test_a_rule_that_is_set_aside_after_everybody_agreed_is_named(school: School) -> None:
    text = measured("slot", DAYS.replace("at_hand: []", "at_hand: [], weekdays: [monday]"))
    place = at_gate(school, text)
    booked(place, date(2026, 6, 9))
    (rule,) = calendar.unmet(place)
    place.write("waiver", calendar.waiver(place, rule, "for once"), actor="sue")
    judged = only(place)
    assert judged.state is FAIL and "the rule weekday was set aside since everybody agreed" in judged.says


def test_a_booking_that_does_not_say_what_was_agreed_to_is_none(school: School) -> None:
    from golive.readiness import slots

    place = at_gate(school, measured("slot", DAYS))
    place.keep(slots.book(place, date(2026, 6, 9), 1, ""))
    assert "to which days everybody agreed is not known" in only(place).says


def test_the_booking_holds_what_everybody_agreed_to(school: School) -> None:
    place = school.place(DAYS, stage="implement")
    (record,) = calendar.book_day(place, "").records
    assert record.evidence == calendar.days_of(place)
