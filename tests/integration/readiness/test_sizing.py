"""Sizes, speed, complexity and days; and what keeps the stage open: a night too long, days out of order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import Place

from golive.readiness import sizing

STAGES = "stages: [onboard, prework, final_migration, support]\n"


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source(
        "create table t (id int primary key, v text)", "insert into t select n, 'x' from generate_series(1, 1200) n"
    )
    made.on_target("create table t (id int primary key, v text)")
    return made


def measured(place: Place, *, rows: int, seconds: int, kind: str = "increment") -> None:
    place.write(kind, {"what": "older data", "read": rows, "seconds": seconds}, stage="older_data", run="older")


def size(place: Place) -> tuple[dict[str, Any], Any]:
    found = place.keep(sizing.size_migration(place))
    (record,) = found.records
    assert record.kind == "sizing" and record.evidence is not None
    return dict(record.payload), found


def test_before_anything_moved_the_source_is_read_and_the_minutes_are_the_least(school: School) -> None:
    payload, found = size(school.place(STAGES, stage="onboard"))
    assert payload["rows"] == 1200 and payload["bytes"] > 10_000 and payload["rate"] > 0
    assert payload["complexity"] == "low" and found.missing == ()
    assert payload["days"] == {"onboard": 14, "prework": 14, "final_migration": 1, "support": 28}
    assert "measured by reading" in found.says and "takes at least" in found.says


def test_the_speed_of_the_last_runs_serves_once_there_were_some(school: School) -> None:
    place = school.place(STAGES + "calendar: {sprints: {first: 2026-01-06, days: 7}}\n", stage="onboard")
    measured(place, rows=1000, seconds=5)  # too short to say anything
    measured(place, rows=220, seconds=11)
    measured(place, rows=110, seconds=11, kind="sweep")
    payload, found = size(place)
    # 1200 rows are left at 20 rows/s, and two times 1200 are compared at 10 rows/s.
    assert (payload["rate"], payload["minutes_frozen"]) == (20, 1 + 2 * 2)
    assert payload["days"]["prework"] == 7 and "takes about 5 minutes" in found.says


def test_a_night_that_is_too_long_is_missing(school: School) -> None:
    place = school.place(STAGES + "limits: {frozen_minutes: 1}\n", stage="onboard")
    measured(place, rows=220, seconds=11)
    (missing,) = size(place)[1].missing
    assert missing.startswith("The night takes 3 minutes, and `limits.frozen_minutes` allows 1. dan (data engineer): ")


def test_days_that_are_over_or_out_of_order_are_missing(school: School) -> None:
    days = {"onboard": "2026-05-31", "prework": "2026-07-02", "support": "2026-07-01"}
    stages = ", ".join(f"{{name: {name}, due: {day}}}" for name, day in days.items())
    missing = size(school.place(f"stages: [{stages}]\n", stage="onboard"))[1].missing
    assert [line.split(" Ann (lead)")[0] for line in missing] == [
        "The stage onboard was due on 2026-05-31 and is not complete.",
        "The stage support is due on 2026-07-01, and waits for prework, which is due on 2026-07-02.",
    ]


def test_a_complete_stage_is_never_late_and_takes_no_more_days(school: School) -> None:
    stages = "stages: [{name: discover, due: 2026-05-31}, onboard]\n"
    place = school.place(stages, stage="onboard")
    place.write("stage", {"state": "closed", "reason": ""}, stage="discover")
    found = sizing.size_migration(place)
    assert found.missing == () and found.records[0].evidence is not None
    (stage,) = found.records[0].evidence["stages"]
    assert (stage["stage"], stage["from"], stage["until"]) == ("onboard", "2026-06-01", "2026-06-15")


def test_a_date_that_comes_before_the_proposal_is_said(school: School) -> None:
    stages = "stages: [{name: onboard, due: 2026-06-10}, prework]\n"
    assert "due earlier than proposed: onboard" in size(school.place(stages, stage="onboard"))[1].says


def test_complexity_counts_published_points(school: School) -> None:
    school.on_target("drop table t", "create table t (v text, extra int)")
    base = BASE.replace("{target: t}", "{target: t, source: 'select v, 1 as extra from t'}")
    place = school.place(STAGES, stage="onboard", base=base)
    payload, found = size(place)
    assert payload["complexity"] == "medium" and payload["days"]["prework"] == 28
    assert "(1 without a key, 1 made by queries or expressions)" in found.says
    for number in range(3):
        risk = {"id": f"data_{number}", "what": "no key", "likelihood": "medium", "impact": "medium", "owner": ""}
        place.write("risk", risk | {"mitigation": "", "review": "", "state": "open", "raised_by": "system"})
    switched = "".join(
        f"  - {{name: p{n}, login: p{n}, direction: out, protocol: SQL, owner: finance, action: switch,"
        f' endpoint: "e:{n + 1}"}}\n'
        for n in range(3)
    )
    payload, _ = size(school.place(STAGES + "third_parties:\n" + switched, stage="onboard", base=base))
    assert payload["complexity"] == "high" and payload["days"]["prework"] == 42
