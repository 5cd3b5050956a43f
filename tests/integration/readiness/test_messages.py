"""What the system tells people by itself: only what was released, only when it is time, and to whom it is for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.errors import ChecksFailed
from golive.readiness import slots
from golive.readiness.follow_up import overdue
from golive.readiness.messages import Message, due_now
from golive.readiness.records import enter

TOLD = """\
stages: [discover]
communications:
  - {name: banks, what: The accounts stay, to: the banks, owner: finance, due: 2026-06-20, alerts: banks_mail,
     text: "Your accounts stay as they are."}
  - {name: parents, what: A new portal, to: parents, owner: lead, due: 2026-06-20}
"""
TRAINED = """\
stages: [discover]
calendar: {go_live: 2026-07-08, freeze: 2026-07-07}
departments: [{name: office, head: finance}]
training:
  groups: {office: [tom, tim], crew: [carl]}
  materials: [{name: Guide, kind: guide, build: "1", link: "https://docs/guide"}]
  courses:
    - name: basics
      title: The basics
      groups: [office, crew]
      days_before: 7
      materials: [Guide]
      sessions: [{day: 2026-06-20, at: "9:00, room 12"}, {days_before: 11, at: "14:00, https://meet/basics"}]
  alerts: training_mail
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def begun(school: School, more: str) -> Place:
    place = school.place(more, stage="discover")
    place.write("stage", {"state": "opened", "reason": ""})
    return place


def due(place: Place, day: str) -> list[Message]:
    return list(due_now(place.project, place.ledger, date.fromisoformat(day)))


def release(place: Place, by: str = "fay", subject: str = "banks", word: str = "yes") -> None:
    for record in enter(place, by, {"what": "message release", "subject": subject, "release": word}).records:
        place.write(record.kind, record.payload, evidence=record.evidence, actor=by)


def refused(place: Place, **fields: Any) -> str:
    with pytest.raises(ChecksFailed) as raised:
        release(place, **fields)
    return raised.value.message


def attend(place: Place, *people: str) -> None:
    for person in people:
        place.write("training", {
            "person": person, "group": "office", "course": "basics", "state": "attended", "on": "2026-05-20",
            "material": "1", "by": "ann",
        })  # fmt: skip


def test_a_text_goes_out_on_its_day_once_its_owner_has_released_it(school: School) -> None:
    place = begun(school, TOLD)
    assert due(place, "2026-06-20") == []
    release(place)
    assert due(place, "2026-06-19") == []
    for day in ("2026-06-20", "2026-06-25"):
        (message,) = due(place, day)
        assert (message.to, message.title, message.text, message.alerts) == (
            "the banks", "The accounts stay", "Your accounts stay as they are.", "banks_mail"
        )  # fmt: skip
        assert message.payload == {"what": "banks", "to": "the banks", "on": day, "link": "", "released_by": "fay"}


def test_the_word_is_its_owners_can_be_taken_back_and_is_of_this_very_text(school: School) -> None:
    place = begun(school, TOLD)
    assert "banks is not for Ann to release. Right: Fay (finance) enters it" in refused(place, by="ann")
    assert "'parents' is no message with a text. Right: one of banks" in refused(place, subject="parents")
    assert "release: 'perhaps'" in refused(place, word="perhaps")
    release(place)
    release(place, word="no")
    assert due(place, "2026-06-20") == []
    release(place)
    for old, new in (("stay as they are", "are closed"), ("banks_mail", "other_mail"), ("to: the banks", "to: all")):
        assert due(school.place(TOLD.replace(old, new), stage="discover"), "2026-06-20") == []
    assert len(due(place, "2026-06-20")) == 1


def test_who_was_told_by_people_is_not_told_again_and_who_was_reached_in_part_is(school: School) -> None:
    place = begun(school, TOLD)
    release(place)
    place.write("communication", {"what": "banks", "to": "the banks", "on": "2026-06-20", "link": "", "left": 1})
    assert len(due(place, "2026-06-20")) == 1
    place.write("communication", {"what": "banks", "to": "the banks", "on": "2026-06-20", "link": ""}, actor="fay")
    assert due(place, "2026-06-20") == []
    assert "the banks were told banks already" in refused(place)


