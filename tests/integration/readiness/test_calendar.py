"""The calendar's rules: each in a project that keeps it and in one that breaks it, and what sets one aside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.errors import NotPermitted, ProjectError
from golive.ledger import digest
from golive.project import files
from golive.project.schedule import Schedule, load_schedule
from golive.readiness import calendar, slots

# Monday to Sunday; 2026-06-09 is a Tuesday. The test's day is 2026-06-01.
RIGHT = """\
project: riverside
title: Riverside
source: {connection: riverside_old}
target: {connection: riverside_new}
people: {lead: [ann], sponsor: [ruth], data_engineer: [tom], operations: {holders: [olga], until: 2026-06-30}}
names: {ann: Ann Ames, ruth: Ruth Roe}
calendar:
  freeze: 2026-06-06
  go_live: 2026-06-09
  sprints: {first: 2026-05-26, days: 14}
  blackouts: [{since: 2026-06-10, until: 2026-06-12, why: payroll}]
  agreed_by: []
tables: [{target: family}]
"""
FRIDAY = RIGHT.replace("go_live: 2026-06-09", "go_live: 2026-06-05").replace("freeze: 2026-06-06", "freeze: 2026-06-04")
UNSET = RIGHT.replace("  freeze: 2026-06-06\n  go_live: 2026-06-09\n", "")
Make = Callable[..., Place]


@pytest.fixture
def schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the installation's schedule is looked for; there is none."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    return tmp_path / "schedule.yaml"


@pytest.fixture
def make(new_database: Callable[..., str], schedule: Path) -> Make:
    """Makes a site of a text, all on one ledger."""
    url = new_database("ledger")
    return lambda text, **more: site_of(text, url, url, url, stage="implement", **more)


def wave(day: str) -> str:
    return f"waves: [{{team: a, lead: lead, day: {day}}}]\n"


def rules(site: Place) -> dict[str, str]:
    return dict(calendar.broken(site))


def test_days_that_keep_every_rule(make: Make) -> None:
    site = make(RIGHT)
    assert calendar.broken(site) == calendar.unmet(site) == []
    found = calendar.check_calendar(site)
    assert found.missing == ()
    assert found.says == "Go-live on Tuesday 2026-06-09, cut-over on Saturday 2026-06-06: every rule is kept."


def test_without_a_day_the_first_that_keeps_every_rule_is_proposed(make: Make, schedule: Path) -> None:
    assert calendar.days(make(UNSET)) == "Go-live on Tuesday 2026-06-09, cut-over on Saturday 2026-06-06"
    schedule.write_text("blackouts: [{since: 2026-06-07, until: 2026-06-07, why: moving house}]\n")
    site = make(UNSET)
    assert calendar.days(site) == "Go-live on Tuesday 2026-06-23, cut-over on Saturday 2026-06-20"
    assert calendar.broken(site) == []
    site.keep(calendar.book_day(site, ""))
    schedule.unlink()
    assert calendar.calendar_of(make(UNSET)).go_live == date(2026, 6, 23), "what is booked stands"


@pytest.mark.parametrize(
    ("change", "rule", "says"),
    [
        (("2026-06-09", "2026-06-10"), "sprint", "sprints begin on Tuesday 2026-06-09 and on Tuesday 2026-06-23"),
        (("first: 2026-05-26", "first: 2026-06-23"), "sprint", "before the first sprint, which begins on Tuesday 2026"),
        (("2026-06-10, until", "2026-06-09, until"), "blackout", "is a blackout of this project: payroll."),
        (("2026-06-10, until: 2026-06-12", "2026-06-06, until: 2026-06-06"), "blackout", "Saturday 2026-06-06 to Sat"),
        (("until: 2026-06-30", "until: 2026-06-08"), "at_hand", "Nobody holds the role operations on Tuesday 2026"),
        (("until: 2026-06-30", "since: 2026-06-07"), "at_hand", "the role operations on Saturday 2026-06-06"),
        (("data_engineer: [tom], ", ""), "at_hand", "Nobody holds the role data_engineer on Saturday 2026-06-06"),
        (("tables:", f"{wave('2026-06-08')}tables:"), "waves", "The team a (lead) starts"),
        (("tables:", f"{wave('2026-06-16')}tables:"), "team_sprint",
         "The start of the team a (lead) on Tuesday 2026-06-16 is within a sprint: sprints begin on Tuesday 2026-06-09"
         " and on Tuesday 2026-06-23."),
        (("tables:", f"{wave('2026-05-25')}tables:"), "team_sprint", "before the first sprint, which begins on Tuesd"),
    ],
)  # fmt: skip
def test_each_rule_is_told_when_it_is_broken(make: Make, change: tuple[str, str], rule: str, says: str) -> None:
    assert change[0] in RIGHT
    assert says in rules(make(RIGHT.replace(*change)))[rule]


def test_a_team_begins_with_a_sprint_or_a_sponsor_sets_that_aside(make: Make) -> None:
    assert calendar.broken(make(RIGHT.replace("tables:", f"{wave('2026-06-23')}tables:"))) == []
    no_sprints = RIGHT.replace("  sprints: {first: 2026-05-26, days: 14}\n", "")
    assert calendar.broken(make(no_sprints.replace("tables:", f"{wave('2026-06-16')}tables:"))) == []
    # No other day of going live mends it, so one is proposed all the same.
    site = make(UNSET.replace("tables:", f"{wave('2026-06-16')}tables:"))
    assert calendar.days(site) == "Go-live on Tuesday 2026-06-09, cut-over on Saturday 2026-06-06"
    [late] = calendar.unmet(site)
    assert late.rule == "team_sprint" and "Ruth Roe (sponsor) can set that" in calendar.book_day(site, "").missing[0]
    site.write("waiver", calendar.waiver(site, late, "the team is new then"), actor="ruth")
    assert calendar.unmet(site) == [] and calendar.book_day(site, "").missing == ()


def test_a_weekday_late_in_the_week(make: Make) -> None:
    found = rules(make(FRIDAY))
    assert found["weekday"] == (
        "The go-live is on Friday 2026-06-05, and users are let in only on: Monday, Tuesday, Wednesday."
    )
    assert "weekday" not in rules(make(FRIDAY.replace("  freeze:", "  weekdays: [friday]\n  freeze:")))


def test_days_that_are_over(make: Make) -> None:
    assert rules(make(RIGHT, today=date(2026, 6, 9))).keys() == {"freeze"}
    site = make(RIGHT, today=date(2026, 6, 10))
    assert "is over: Ann Ames (lead) sets a day to come" in rules(site)["ahead"]
    assert (
        rules(site)["freeze"] == "The cut-over was to be on Saturday 2026-06-06, which is over, and nothing is frozen."
    )
    site.write("freeze", {})
    assert rules(make(RIGHT, today=date(2026, 6, 9))) == {}


def test_a_blackout_of_all_projects_and_a_full_day(make: Make, schedule: Path) -> None:
    schedule.write_text("blackouts: [{since: 2026-06-01, until: 2026-06-07, why: state reporting}]\n")
    site = make(RIGHT)
    says = "Monday 2026-06-01 to Sunday 2026-06-07 is a blackout of all projects: state reporting."
    assert rules(site) == {"blackout": says}
    schedule.write_text("capacity: 1\n")
    slots.book(make(RIGHT.replace("project: riverside", "project: lakeside")), date(2026, 6, 9), 1, "")
    assert "went to lakeside" in rules(site)["capacity"]
    assert calendar.check_calendar(site).missing == (rules(site)["capacity"],)
    schedule.write_text("capacity: 2\n")
    assert rules(site) == {}
    slots.book(site, date(2026, 6, 9), 2, "")
    schedule.write_text("capacity: 1\n")
    assert rules(site) == {}


def test_a_schedule_that_is_wrong_stops_the_look_with_its_line(make: Make, schedule: Path) -> None:
    schedule.write_text("# all projects\ncapacity: none\n")
    with pytest.raises(ProjectError, match=r"schedule of all projects: 1 fault\(s\)\n.*schedule.yaml:2: capacity"):
        calendar.check_calendar(make(RIGHT))


def test_what_can_be_set_aside_is_not_missing_before_the_sponsor_was_asked(make: Make) -> None:
    found = calendar.check_calendar(make(FRIDAY))
    assert found.missing == ()
    assert "not every rule is kept. The go-live is on Friday 2026-06-05" in found.says


def test_a_friday_is_booked_only_with_a_waiver_by_name(make: Make) -> None:
    site = make(FRIDAY.replace("  sprints: {first: 2026-05-26, days: 14}\n", ""))
    refused = calendar.book_day(site, "")
    assert refused.records == () and slots.booked(site.ledger, "riverside") is None
    assert len(refused.missing) == 1
    assert "Ruth Roe (sponsor) can set that aside: clear waive_calendar" in refused.missing[0]

    [friday] = calendar.unmet(site)
    site.write("waiver", calendar.waiver(site, friday, "the hall is free then"), actor="ruth")
    assert calendar.unmet(site) == [] and rules(site).keys() == {"weekday"}
    assert calendar.book_day(site, "").missing == ()
    assert slots.booked(site.ledger, "riverside") == date(2026, 6, 5)
    assert "(set aside by Ruth Roe)" in calendar.check_calendar(site).says


@pytest.mark.parametrize(
    ("actor", "change", "text"),
    [
        ("ann", {}, FRIDAY),  # is no sponsor
        ("ruth", {"expires": "2026-05-31"}, FRIDAY),
        ("ruth", {"what": "calendar/sprint"}, FRIDAY),
        ("ruth", {"what": "weekday"}, FRIDAY),
        ("ruth", {"what": "issue/weekday"}, FRIDAY),
        ("ruth", {"expires": ""}, FRIDAY),
        # The sentence is the same, the day before is another.
        ("ruth", {}, FRIDAY.replace("freeze: 2026-06-04", "freeze: 2026-06-03")),
        # The day moved to another Friday after that.
        ("ruth", {}, FRIDAY.replace("go_live: 2026-06-05", "go_live: 2026-06-12")),
        ("ruth", {}, FRIDAY.replace("sponsor: [ruth]", "sponsor: {holders: [ruth], until: 2026-05-31}")),
    ],
)  # fmt: skip
def test_a_waiver_that_does_not_count(make: Make, actor: str, change: dict[str, Any], text: str) -> None:
    friday = next(each for each in calendar.broken(make(FRIDAY)) if each.rule == "weekday")
    make(FRIDAY).write("waiver", calendar.waiver(make(FRIDAY), friday, "because") | change, actor=actor)
    assert "weekday" in [each.rule for each in calendar.unmet(make(text))]


def test_a_waiver_of_a_sentence_without_a_day_is_not_that_of_another_day(make: Make) -> None:
    early = RIGHT.replace("tables:", f"{wave('2026-06-09')}tables:").replace("until: 2026-06-12", "until: 2026-06-24")
    early = early.replace("since: 2026-06-10", "since: 2026-06-05")
    site = make(early)
    [blackout] = calendar.unmet(site)
    assert blackout.rule == "blackout" and "2026-06-09" not in blackout.says
    site.write("waiver", calendar.waiver(site, blackout, "just this once"), actor="ruth")
    assert calendar.unmet(site) == []
    moved = early.replace("go_live: 2026-06-09", "go_live: 2026-06-23").replace("day: 2026-06-09", "day: 2026-06-23")
    assert calendar.broken(make(moved)) == [blackout] == calendar.unmet(make(moved))


def test_without_a_day_nothing_is_set_aside_since_it_would_never_end(make: Make) -> None:
    never = "blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]"
    text = UNSET.replace("blackouts: [{since: 2026-06-10, until: 2026-06-12, why: payroll}]", never)
    site = make(text.replace("tables:", f"{wave('2026-06-16')}tables:"))
    late = next(each for each in calendar.broken(site) if each.rule == "team_sprint")
    with pytest.raises(NotPermitted, match=r"team_sprint cannot be set aside .* Ann Ames \(lead\) sets `go_live`"):
        calendar.waiver(site, late, "the team is new then")


def test_the_day_that_is_booked_is_the_one_that_everybody_agreed_to(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another day is proposed while this run looks, and everybody has agreed to that one."""
    site = make(UNSET.replace("agreed_by: []", "agreed_by: [lead]"))
    other = calendar.days_of(make(RIGHT.replace("2026-06-09", "2026-06-23").replace("2026-06-06", "2026-06-20")))
    approval = {"question": calendar.agreement_of("lead"), "verdict": "approved", "evidence_hash": digest(other)}
    site.write("approval", approval, actor="ann")
    proposal = {"project": "riverside", "state": "proposed", "reason": ""}
    site.write("slot", {"day": "2026-06-09", **proposal})

    def meanwhile() -> Schedule:
        site.write("slot", {"day": "2026-06-23", **proposal})
        return load_schedule()

    monkeypatch.setattr(calendar, "load_schedule", meanwhile)
    assert "Ann Ames (lead) agreed to other days" in calendar.book_day(site, "").missing[0]
    assert slots.booked(site.ledger, "riverside") is None


