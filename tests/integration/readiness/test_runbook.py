"""The runbook: its steps, owners, minutes and ways back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from tests.integration.readiness.preparing import BASE, School

from golive.ledger import Entry
from golive.readiness.runbook import night, rehearsed, write_runbook

NIGHT = """\
calendar: {freeze: 2026-06-07, go_live: 2026-06-09}
configuration:
  - {area: fees, title: Fee plans, owner: finance, depends: [terms]}
  - {area: terms, owner: lead}
third_parties:
  - {name: Bank, login: bank, direction: in, protocol: SFTP, owner: operations, action: switch, endpoint: "sftp.new:22"}
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
    steps = night(place, {}, {})
    assert [(n, step.what, step.owner, step.after, step.back) for n, step in enumerate(steps, 1)] == [
        (1, "Start final_migration; its dry run is shown", "operations", (), "stop"),
        (2, "Go or no-go, on exactly what was shown", "go_live", (1,), "stop"),
        (3, "Freeze the old system, and prove it by rejected writes", "operations", (2,), "unfreeze"),
        (4, "Last increments", "data_engineer", (3,), "unfreeze"),
        (5, "Sweep: compare and repair every row", "data_engineer", (4,), "unfreeze"),
        (6, "Copy the configuration area terms", "lead", (5,), "unfreeze"),
        (7, "By hand: configuration area Fee plans", "finance", (5, 6), "unfreeze"),
        (8, "Checks, suites and sample prove what arrived", "data_engineer", (5, 6, 7), "unfreeze"),
        (9, "Switch Bank to sftp.new:22", "operations", (8,), "unfreeze"),
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
    assert "There was no rehearsal yet." in text
    assert "| 7 | By hand: configuration area Fee plans | finance: Fay |  |  | 5, 6 | unfreeze |" in text
    assert "`golive unfreeze harbour` opens the old system again" in text
    assert write_runbook(place).records == outcome.records


def test_the_minutes_are_those_of_the_last_dry_run(school: School) -> None:
    place = school.place(NIGHT, stage="data_finalization")
    minutes = {"freeze": 1, "last increments": 12, "sweep": 30, "checks and sample": 31}
    place.write("dry_run", {"minutes": minutes}, stage="final_migration", run="rehearsal")
    outcome = write_runbook(place)
    assert "14 steps, 74 minutes from the freeze to the proof as foreseen by the dry run of" in outcome.says
    assert outcome.records[0].evidence is not None
    assert "| 4 | Last increments | data engineer: dan | 12 |  | 3 | unfreeze |" in outcome.records[0].evidence["text"]


def test_beside_them_stand_those_of_the_last_rehearsal(school: School) -> None:
    place = school.place(NIGHT, stage="data_finalization")

    def written(run: str, at: str, kind: str, stage: str = "final_migration", **payload: Any) -> Entry:
        entry = place.write(kind, payload, stage=stage, run=f"harbour.{stage}/{run}")
        return replace(entry, at=datetime.fromisoformat(f"2026-05-{at}:00+00:00"))

    entries = [
        # One that came through to the proof, whose checks were repeated a day later; then one that came to its sweep.
        written("one", "20T22:00", "freeze", seconds=20),
        written("one", "20T22:02", "increment", what="last increments", seconds=61),
        written("one", "20T22:30", "sweep", seconds=1200),
        written("one", "20T22:41", "checks", lane=1, lanes=2),
        written("one", "20T22:47", "checks", lane=2, lanes=2),
        written("one", "20T22:44", "sample", rows=5),
        written("one", "21T09:00", "checks", lane=1, lanes=2),
        written("two", "27T22:30", "sweep", seconds=1860),
        # Neither older data nor a validation pass is the night.
        written("a", "28T03:00", "increment", "older_data", what="older data", seconds=9000),
        written("b", "28T09:00", "checks", "data_validation_pre_final", lane=1, lanes=1),
    ]
    assert rehearsed(entries) == {
        "freeze": (1, date(2026, 5, 20)), "last increments": (2, date(2026, 5, 20)), "sweep": (31, date(2026, 5, 27)),
        "checks and sample": (17, date(2026, 5, 20)),
    }  # fmt: skip
    assert rehearsed(entries[-2:]) == {}

    # In the ledger all of it was written within a minute, and the clocks of the steps stand as they are.
    place.write("dry_run", {"minutes": {"sweep": 30}}, stage="final_migration", run="harbour.final_migration/three")
    outcome = write_runbook(place)
    assert outcome.says.endswith("Rehearsed so far: 35 minutes.") and outcome.records[0].evidence is not None
    text = outcome.records[0].evidence["text"]
    assert "from when it was last rehearsed; the last rehearsal was on 2" in text
    assert "| 5 | Sweep: compare and repair every row | data engineer: dan | 30 | 31 | 4 | unfreeze |" in text
    assert "| 4 | Last increments | data engineer: dan |  | 2 | 3 | unfreeze |" in text


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


def test_how_an_endpoint_did_when_it_was_tried_last_stands_in_its_step(school: School) -> None:
    place = school.place(NIGHT, stage="data_finalization")
    tried = {"name": "Bank", "login": "bank", "answers": False, "answer": "it refuses connections"}
    place.write("third_party", tried | {"tried_on": "2026-05-30"}, stage="onboard")
    what = "Switch Bank to sftp.new:22 (did not answer on 2026-05-30: it refuses connections)"
    assert what in [step.what for step in night(place, {}, {})]
