"""When each team first worked with the new system, and which of them is late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from tests.dags.runs import execute
from tests.integration.readiness.site import Place, site_of

from golive.readiness.first_use import measure_first_use

TEXT = """\
project: test
timezone: America/New_York
source: {connection: old}
target: {connection: new}
people: {lead: [lena]}
names: {lena: Lena Fischer}
tables: [{target: t}]
waves:
  - {team: office, lead: lead, day: 2026-06-01, first_use_days: 3, first_use: "select min(at) from work"}
"""
DAY = date(2026, 6, 1)
Make = Callable[..., Place]


@pytest.fixture
def make(pair: tuple[str, str], new_database: Callable[..., str]) -> Make:
    """A site of the text with another query, and more teams, on a day."""
    execute(pair[1], "create table work (at timestamptz, secret text)")

    def make(query: str = "select min(at) from work", more: str = "", today: date = DAY) -> Place:
        text = TEXT.replace("select min(at) from work", query) + more
        return site_of(text, *pair, new_database("ledger"), stage="support", today=today)

    return make


def test_the_time_of_the_first_use_is_kept(make: Make, pair: tuple[str, str]) -> None:
    execute(pair[1], "insert into work values ('2026-06-02 13:30:05.25+00'), ('2026-06-03 10:00+00')")
    site = make()
    outcome = site.keep(measure_first_use(site))
    assert outcome.missing == () and outcome.says == "First use: office began on 2026-06-02 09:30."
    (entry,) = site.ledger.latest("test", "first_use", by=("team",))
    assert entry.payload == {
        "team": "office", "lead": "lead", "day": "2026-06-01", "first_use": "2026-06-02T09:30:05-04:00",
        "state": "used", "says": "began on 2026-06-02 09:30",
    }  # fmt: skip


def test_a_team_without_use_is_late_after_its_days(make: Make) -> None:
    waiting = measure_first_use(make(today=date(2026, 6, 4)))
    assert waiting.records[0].payload["state"] == "not yet" and waiting.missing == ()
    late = measure_first_use(make(today=date(2026, 6, 5)))
    assert late.records[0].payload["state"] == "late" and late.missing == ()
    assert late.says == (
        "First use: office has not worked with the new system since 2026-06-01, its day: more than 3 days."
        " Lena Fischer (lead) finds out why."
    )
    early = measure_first_use(make(today=date(2026, 5, 1)))
    assert early.says == "First use: office starts on 2026-06-01."


def test_use_before_its_day_is_told_from_use(make: Make) -> None:
    outcome = measure_first_use(make("select date '2026-05-30'"))
    assert outcome.records[0].payload["state"] == "used before its day"
    assert "began on 2026-05-30 00:00, before its day, 2026-06-01" in outcome.says


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select at from gone", 'relation "gone" does not exist'),
        ("select * from (values (now()), (now())) v", "gives more than one value"),
        ("select now(), now()", "gives more than one value"),
        ("select 'a secret'", "gives something that is no time"),
        ("select ('a secret')::int", "SQLSTATE 22P02"),
    ],
)
def test_a_query_that_gives_no_time_is_missing(make: Make, query: str, says: str) -> None:
    outcome = measure_first_use(make(query))
    (line,) = outcome.missing
    assert outcome.records[0].payload["state"] == "ERROR" and says in line and "a secret" not in line
    assert "Lena Fischer (lead): correct `first_use` under `waves`" in line


def test_nothing_found_is_no_use(make: Make) -> None:
    assert measure_first_use(make("select at from work")).records[0].payload["state"] == "not yet"


def test_teams_that_do_not_say_how_it_is_seen(make: Make) -> None:
    desk = "  - {team: desk, lead: lead, day: 2026-06-01}\n"
    assert "not looked at, because nothing declares how it is seen: desk" in measure_first_use(make(more=desk)).says
    site = make()
    bare = site.project.model_copy(update={"waves": ()})
    assert measure_first_use(Place(bare, site.source, site.target, site.ledger, "support", DAY, "r")).records == ()
