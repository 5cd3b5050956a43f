"""A meeting's agenda: drawn up a day ahead, out of what is open, without what was found in the data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.project.people import Meeting
from golive.readiness.agenda import agenda, coming
from golive.readiness.follow_up import Today, under_way

MEETING = """\
stages: [discover, onboard]
meetings: [{name: core_team, title: Core team, every_days: 4, roles: [lead, finance]}]
"""
ISSUE: dict[str, Any] = {"owner": "lead", "state": "open", "says": "Tom Brown, born 2012-02-03", "from": "people"}
RISK: dict[str, Any] = {
    "likelihood": "low", "impact": "low", "owner": "finance", "mitigation": "lists on paper", "state": "open",
    "raised_by": "people", "review": "",
}  # fmt: skip


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def begun(school: School, more: str = MEETING) -> tuple[Place, date]:
    place = school.place(more, stage="discover")
    return place, place.write("stage", {"state": "opened", "reason": ""}).at.date()


def on(place: Place, day: date) -> Today:
    return Today(place.project, place.ledger, day)


def core_team(place: Place) -> Meeting:
    return place.project.meetings[0]


def text(place: Place, day: date) -> str:
    return agenda(on(place, day - timedelta(days=1)), core_team(place), day)


def test_it_comes_a_day_ahead_of_each_meeting_and_not_before(school: School) -> None:
    place, day = begun(school)
    found = {}
    for number in range(1, 10):
        papers = on(place, day + timedelta(days=number))
        opened = under_way(place.project, place.ledger)
        found[number] = [(due - day).days for _, due in coming(papers, opened)]
    assert found == {1: [], 2: [], 3: [4], 4: [4], 5: [], 6: [], 7: [8], 8: [8], 9: []}
    place.write("meeting", {"what": "core_team", "on": str(day + timedelta(days=2)), "present": [], "minutes": "x"})
    (due,) = [due for _, due in coming(on(place, day + timedelta(days=5)), under_way(place.project, place.ledger))]
    assert due == day + timedelta(days=6)


def test_nothing_is_drawn_up_before_the_first_stage_opened_or_once_all_are_over(school: School) -> None:
    place = school.place(MEETING, stage="discover")
    assert under_way(place.project, place.ledger) == {}
    for stage in ("discover", "onboard"):
        place.write("stage", {"state": "opened", "reason": ""}, stage=stage)
        place.write("stage", {"state": "closed", "reason": ""}, stage=stage)
    assert under_way(place.project, place.ledger) == {}


def test_issues_stand_by_severity_and_age_and_without_their_examples(school: School) -> None:
    place, day = begun(school)
    for name, severity, state in (
        ("young", "major", "open"), ("back", "minor", "closed"), ("gone", "critical", "open"), ("old", "major", "open"),
        ("worst", "critical", "open"), ("back", "minor", "open"), ("gone", "critical", "closed"),
    ):  # fmt: skip
        place.write("issue", ISSUE | {"id": name, "title": f"Title of {name}", "severity": severity, "state": state})
    made = text(place, day + timedelta(days=4))
    section = made.partition("## Issues\n\n")[2].partition("\n\n")[0].splitlines()
    assert section == [
        "- critical, open for 4 days: Title of worst (`worst`, Ann (lead))",
        "- major, open for 4 days: Title of old (`old`, Ann (lead))",
        "- major, open for 4 days: Title of young (`young`, Ann (lead))",
        "- minor, open for 4 days: Title of back (`back`, Ann (lead))",
    ]
    assert "Tom Brown" not in made and "2012" not in made


def test_it_names_stages_that_wait_risks_what_is_late_and_what_comes(school: School) -> None:
    more = MEETING.replace("stages: [discover, onboard]", "stages: [{name: discover, due: 2026-06-03}, onboard]")
    place, _ = begun(
        school,
        more
        + """\
calendar: {go_live: 2026-07-08, freeze: 2026-07-07}
risks:
  - {id: hall, what: The hall is full, likelihood: high, impact: high, owner: lead, mitigation: two days,
     review: 2027-01-01}
departments:
  - {name: office, head: finance, obligations: [{what: Close the books, owner: finance, due: 2026-06-01},
                                                {what: Open them, owner: finance, due: 2026-06-05}]}
communications: [{name: banks, what: The accounts stay, to: the banks, owner: finance, due: 2026-06-04}]
training:
  groups: {crew: [tom]}
  courses: [{name: basics, title: The basics, groups: [crew], sessions: [{days_before: 34, at: "9:00, hall"}]}]
""",
    )
    place.write("approval", {
        "question": "sign_off/lead", "role": "lead", "verdict": "asked", "evidence_hash": "x", "people": ["ann"],
    })  # fmt: skip
    for name, more_of_it in (
        ("due", {"review": "2026-06-02"}), ("later", {"review": "2026-06-03"}),
        ("high", {"likelihood": "high", "impact": "high", "owner": ""}),
        ("closed", {"review": "2026-01-01", "state": "closed"}),
    ):  # fmt: skip
        place.write("risk", RISK | {"id": name, "what": f"What of {name}", **more_of_it})
    made = text(place, date(2026, 6, 2))
    assert made.startswith("# Agenda: Core team, Tuesday 2026-06-02\n\nWith Ann (lead), Fay (finance).\n")
    assert "- **discover**: Waits for the answer of Ann (lead) since" in made
    assert "onboard" not in made  # its turn has not come
    risks = made.partition("## Risks\n\n")[2].partition("\n\n")[0].splitlines()
    assert risks == [
        "- to be looked at again since 2026-06-02: What of due (Fay (finance)): lists on paper",
        "- high: What of high (nobody owns it): lists on paper",
        "- high: The hall is full (Ann (lead)): two days",
    ]
    assert "## Late\n\n- office: 'Close the books' was due on 2026-06-01, and Fay (finance)" in made
    ahead = made.partition("## Until 2026-06-06\n\n")[2].partition("\n\n")[0].splitlines()
    assert ahead == [
        "- Wednesday 2026-06-03: the stage discover is to be complete",
        "- Thursday 2026-06-04: The basics, 9:00, hall (crew)",
        "- Thursday 2026-06-04: the banks are told: The accounts stay (Fay (finance))",
        "- Friday 2026-06-05: office: Open them (Fay (finance))",
    ]


def test_a_meeting_that_was_missed_is_no_point_of_its_own_agenda(school: School) -> None:
    other = "]}, {name: other, every_days: 4, roles: [lead]}]\n"
    place, day = begun(school, MEETING.replace("]}]\n", other))
    late = text(place, day + timedelta(days=8)).partition("## Late\n\n")[2].partition("\n\n")[0].splitlines()
    (line,) = late
    assert line.startswith("- other is to be held every 4 days, with Ann (lead). It was never held")


def test_where_nothing_is_open_it_says_so(school: School) -> None:
    place, day = begun(school)
    for stage in ("discover", "onboard"):
        place.write("stage", {"state": "closed", "reason": ""}, stage=stage)
    assert "\n\nNothing is open.\n\nEnter who was there" in text(place, day + timedelta(days=4))
