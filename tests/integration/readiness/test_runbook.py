"""The runbook: its steps, owners, minutes and ways back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import BASE, School

from golive.readiness.runbook import night, write_runbook

NIGHT = """\
calendar: {freeze: 2026-06-07, go_live: 2026-06-09}
configuration:
  - {area: fees, title: Fee plans, owner: finance, depends: [terms]}
  - {area: terms, owner: lead}
third_parties:
  - {name: Bank, login: bank, direction: in, protocol: SFTP, owner: operations, action: switch, endpoint: sftp.new}
  - {name: Atlas, login: atlas, direction: out, protocol: SQL, owner: operations, action: keep}
  - {name: Census, login: census, direction: out, protocol: SQL, owner: lead, action: retire}
waves: [{team: office, lead: finance, day: 2026-06-16}]
stages: [data_finalization, final_migration]
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def test_the_night_in_order_with_owners_and_ways_back(school: School) -> None:
    place = school.place(NIGHT, stage="data_finalization")
    place.write(
        "area", {"area": "terms", "owner": "lead", "tables": [], "depends": [], "state": "confirmed", "reason": ""}
    )
    steps = night(place, {})
    assert [(n, step.what, step.owner, step.after, step.back) for n, step in enumerate(steps, 1)] == [
        (1, "Start final_migration; its dry run is shown", "operations", (), "stop"),
        (2, "Go or no-go, on exactly what was shown", "go_live", (1,), "stop"),
        (3, "Freeze the old system, and prove it by rejected writes", "operations", (2,), "unfreeze"),
        (4, "Last increments", "data_engineer", (3,), "unfreeze"),
        (5, "Sweep: compare and repair every row", "data_engineer", (4,), "unfreeze"),
        (6, "Copy the configuration area terms", "lead", (5,), "unfreeze"),
        (7, "By hand: configuration area Fee plans", "finance", (5, 6), "unfreeze"),
        (8, "Checks, suites and sample prove what arrived", "data_engineer", (5, 6, 7), "unfreeze"),
        (9, "Switch Bank to sftp.new", "operations", (8,), "unfreeze"),
        (10, "Retire Census", "lead", (8,), "unfreeze"),
        (11, "Decide on opening to project team, and open", "go_live", (8, 9, 10), "unfreeze"),
        (12, "Decide on opening to pilots, and open", "go_live", (11,), "none"),
        (13, "Decide on opening to everybody, and open", "go_live", (12,), "none"),
        (14, "The team office starts on 2026-06-16", "finance", (13,), "none"),
    ]


def test_all_is_well(school: School) -> None:
    place = school.place(NIGHT, stage="data_finalization")
    outcome = write_runbook(place)
    assert (
        outcome.missing == () and outcome.says == "The runbook has 14 steps, and no dry run has foreseen its minutes."
    )
    (record,) = outcome.records
    assert record.evidence is not None and record.payload["what"] == "runbook"
    text = record.evidence["text"]
    assert "| 7 | By hand: configuration area Fee plans | finance: Fay |  | 5, 6 | unfreeze |" in text
    assert "`golive unfreeze harbour` opens the old system again" in text
    assert write_runbook(place).records == outcome.records


def test_the_minutes_are_those_of_the_last_dry_run(school: School) -> None:
    place = school.place(NIGHT, stage="data_finalization")
    minutes = {"freeze": 1, "last increments": 12, "sweep": 30, "checks and sample": 31}
    place.write("dry_run", {"minutes": minutes}, stage="final_migration", run="rehearsal")
    outcome = write_runbook(place)
    assert "14 steps, 74 minutes from the freeze to the proof as foreseen by the dry run of" in outcome.says
    assert outcome.records[0].evidence is not None
    assert "| 4 | Last increments | data engineer: dan | 12 | 3 | unfreeze |" in outcome.records[0].evidence["text"]


def test_without_its_days_it_is_not_complete(school: School) -> None:
    never = "calendar: {blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]}\n"
    text = NIGHT.replace("calendar: {freeze: 2026-06-07, go_live: 2026-06-09}\n", never)
    freeze, go_live = write_runbook(school.place(text)).missing
    assert "no day for `freeze`" in freeze and "no day for `go_live`" in go_live and "Ann (lead)" in freeze


def test_who_owns_a_step_is_there_on_the_nights_days(school: School) -> None:
    with_gap = BASE.replace("finance: [fay]", "finance: {holders: [fay], until: 2026-06-07}")
    place = school.place(NIGHT, base=with_gap)
    (missing,) = write_runbook(place).missing
    assert missing == (
        "Nobody holds the role finance on 2026-06-09, and it owns steps 7, 14 of the runbook. Ann (lead): name somebody"
        " under `people` in the project file, then clear write_runbook"
    )
