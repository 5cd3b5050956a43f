"""Three levels of support, each held today, each with more time than the one before, each reachable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.readiness.roster import check_roster

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {lead: [lena], registrar: [ruth], operations: {holders: [omar], until: 2026-12-31}, data_engineer: [daniel]}
names: {ruth: Ruth Keller, lena: Lena Fischer}
tables: [{target: t}]
support:
  levels:
    - {level: 1, role: registrar, hours: "Mon-Fri", escalate_minutes: 30}
    - {level: 2, role: operations, hours: always, escalate_minutes: 60, alerts: on_call}
    - {level: 3, role: data_engineer, hours: always, escalate_minutes: 240}
"""


def anywhere(connection: str) -> bool:
    return True


@pytest.fixture
def make(pair: tuple[str, str], new_database: Callable[..., str]) -> Callable[..., Place]:
    """A site whose file differs from the one above in one text."""

    def make(old: str = "", new: str = "", today: date = date(2026, 6, 1)) -> Place:
        assert old in TEXT
        return site_of(TEXT.replace(old, new), *pair, new_database("ledger"), stage="support", today=today)

    return make


def test_a_full_roster_says_who_is_called_when(make: Callable[..., Place]) -> None:
    outcome = check_roster(make(), anywhere)
    assert outcome.missing == ()
    assert outcome.says.startswith(
        "level 1: Ruth Keller (registrar), Mon-Fri, the next after 30 min, messages to golive_alerts; level 2: omar"
    )
    assert "messages to on_call" in outcome.says


def test_a_level_that_is_not_there(make: Callable[..., Place]) -> None:
    (line,) = check_roster(make("level: 3", "level: 2"), anywhere).missing[1:]
    assert line == (
        "nobody is declared for level 3 of support. Lena Fischer (lead): give it one entry under `support.levels`"
    )


def test_no_level_at_all(make: Callable[..., Place]) -> None:
    site = make()
    bare = replace(site, project=site.project.model_copy(update={"support": type(site.project.support)()}))
    assert len(check_roster(bare, anywhere).missing) == 3


def test_a_role_that_nobody_holds_any_more(make: Callable[..., Place]) -> None:
    (line,) = check_roster(make(today=date(2027, 1, 1)), anywhere).missing
    assert line.startswith("nobody holds the role operations of level 2 today")


def test_each_level_has_more_time_than_the_one_before(make: Callable[..., Place]) -> None:
    (line,) = check_roster(make("escalate_minutes: 60", "escalate_minutes: 30"), anywhere).missing
    assert line.startswith("level 2 waits 30 min and level 1 30 min")


def test_where_messages_go_must_be_there(make: Callable[..., Place]) -> None:
    outcome = check_roster(make(), lambda connection: False)
    (line,) = outcome.missing
    assert line.startswith("the messages of level 2 are to go to the connection on_call, which holds no address")
    assert "no connection golive_alerts holds an address" in outcome.says