def test_what_nobody_can_set_aside_is_refused_even_with_a_waiver(make: Make) -> None:
    never = "blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]"
    site = make(UNSET.replace("blackouts: [{since: 2026-06-10, until: 2026-06-12, why: payroll}]", never))
    [unset] = calendar.broken(site)
    days = {"what": "calendar/days", "says": unset.says, "reason": "r", "freeze": "", "go_live": ""}
    site.write("waiver", days | {"expires": "2026-12-31", "role": "sponsor"}, actor="ruth")
    assert calendar.unmet(site) == [unset]
    assert calendar.check_calendar(site).missing == (unset.says,)
    assert calendar.book_day(site, "").missing == (unset.says,)


DEPARTMENTS = RIGHT.replace("  agreed_by: []\n", "").replace(
    "tables:",
    """\
departments:
  - {name: office, head: head_office}
  - {name: nurses, head: head_nurses}
  - {name: kitchen, head: head_office}
waves: [{team: north, lead: lead_north, day: 2026-06-23}]
tables:""",
).replace("people: {", "people: {head_office: [olaf], head_nurses: [nora], lead_north: [nick], ")  # fmt: skip


def test_who_agrees_to_the_day(make: Make) -> None:
    assert calendar.agreeing(make(DEPARTMENTS).project) == ("head_office", "head_nurses", "lead_north")
    assert calendar.agreeing(make(RIGHT).project) == ()
    named = DEPARTMENTS.replace("  sprints:", "  agreed_by: [sponsor]\n  sprints:")
    assert calendar.agreeing(make(named).project) == ("sponsor",)


