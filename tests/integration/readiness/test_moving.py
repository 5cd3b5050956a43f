"""Another day for a move that has one: each reason to refuse, and what is proposed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.integration.readiness.preparing import approve
from tests.integration.readiness.site import Place, site_of

from golive.project import files
from golive.readiness import agreement, calendar, moving, slots

# 2026-06-09 is a Tuesday. The test's day is 2026-06-01.
OPEN = """\
project: riverside
source: {connection: riverside_old}
target: {connection: riverside_new}
people: {lead: [ann], sponsor: [ruth], data_engineer: [tom], operations: [olga], head_office: [olaf]}
departments: [{name: office, head: head_office}]
calendar:
  weekdays: [tuesday]
  agreed_by: [head_office, lead]
tables: [{target: family}]
"""
TUESDAY, LATER = date(2026, 6, 9), date(2026, 6, 16)
Make = Callable[..., Place]


def dated(freeze: str) -> str:
    """The file with a day of its own, and this cut-over."""
    return OPEN.replace("calendar:\n", f"calendar:\n  freeze: {freeze}\n  go_live: {TUESDAY}\n")


@pytest.fixture
def make(new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a site of a text, with 2026-06-09 booked and agreed by the run before it."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    url = new_database("ledger")

    def on(text: str) -> Place:
        before = site_of(text, url, url, url, stage="implement", run="before")
        if slots.booked(before.ledger, "riverside") is None:
            before.keep(slots.book(before, TUESDAY, 1, ""))
            before.keep(agreement.render_agreement(before))
        return site_of(text, url, url, url, stage="reschedule")

    return on


def test_a_proposal_is_the_first_day_that_fits_and_belongs_to_its_run(make: Make) -> None:
    site = make(OPEN)
    found = site.keep(moving.check_move(site, "the hall is taken", date(2026, 6, 10)))
    assert found.missing == () and found.says == "From 2026-06-09 to 2026-06-16: the hall is taken"
    assert slots.booked(site.ledger, "riverside") == TUESDAY
    assert calendar.calendar_of(site).go_live == LATER
    assert calendar.calendar_of(site).freeze == date(2026, 6, 13)
    other = replace(site, run_name="riverside.implement/other")
    assert calendar.calendar_of(other).go_live == TUESDAY


def test_a_day_before_the_one_booked_can_be_proposed_and_one_in_the_past_cannot(make: Make) -> None:
    site = make(OPEN)
    slots.book(replace(site, run_name="riverside.implement/later"), LATER, 1, "later")
    assert moving.check_move(site, "sooner", date(2026, 1, 1)).says == "From 2026-06-16 to 2026-06-09: sooner"


def test_what_this_run_booked_is_moved_no_further(make: Make) -> None:
    site = make(OPEN)
    site.keep(moving.check_move(site, "the hall is taken", LATER))
    site.keep(slots.book(site, LATER, 1, "the hall is taken"))
    assert moving.check_move(site, "the hall is taken", LATER).says == "2026-06-16 was booked by this run"
    assert calendar.calendar_of(site).go_live == LATER


def test_without_a_reason_or_a_day_or_a_change_nothing_moves(make: Make) -> None:
    site = make(OPEN)
    [reason] = moving.check_move(site, "", LATER).missing
    assert "start a new run with `reason`" in reason
    [same] = moving.check_move(site, "why not", TUESDAY).missing
    assert same == (
        "Nothing moves, 2026-06-09 is booked already: start a new run with another `not_before`, the first day that"
        " would do."
    )
    assert moving.check_move(site, "why not", None).missing == (same,)
    nobody = make(OPEN.replace("operations: [olga]", "operations: {holders: [olga], until: 2026-06-30}"))
    [none] = moving.check_move(nobody, "why not", date(2026, 7, 1)).missing
    assert "No day within a year from 2026-07-01 on" in none and "ann (lead) sets a day" in none


def test_a_day_in_the_file_is_moved_in_the_file(make: Make) -> None:
    site = make(dated("2026-06-06"))
    [both] = moving.check_move(site, "why not", LATER).missing
    assert both.startswith("The project file itself says 2026-06-09")
    [same] = moving.check_move(site, "why not", None).missing
    assert "ann (lead) sets another `go_live` under `calendar`" in same
    # The cut-over alone moves: the place stays, and people agree anew.
    earlier = make(dated("2026-06-05"))
    found = moving.check_move(earlier, "", None)
    assert found.missing == found.records == ()
    assert found.says == "2026-06-09 stays, and what was agreed about it has changed"


def test_a_first_day_needs_no_reason(make: Make, new_database: Callable[..., str]) -> None:
    url = new_database("empty")
    site = site_of(OPEN, url, url, url, stage="reschedule")
    assert moving.check_move(site, "", None).says == "2026-06-09 is the first day to be booked"


def test_whoever_agreed_or_signed_agrees_to_another_day(make: Make) -> None:
    site = make(OPEN)
    assert moving.agreeing(site.project) == ("head_office", "lead", "sponsor")
    site.keep(moving.check_move(site, "the hall is taken", LATER))
    missing = calendar.book_day(site, "the hall is taken", ("sponsor",)).missing
    assert [each.split(" has not agreed")[0] for each in missing] == [
        "olaf (head office)", "ann (lead)", "ruth (sponsor)",
    ]  # fmt: skip
    assert slots.booked(site.ledger, "riverside") == TUESDAY


def test_only_what_everybody_agreed_to_comes_into_force_with_another_day(make: Make) -> None:
    site = make(OPEN)
    site.keep(moving.check_move(site, "the hall is taken", LATER))
    for role, person in (("head_office", "olaf"), ("lead", "ann"), ("sponsor", "ruth")):
        approve(site, calendar.agreement_of(role), calendar.days_of(site), person)
    # Booked is what they agreed to, and nothing is written before.
    assert moving.render_agreement(site).missing == ("This run booked no day: clear book_slot.",)
    site.keep(calendar.book_day(site, "the hall is taken", ("sponsor",)), task="book_slot")
    assert slots.booked(site.ledger, "riverside") == LATER
    added = "criteria: [{id: fast, title: It is fast, approver: lead}]\ntables:"
    changed = replace(make(OPEN.replace("tables:", added)), ledger=site.ledger)
    refused = moving.render_agreement(changed)
    assert refused.records == () and len(refused.missing) == 3
    assert "ann (lead) agreed to other days, terms or rules set aside than stand now" in refused.missing[1]
    assert "agreed to other days, terms" in calendar.book_day(changed, "again").missing[0]
    (record,) = moving.render_agreement(site).records
    assert record.payload["version"] == 2
    # The stage signs its own text: what it asks about is the days alone.
    assert "terms" not in calendar.days_of(replace(site, stage="implement"))


def test_nothing_moves_once_users_are_let_in(make: Make) -> None:
    site = make(OPEN)
    assert moving.settled(site) is None
    closed = site.write("stage", {"state": "closed", "reason": ""}, stage="final_migration")
    assert moving.settled(site) == closed
    opened = site.write("opening", {"step": "project team"}, stage="final_migration")
    assert moving.settled(site) == opened
