"""A trial of the alarms: which levels of support are known to be reached, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.readiness.trials import levels_of, question_of, untried

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {lead: [lena], registrar: [ruth], operations: {holders: [omar], until: 2099-12-31}}
names: {ruth: Ruth Keller}
tables: [{target: t}]
support:
  trial_days: 10
  levels:
    - {level: 1, role: registrar, hours: always, escalate_minutes: 30}
    - {level: 2, role: operations, hours: always, escalate_minutes: 60}
"""


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    return site_of(TEXT, *pair, new_database("ledger"), stage="final_migration", today=datetime.now(UTC).date())


def said(site: Place, level: int, verdict: str, actor: str, run: str = "test.try_escalation/one") -> None:
    question = question_of(levels_of(site.project)[level - 1])
    site.write("approval", {"question": question, "verdict": verdict}, actor=actor, stage="try_escalation", run=run)


def test_a_level_is_open_until_it_said_that_its_message_arrived(site: Place) -> None:
    assert untried(site) == ["level 1: never tried", "level 2: never tried"]
    said(site, 1, "asked", "golive")
    said(site, 2, "refused", "zoe")
    assert untried(site) == ["level 1: never tried", "level 2: never tried"]
    said(site, 1, "approved", "ruth")
    assert untried(site) == ["level 2: never tried"]
    said(site, 2, "approved", "omar")
    assert untried(site) == []


def test_a_later_no_takes_it_back_and_a_later_question_does_not(site: Place) -> None:
    said(site, 1, "approved", "ruth")
    said(site, 2, "approved", "omar")
    said(site, 1, "asked", "golive", run="test.try_escalation/two")
    assert untried(site) == []
    said(site, 1, "rejected", "ruth", run="test.try_escalation/two")
    assert untried(site) == [f"level 1: nothing arrived, Ruth Keller said on {site.today}"]


def test_it_holds_for_its_days(site: Place) -> None:
    said(site, 1, "approved", "ruth")
    said(site, 2, "approved", "omar")
    day = site.ledger.entries("test")[-1].at.date()
    assert untried(replace(site, today=day + timedelta(days=10))) == []
    late = untried(replace(site, today=day + timedelta(days=11)))
    assert late[0] == f"level 1: last tried on {day}, which is more than 10 days ago" and len(late) == 2


def test_who_left_the_level_does_not_speak_for_it(site: Place) -> None:
    said(site, 1, "approved", "ruth")
    said(site, 2, "approved", "ruth")
    (line,) = untried(site)
    assert line.startswith("level 2: tried on ") and line.endswith("with Ruth Keller, who is not on that level today")
