"""Hyper-care ends when its time is over, or a sponsor says so, and only while it is calm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.ledger import digest
from golive.project.going_live import Level
from golive.readiness.findings import waiver
from golive.readiness.hyper_care import QUESTION, check_hyper_care, course, settle_hyper_care, to_end

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {operations: [omar], sponsor: [sam], lead: [lena]}
names: {sam: Sam Okafor}
tables: [{target: t}]
support: {hyper_care: {sprints: 2, sprint_days: 10, tickets_a_day: 5, issue_days: 3}}
"""


@pytest.fixture
def closed(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    return site_of(TEXT, *pair, new_database("ledger"), stage="support", today=datetime.now(UTC).date())


@pytest.fixture
def site(closed: Place) -> Place:
    """The new system was opened today."""
    closed.write("opening", {"step": "project team", "approved_by": "maria"}, stage="final_migration")
    return replace(closed, today=closed.ledger.entries("test")[0].at.date())


@pytest.fixture
def answering(site: Place) -> Place:
    """The first level of support has agreed how soon it answers; the second has not."""
    levels = (
        Level(level=1, role="operations", hours="always", escalate_minutes=30, answer_minutes=30, answer_percent=75),
        Level(level=2, role="lead", hours="always", escalate_minutes=60),
    )
    support = site.project.support.model_copy(update={"levels": levels})
    return replace(site, project=site.project.model_copy(update={"support": support}))


def level(site: Place, day: date, *, opened: int, answered: list[int], number: int = 1) -> None:
    given = {"on": day.isoformat(), "level": number, "opened": opened, "closed": 0, "open": opened}
    site.write("ticket", given | {"answered": answered}, actor="omar")


def after(site: Place, days: int) -> Place:
    return replace(site, today=site.today + timedelta(days=days))


def tickets(site: Place, day: date, opened: int, level: int = 1) -> None:
    site.write(
        "ticket", {"on": day.isoformat(), "level": level, "opened": opened, "closed": 0, "open": opened}, actor="omar"
    )


def issue(site: Place, state: str = "open", severity: str = "critical") -> None:
    given = {"id": "slow", "title": "Slow", "owner": "operations", "says": "", "from": ""}
    site.write("issue", {**given, "severity": severity, "state": state})


def agree(site: Place, *, shown: str | None = None) -> None:
    evidence = to_end(site)
    assert evidence is not None
    said = {"question": QUESTION, "evidence_hash": shown or digest(evidence), "comment": "all is calm"}
    site.write("approval", {**said, "verdict": "approved", "answers": {}}, actor="sam")


def test_nothing_begins_before_the_opening(closed: Place) -> None:
    for look in (check_hyper_care, settle_hyper_care):
        assert look(closed).missing[0].startswith("the new system is not open")
    assert to_end(closed) is None


def test_the_first_look_only_reports(site: Place) -> None:
    outcome = check_hyper_care(site)
    assert outcome.missing == () and "20 days left" in outcome.says and "not yet calm: nobody entered" in outcome.says


def test_days_without_tickets_entered_are_not_calm(site: Place) -> None:
    assert to_end(site) is None
    assert "enter each day's with test.record" in settle_hyper_care(site).missing[0]
    tickets(site, site.today, 0)
    assert to_end(site) is not None


def test_a_busy_day_keeps_it_until_a_sprint_later(site: Place) -> None:
    tickets(site, site.today, 4)
    assert course(site).calm  # type: ignore[union-attr]
    tickets(site, site.today, 2, level=2)
    missing = settle_hyper_care(site).missing
    assert missing[0].startswith(f"hyper-care cannot end: 6 tickets on {site.today}, 5 a day allowed")
    assert missing[1].startswith(f"its time is over on {site.today + timedelta(days=20)}")
    later = after(site, 10)
    for day in range(6):
        tickets(site, later.today - timedelta(days=day), 5)
    assert course(later).calm  # type: ignore[union-attr]


def test_a_few_days_do_not_show_that_all_were_calm(site: Place) -> None:
    later = after(site, 12)
    for day in range(4):
        tickets(site, later.today - timedelta(days=day), 0)
    (line,) = course(later).lacking  # type: ignore[union-attr]
    assert line.startswith(f"tickets were entered for 4 of 10 days since {later.today - timedelta(days=9)}, and most")
    assert settle_hyper_care(later).missing[0] == f"hyper-care cannot end: {line}"
    tickets(site, later.today - timedelta(days=9), 0)
    assert not course(later).calm  # type: ignore[union-attr]
    tickets(site, later.today - timedelta(days=8), 0)
    assert course(later).calm  # type: ignore[union-attr]
    # What is not over yet does not count against it.
    assert course(after(site, 13)).calm  # type: ignore[union-attr]


def test_only_a_waiver_that_holds_sets_an_issue_aside(site: Place) -> None:
    later = after(site, 4)
    for day in range(5):
        tickets(site, site.today + timedelta(days=day), 0)
    issue(site, "waived")
    (line,) = course(later).lacking  # type: ignore[union-attr]
    assert line.startswith("the critical issue slow (Slow) has been open for 4 days")
    found = {"id": "slow", "severity": "critical", "verdict": "", "failing": None, "says": ""}
    site.write("waiver", waiver(found, "known", later.today), actor="sam")
    assert course(later).calm  # type: ignore[union-attr]
    tickets(site, site.today + timedelta(days=5), 0)
    assert not course(after(site, 5)).calm  # type: ignore[union-attr]


def test_an_old_critical_issue_keeps_it(site: Place) -> None:
    for day in range(5):
        tickets(site, site.today + timedelta(days=day), 0)
    issue(site)
    assert course(after(site, 3)).calm  # type: ignore[union-attr]
    later = after(site, 4)
    (line,) = course(later).lacking  # type: ignore[union-attr]
    assert line.startswith("the critical issue slow (Slow) has been open for 4 days, 3 allowed. omar (operations)")
    issue(site, severity="minor")
    assert course(later).calm  # type: ignore[union-attr]
    issue(site)
    issue(site, "closed")
    issue(site)
    # Open again: since today by the ledger, which is four days before this look.
    assert not course(later).calm  # type: ignore[union-attr]
    issue(site, "closed")
    assert course(later).calm  # type: ignore[union-attr]


def test_it_ends_early_by_a_sponsors_word_on_what_was_shown(site: Place) -> None:
    tickets(site, site.today, 1)
    (line,) = settle_hyper_care(site).missing
    assert line.startswith(f"hyper-care lasts until {site.today + timedelta(days=20)}, and nobody agreed")
    agree(site, shown="e" * 64)
    assert settle_hyper_care(site).missing == (line,)
    agree(site)
    outcome = settle_hyper_care(site)
    assert outcome.missing == () and "was ended early by Sam Okafor: all is calm" in outcome.says
    # Another run asks anew, and a day that turns busy takes the word back.
    assert settle_hyper_care(replace(site, run_name="test.support/another")).missing
    tickets(site, site.today, 50, level=3)
    assert settle_hyper_care(site).missing


def test_a_level_that_answers_too_late_keeps_it(answering: Place) -> None:
    site = answering
    level(site, site.today, opened=4, answered=[10, 30, 31])
    now = course(site)
    assert now is not None and not now.calm
    # Two of three were in time; the fourth may still be.
    agreed = "75 % within 30 min agreed"
    assert now.says[1] == f"level 1: 66 % of 3 tickets answered in time, {agreed}"
    assert now.lacking == (f"{now.says[1]}. omar (operations): see what keeps them waiting",)
    assert to_end(site) is None and settle_hyper_care(site).missing[0].startswith(
        "hyper-care cannot end: level 1: 66 %"
    )
    level(site, site.today, opened=4, answered=[10, 30, 31, 5])
    now = course(site)
    assert now is not None and now.calm and now.says[1].startswith("level 1: 75 % of 4 tickets")
    shown = to_end(site)
    assert shown is not None and shown["answering"] == [{"level": 1, "minutes": 30, "percent": 75}]


def test_a_ticket_that_nobody_answered_is_late_on_the_next_day(answering: Place) -> None:
    level(answering, answering.today, opened=2, answered=[])
    assert "level 1: no ticket had to be answered yet" in check_hyper_care(answering).says
    (line,) = course(after(answering, 1)).lacking  # type: ignore[union-attr]
    assert line.startswith("level 1: 0 % of 2 tickets answered in time, 75 % within 30 min agreed; of 2 no answer was")
    assert line.endswith("and enter when the others were answered with test.record")


def test_a_level_without_an_agreed_time_is_not_measured(answering: Place) -> None:
    level(answering, answering.today, opened=1, answered=[9000], number=2)
    now = course(answering)
    assert now is not None and now.calm and not any(says.startswith("level 2") for says in now.says)


def test_it_ends_by_itself_when_its_time_is_over(site: Place) -> None:
    later = after(site, 20)
    for day in range(6):
        tickets(site, later.today - timedelta(days=day), 3)
    assert to_end(later) is None and settle_hyper_care(later).missing == ()
    assert "its time is over" in check_hyper_care(later).says
    tickets(later, later.today, 30)
    assert len(settle_hyper_care(later).missing) == 1
