"""What is late is said with whose it is and since when: and nothing of it before its day, or once it was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.readiness import slots
from golive.readiness.follow_up import Overdue, overdue
from golive.readiness.records import enter

MEETINGS = """\
stages: [discover, support]
meetings:
  - {name: core_team, title: Core team, every_days: 4, roles: [lead, finance]}
  - {name: levels, every_days: 1, roles: [operations], stage: support}
"""
TOLD = """\
stages: [discover]
communications: [{name: banks, what: The accounts stay, to: the banks, owner: finance, days_before: 7}]
"""
OBLIGED = """\
stages: [discover]
departments:
  - name: office
    title: Business office
    head: finance
    obligations:
      - {what: Tell the auditors, owner: lead}
      - {what: Close the books, owner: finance, due: 2026-06-10}
"""
READ = """\
stages: [discover, support]
documents: [{name: Guide, link: "https://docs/guide", version: "2", stage: discover, readers: [lead, finance]}]
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def begun(school: School, more: str) -> tuple[Place, date]:
    """A project whose first stage has opened, and the day on which it did."""
    place = school.place(more, stage="discover")
    return place, place.write("stage", {"state": "opened", "reason": ""}).at.date()


def late(place: Place, today: date) -> list[Overdue]:
    return list(overdue(place.project, place.ledger, today))


def days(number: int) -> timedelta:
    return timedelta(days=number)


def held(place: Place, what: str, on: date) -> None:
    """Somebody enters a meeting, on the day on which it was."""
    place = replace(place, today=on)
    given = {"what": "meeting", "meeting": what, "on": str(on), "present": "ann fay", "minutes": "all is well"}
    for record in enter(place, "ann", given).records:
        place.write(record.kind, record.payload, actor="ann")


def test_a_meeting_that_was_not_held_is_late_and_again_with_each_period(school: School) -> None:
    place, day = begun(school, MEETINGS)
    assert late(place, day + days(4)) == []
    (one,) = late(place, day + days(5))
    assert (one.name, one.since) == (f"meeting/core_team/{day + days(4)}", day + days(4))
    assert one.says == (
        "Core team is to be held every 4 days, with Ann (lead), Fay (finance). It was never held, and was due on"
        f" {day + days(4)}."
    )
    assert [each.name for each in late(place, day + days(8))] == [one.name]
    (again,) = late(place, day + days(9))
    assert (again.name, again.since) == (f"meeting/core_team/{day + days(8)}", day + days(4))


def test_a_meeting_that_was_held_is_late_only_after_its_days(school: School) -> None:
    place, day = begun(school, MEETINGS)
    for on, what in ((day + days(3), "core team"), (day + days(1), "Core Team")):  # entered out of order
        held(place, what, on)
    assert late(place, day + days(7)) == []
    (one,) = late(place, day + days(8))
    assert f"It was last held on {day + days(3)}, and was due on {day + days(7)}." in one.says
    held(place, "stand-up", day + days(8))
    assert late(place, day + days(8)) == [one]


def test_a_meeting_of_a_stage_begins_with_it_and_all_end_with_the_last_stage(school: School) -> None:
    place, day = begun(school, MEETINGS)
    assert [each.name.split("/")[1] for each in late(place, day + days(30))] == ["core_team"]
    place.write("stage", {"state": "closed", "reason": ""})
    place.write("stage", {"state": "opened", "reason": ""}, stage="support")
    assert [each.name.split("/")[1] for each in late(place, day + days(30))] == ["core_team", "levels"]
    place.write("stage", {"state": "closed", "reason": ""}, stage="support")
    assert late(place, day + days(30)) == []


@pytest.mark.parametrize("more", [MEETINGS, TOLD.replace("days_before: 7", "due: 2026-01-01"), OBLIGED, READ])
def test_nothing_is_late_before_the_first_stage_opened(school: School, more: str) -> None:
    assert late(school.place(more, stage="discover"), date(2099, 1, 1)) == []


def test_people_who_were_not_told_by_their_day(school: School) -> None:
    place, _ = begun(school, TOLD)
    assert late(place, date(2099, 1, 1)) == []  # the go-live has no day
    dated = f"{TOLD}calendar: {{go_live: 2026-07-08, freeze: 2026-07-07}}\n"
    place = school.place(dated, stage="discover")
    assert late(place, date(2026, 7, 1)) == []
    (one,) = late(place, date(2026, 7, 2))
    assert (one.name, one.since) == ("communication/banks/2026-07-01", date(2026, 7, 1))
    assert one.says == "Fay (finance) was to tell the banks by 2026-07-01: The accounts stay. Nothing was entered."
    said = {"what": "communication", "subject": "Lunch", "to": "the banks", "on": "2026-05-20"}
    for subject, left in (("Lunch", [one]), ("The accounts stay", [])):
        for record in enter(place, "fay", said | {"subject": subject}).records:
            place.write(record.kind, record.payload, actor="fay")
        assert late(place, date(2026, 7, 2)) == left


def test_without_a_day_in_the_file_the_booked_one_counts_and_a_fixed_one_needs_none(school: School) -> None:
    place, _ = begun(school, TOLD)
    assert slots.book(place, date(2026, 7, 8), 1, "").missing == ()
    assert [each.since for each in late(place, date(2026, 7, 2))] == [date(2026, 7, 1)]
    fixed = school.place(TOLD.replace("days_before: 7", "due: 2026-06-20"), stage="discover")
    assert [each.since for each in late(fixed, date(2026, 6, 21))] == [date(2026, 6, 20)]
    assert late(fixed, date(2026, 6, 20)) == []


def test_an_obligation_that_was_not_met_by_its_day(school: School) -> None:
    place, _ = begun(school, OBLIGED)
    assert late(place, date(2026, 6, 10)) == []
    (one,) = late(place, date(2026, 6, 11))
    assert one.says == (
        "Business office: 'Close the books' was due on 2026-06-10, and Fay (finance) did not say that it is met."
    )
    assert "`harbour.record` as obligation 2 of office" in one.do
    given = {"what": "obligation", "department": "office", "obligation": "2", "on": "2026-05-30"}
    for state, left in (("closed", []), ("open", [one])):
        for record in enter(place, "fay", given | {"state": state}).records:
            place.write(record.kind, record.payload, actor="fay")
        assert late(place, date(2026, 6, 11)) == left


def test_a_document_that_was_not_read_while_its_stage_is_open(school: School) -> None:
    place, day = begun(school, READ)
    assert late(place, day) == []
    (one,) = late(place, day + days(1))
    assert one.says == f"Ann, Fay did not read Guide, version 2: its stage is open since {day}."
    for person, left in (("ann", ["Fay did"]), ("fay", [])):
        for record in enter(place, person, {"what": "document read", "name": "Guide"}).records:
            place.write(record.kind, record.payload, actor=person)
        assert [each.says[:7] for each in late(place, day + days(1))] == left


def test_nobody_is_asked_to_read_for_a_stage_that_is_over_or_has_not_begun(school: School) -> None:
    place, day = begun(school, READ)
    assert late(school.place(READ.replace("stage: discover", "stage: support"), stage="discover"), day + days(9)) == []
    place.write("stage", {"state": "closed", "reason": ""})
    assert late(place, day + days(9)) == []