def test_the_day_is_booked_only_once_every_role_has_agreed_to_just_this(make: Make) -> None:
    site = make(DEPARTMENTS)

    def agree(role: str, person: str, verdict: str = "approved", shown: str | None = None) -> None:
        site.write(
            "approval",
            {
                "question": calendar.agreement_of(role),
                "verdict": verdict,
                "evidence_hash": shown or digest(calendar.days_of(site)),
            },
            actor=person,
        )

    assert calendar.days_of(site)["teams"] == [{"team": "north", "lead": "lead_north", "day": "2026-06-23"}]
    agree("head_office", "olaf")
    agree("head_nurses", "nora", shown="0" * 64)
    agree("lead_north", "olaf")
    refused = calendar.book_day(site, "")
    assert [line.split(". ")[-1].split(",")[0] for line in refused.missing] == [
        "Start a new run",
        "Clear agree_as_lead_north",
    ]
    assert slots.booked(site.ledger, "riverside") is None
    agree("head_nurses", "nora")
    agree("lead_north", "nick")
    assert calendar.book_day(site, "").missing == ()
    # A no, and being asked again, take it back; another run's answer is another's.
    agree("head_office", "olaf", "asked")
    assert calendar.not_agreed(site, calendar.days_of(site)) == [
        "olaf (head office) has not agreed to the day. Clear agree_as_head_office, which asks."
    ]
    assert len(calendar.not_agreed(make(DEPARTMENTS, run="another"), calendar.days_of(site))) == 3