def test_a_text_that_nobody_released_is_told_from_the_day_before(school: School) -> None:
    place = begun(school, TOLD)

    def late(day: str) -> list[str]:
        found = overdue(place.project, place.ledger, date.fromisoformat(day))
        return [each.name.rpartition("/")[0] for each in found if "banks" in each.name]

    assert (late("2026-06-18"), late("2026-06-19")) == ([], ["release/banks/2026-06-20"])
    found = overdue(place.project, place.ledger, date(2026, 6, 19))
    assert "Fay (finance) did not release it as it stands: Your accounts stay as they are." in found[0].says
    release(place)
    assert (late("2026-06-19"), late("2026-06-20")) == ([], [])
    # It was due, and no address took it.
    assert late("2026-06-21") == ["communication/banks"]


def test_nothing_goes_out_before_the_first_stage_opened_or_once_all_are_over(school: School) -> None:
    place = school.place(TOLD, stage="discover")
    release(place)
    assert due(place, "2026-06-20") == []
    place.write("stage", {"state": "opened", "reason": ""})
    assert len(due(place, "2026-06-20")) == 1
    place.write("stage", {"state": "closed", "reason": ""})
    assert due(place, "2026-06-20") == []


def test_people_are_invited_some_days_ahead_until_the_day_of_the_session(school: School) -> None:
    place = begun(school, TRAINED)
    assert due(place, "2026-06-12") == []
    (first,) = due(place, "2026-06-13")
    assert first.title == "invitation: The basics on Saturday 2026-06-20"
    assert first.text == (
        "You are invited to The basics, on Saturday 2026-06-20, 9:00, room 12.\n\n"
        "- office (Fay (finance)): Tom, Tim\n- crew (Ann (lead)): carl\n- To read before: Guide, https://docs/guide\n\n"
        "It has to be done by 2026-07-01.\nWho was there is entered with harbour.record."
    )
    assert (first.alerts, first.to) == ("training_mail", "office, crew")
    assert first.payload["what"] == "invitation to The basics on 2026-06-20"
    on_the_day, _ = due(place, "2026-06-20")
    assert on_the_day.name == first.name
    (second,) = due(place, "2026-06-21")
    assert "Saturday 2026-06-27, 14:00, https://meet/basics" in second.text
    assert due(place, "2026-06-28") == []


def test_who_has_done_the_course_is_not_invited_and_another_place_is_another_invitation(school: School) -> None:
    place = begun(school, TRAINED)
    (first,) = due(place, "2026-06-13")
    attend(place, "tom", "carl")
    (now,) = due(place, "2026-06-13")
    assert (now.name, now.to) == (first.name, "office") and "Tom" not in now.text and "crew" not in now.text
    (moved,) = due(school.place(TRAINED.replace("room 12", "room 7"), stage="discover"), "2026-06-13")
    assert moved.name != first.name
    attend(place, "tim")
    assert due(place, "2026-06-13") == []


def test_a_session_that_is_counted_back_has_no_day_before_one_is_booked(school: School) -> None:
    open_day = TRAINED.replace("calendar: {go_live: 2026-07-08, freeze: 2026-07-07}\n", "")
    place = begun(school, open_day)
    assert due(place, "2026-06-21") == []
    assert slots.book(place, date(2026, 7, 8), 1, "").missing == ()
    assert [message.title for message in due(place, "2026-06-21")] == ["invitation: The basics on Saturday 2026-06-27"]


def test_an_agenda_goes_to_those_who_have_to_be_there_and_is_kept(school: School) -> None:
    meeting = "stages: [discover]\nmeetings: [{name: weekly, every_days: 7, roles: [lead], alerts: team_mail}]\n"
    place = school.place(meeting, stage="discover")
    day = place.write("stage", {"state": "opened", "reason": ""}).at.date()
    (message,) = due(place, str(day + timedelta(days=6)))
    assert (message.to, message.alerts, message.kind, message.shown) == ("Ann (lead)", "team_mail", "report", True)
    assert message.payload == {"what": "agenda of weekly", "on": str(day + timedelta(days=7))}
    assert message.evidence == {"text": message.text} and message.text.startswith("# Agenda: weekly, ")
