"""Measures of going live: each open, met and without anything to look at; and queries of the file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.integration.readiness.measured import (
    ALONE,
    AREAS,
    CALENDAR,
    ERROR,
    FAIL,
    LEVELS,
    MIDDLE,
    NEVER,
    PASS,
    PROCESS,
    RETIRED,
    REVIEW,
    RISK,
    RULES,
    SIGNED,
    SWITCHED,
    TABLE,
    TRAINING,
    TWO,
    UNREADY,
    VACUOUS,
    WAIVED,
    area,
    booked,
    carried,
    checked,
    closed,
    drawn,
    held,
    issue,
    judged,
    measured,
    only,
    risk,
    sign,
    trained,
    tried,
)
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import TODAY, Place

from golive.errors import ProjectError
from golive.project.going_live import MEASURES as NAMES
from golive.readiness import criteria
from golive.readiness.criteria import Judged
from golive.readiness.findings import waiver
from golive.readiness.measures import MEASURES
from golive.results import Verdict

Prepared = Callable[[Place], Any]
CASES: list[tuple[str, str, Prepared | None, Verdict, str]] = [
    ("stages", "stages: [final_migration]\n", None, VACUOUS, "looked at nothing"),
    ("stages", TWO, None, FAIL, "1 open of 1 (discover: Due"),
    ("stages", TWO, lambda p: closed(p, "discover"), PASS, "0 open of 1"),
    ("stages", TWO, lambda p: closed(p, "discover", state="waived"), PASS, "0 open of 1"),
    ("training", "", None, VACUOUS, "looked at nothing"),
    ("training", TRAINING.replace("[tom, tim]", "[]"), None, FAIL, "1 open of 1 (nobody is in the group office"),
    ("training", TRAINING, lambda p: trained(p, "tom"), FAIL, "1 open of 2 (Tim lacks basics)"),
    ("training", TRAINING, lambda p: [trained(p, who, "passed") for who in ("tom", "tim")], PASS, "0 open of 2"),
    ("clean_up", "", None, VACUOUS, "looked at nothing"),
    ("clean_up", RULES.replace("at_most: 0, ", "") % "select 1 from t", None, VACUOUS, "looked at nothing"),
    ("clean_up", RULES % "select 1 from t", None, FAIL, "names: 2, at most 0, Ann (lead)"),
    ("clean_up", RULES % "select 1 from gone", None, ERROR, "the clean-up rule names could not be asked"),
    ("clean_up", RULES % "select 1 from t where name is null", None, PASS, "0 open of 1"),
    ("checks", "", None, VACUOUS, "looked at nothing"),
    ("checks", "", lambda p: checked(p, verdict="VACUOUS"), VACUOUS, "looked at nothing"),
    ("checks", "", lambda p: checked(p, stage="final_migration"), VACUOUS, "looked at nothing"),
    ("checks", "", lambda p: checked(p, verdict="FAIL"), FAIL, "crossed of public.t: FAIL"),
    ("checks", "", lambda p: checked(p, checks=("schema", "crossed")), FAIL, "public.t: duplicates has no verdict"),
    ("checks", "", lambda p: checked(p, checks=("crossed", "schema")), FAIL, "public.t: duplicates has no verdict"),
    ("checks", "", lambda p: checked(p, lanes=2), FAIL, "lane 2 of the tables has no verdict"),
    ("checks", "", lambda p: (checked(p, verdict="ERROR"), checked(p)), PASS, "0 open of 3"),
    # These two have cases of their own, in test_scenarios.py and test_privacy.py.
    ("scenarios", "", None, VACUOUS, "looked at nothing"),
    ("privacy", "", None, VACUOUS, "looked at nothing"),
    ("passes", "", None, VACUOUS, "looked at nothing"),
    ("passes", "", lambda p: judged(p, stage=MIDDLE), VACUOUS, "looked at nothing"),
    ("passes", "", judged, PASS, "0 open of 1"),
    ("passes", "", lambda p: judged(p, ok=False), FAIL, "pass 1 (data_validation_pre_final): so it was"),
    ("passes", "", lambda p: (judged(p, ok=False), judged(p)), PASS, "0 open of 1"),
    ("passes", "", lambda p: (judged(p), judged(p, "two", ok=False, stage=MIDDLE)), FAIL, "pass 1 (data_validation_m"),
    ("passes", "", lambda p: (judged(p), checked(p)), FAIL, "harbour.prework/one began a pass that was not judged"),
    ("passes", "", lambda p: (checked(p), judged(p)), PASS, "0 open of 1"),
    ("passes", "", lambda p: (judged(p), checked(p, stage="final_migration")), PASS, "0 open of 1"),
    ("passes", "", lambda p: judged(p, waived="2026-05-31"), FAIL, "the waiver of check/t/rows ended on 2026-05-31"),
    ("passes", "", lambda p: judged(p, waived="2026-06-01"), PASS, "0 open of 1"),
    ("quarantine", "", lambda p: held(p, "1", "2"), FAIL, "2 open of 1"),
    ("quarantine", "", None, VACUOUS, "looked at nothing"),
    ("quarantine", "", carried, PASS, "0 open of 1"),
    ("areas", "", None, VACUOUS, "looked at nothing"),
    ("areas", AREAS, None, FAIL, "fees: nobody has looked at it, Fay (finance)"),
    ("areas", AREAS.replace("}]", ", tables: [fee]}]"), lambda p: area(p, "confirmed"), FAIL, "declared otherwise"),
    ("areas", UNREADY % "select unnest(array[7, 8])", lambda p: area(p, "confirmed"), FAIL, "confirmed, and 2 thin"),
    ("areas", UNREADY % "select 1 from gone", lambda p: area(p, "confirmed"), ERROR, "the area fees is ready could"),
    ("areas", AREAS, lambda p: area(p, "started"), FAIL, "fees: started, Fay (finance)"),
    ("areas", AREAS, lambda p: (area(p, "started"), area(p, "confirmed")), PASS, "0 open of 1"),
    ("processes", "", None, VACUOUS, "looked at nothing"),
    ("processes", PROCESS % "select 1 from t", None, FAIL, "payroll: 2, Fay (finance)"),
    ("processes", PROCESS % "select 1 from gone", None, ERROR, "the process payroll could not be asked"),
    ("processes", PROCESS % "select 1 from t where false", None, PASS, "0 open of 1"),
    ("third_parties", "", None, VACUOUS, "looked at nothing"),
    ("third_parties", RETIRED % "nobody_here", None, PASS, "0 open of 1"),
    ("endpoints", "", None, VACUOUS, "looked at nothing"),
    ("endpoints", SWITCHED % "127.0.0.1:9", None, FAIL, "Bank at 127.0.0.1:9: it refuses connections, Fay (finance)"),
    ("escalation", "", None, VACUOUS, "looked at nothing"),
    ("escalation", LEVELS, None, FAIL, "1 open of 1 (level 1: never tried)"),
    ("escalation", LEVELS, lambda p: tried(p, "rejected"), FAIL, "level 1: nothing arrived, Fay said on"),
    ("escalation", LEVELS, tried, PASS, "0 open of 1"),
    ("risks", "", None, VACUOUS, "looked at nothing"),
    ("risks", "", lambda p: risk(p, "open"), FAIL, "load (Too slow), Ann (lead)"),
    ("risks", "", lambda p: risk(p, "open", impact="low"), PASS, "0 open of 1"),
    ("risks", "", lambda p: (risk(p, "open"), risk(p, "accepted")), PASS, "0 open of 1"),
    ("risks", RISK, None, FAIL, "load (Too slow), Ann (lead)"),
    ("risks", RISK, lambda p: risk(p, "accepted"), FAIL, "load (Too slow), Ann (lead)"),
    ("risks", RISK, lambda p: risk(p, "accepted", impact="high"), PASS, "0 open of 1"),
    ("issues", "", None, VACUOUS, "looked at nothing"),
    ("issues", "", lambda p: issue(p, "open"), FAIL, "check/t/rows (Rows of t), Ann (lead)"),
    ("issues", "", lambda p: issue(p, "closed"), VACUOUS, "looked at nothing"),
    ("issues", "", lambda p: (checked(p), issue(p, "open", "major")), PASS, "0 open of 1"),
    ("issues", "", lambda p: (checked(p), issue(p, "open"), issue(p, "closed")), PASS, "0 open of 1"),
    ("issues", "", checked, PASS, "0 open of 1"),
    ("reviewed", REVIEW, None, VACUOUS, "looked at nothing"),
    ("reviewed", REVIEW, lambda p: drawn(p, across=False), FAIL, "public.t: no row has crossed yet"),
    ("reviewed", REVIEW, lambda p: drawn(p), FAIL, "public.t: 0 of 1 rows are right, 0.0% of 2; 1 not judged, Ann"),
    ("reviewed", REVIEW, lambda p: drawn(p, "wrong"), FAIL, "public.t: 0 of 1 rows are right, 0.0% of 2; 1 wrong"),
    ("reviewed", REVIEW, lambda p: drawn(p, "right"), PASS, "0 open of 1"),
    ("slot", NEVER, None, VACUOUS, "looked at nothing"),
    ("slot", CALENDAR, None, FAIL, "no day is booked, the calendar says 2026-06-09"),
    ("slot", CALENDAR, lambda p: booked(p, date(2026, 6, 9)), PASS, "0 open of 1"),
    ("slot", CALENDAR, lambda p: booked(p, date(2026, 6, 10)), FAIL, "2026-06-10 is booked, the calendar says 2026-06"),
    ("slot", CALENDAR.replace("-09", "-12"), lambda p: booked(p, date(2026, 6, 12)), FAIL, "users are let in only on"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "more", "prepare", "state", "says"), CASES)
def test_a_measure(
    school: School, measure: str, more: str, prepare: Prepared | None, state: Verdict, says: str
) -> None:
    place = school.place(measured(measure, more), stage="final_migration")
    if prepare is not None:
        prepare(place)
    judged = only(place)
    assert (judged.state, says in judged.says) == (state, True), str(judged)
    assert judged.passed == (state is PASS)
    if not judged.passed:
        assert judged.do and judged.do in judged.missing


def test_the_source_is_asked_again_for_who_uses_it(school: School, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}")
    place = school.place(measured("third_parties", RETIRED % "bank"), stage="final_migration")
    # What the stage onboard saw months ago is not what counts.
    place.write("third_party", {"name": "Bank", "login": "bank", "declared": True, "seen": True, "state": "ok"})
    judged = only(place)
    assert judged.state is FAIL and f"1 open of 2 (the login {login})" in judged.says
    place = school.place(measured("third_parties", RETIRED % login), stage="final_migration")
    assert only(place).passed


def test_every_measure_that_a_file_may_name_is_there_and_was_tried() -> None:
    assert set(MEASURES) == set(NAMES) == {case[0] for case in CASES}


def test_one_table_of_which_no_row_was_compared_is_open(school: School) -> None:
    """Others were, and a suite may have an expectation of the check's name."""
    two = BASE.replace("tables: [{target: t}]", "tables: [{target: t}, {target: u}]")
    for on in (school.on_source, school.on_target):
        on("create table u (id int primary key)")
    place = school.place(measured("checks"), base=two, stage="final_migration")
    checks = ("schema", "duplicates", "crossed")

    def ran(first: str, looked_at: int, group: str = "check") -> Judged:
        results = [
            {"check": check, "table": table, "says": "said", "verdict": "PASS", "looked_at": 2}
            for table in (TABLE, "public.u") for check in checks
        ]  # fmt: skip
        results[2] |= {"verdict": first}
        results[5] |= {"looked_at": looked_at}
        results.append({**results[0], "check": "crossed", "table": "t.target", "group": group})
        lane = {"lane": 1, "lanes": 1}
        place.write("checks", lane, evidence={"results": results}, stage="prework", run="harbour.prework/one")
        return only(place)

    assert ran("PASS", 0, "suite").passed
    judged = ran("VACUOUS", 2)
    assert (judged.state, "1 open of 6 (crossed of public.t: VACUOUS)" in judged.says) == (FAIL, True)
    # An empty table passes, and proves nothing of the other; nor does a suite.
    judged = ran("VACUOUS", 0, "suite")
    assert (judged.state, judged.says) == (VACUOUS, "looked at nothing")


def test_what_was_waived_and_closed_since_needs_no_waiver(school: School) -> None:
    place = school.place(measured("passes"), stage="final_migration")
    issue(place, "open")
    judged(place, waived="2026-06-01")
    issue(place, "closed")
    assert only(place).passed
    issue(place, "open")
    assert "the waiver of check/t/rows ended on 2026-06-01" in only(place).says


def test_an_issue_that_is_waived_does_not_count_until_its_waiver_ends(school: School) -> None:
    place = school.place(measured("issues"), stage="final_migration")
    checked(place)
    issue(place, "waived")
    place.write("waiver", waiver(WAIVED, "r", TODAY), actor="sue")
    assert only(place).passed
    later = school.place(measured("issues"), stage="final_migration", today=TODAY + timedelta(days=1))
    assert only(later).state is FAIL


def test_so_many_may_be_open(school: School) -> None:
    place = school.place(measured("quarantine", at_most=2), stage="final_migration")
    carried(place)
    held(place, "1", "2")
    assert only(place).passed
    held(place, "3")
    assert only(place).says.endswith("(public.t: 3), at most 2")


def asks(school: School, query: str, of: str, side: str = "source") -> Judged:
    text = f"criteria: [{{id: one, title: One, side: {side}, query: {query}, of: {of}}}]\n"
    return only(school.place(text, stage="final_migration"))


def test_a_query_counts_what_is_open_of_what_another_says_it_looked_at(school: School) -> None:
    none, both = "select 1 from t where id < 0", "select 1 from t"
    judged = asks(school, none, both)
    assert (judged.state, judged.says) == (PASS, "0 open of 2")
    judged = asks(school, both, both)
    assert (judged.state, judged.says) == (FAIL, "2 open of 2")
    # Over an empty table nothing is open, and nothing was looked at; the file may say that the query is all there is.
    judged = asks(school, none, both, "target")
    assert (judged.state, judged.says) == (VACUOUS, "looked at nothing")
    assert "see that its `of` finds something in the target" in judged.missing
    assert asks(school, none, "select 1", "target").says == "0 open of 1"
    judged = asks(school, "select 1 from gone", both)
    assert judged.state is ERROR and 'its query failed: relation "gone" does not exist' in judged.says
    assert "its `of` failed" in asks(school, none, "select 1 from gone").says


def test_a_query_without_what_it_looks_at_is_refused(school: School) -> None:
    with pytest.raises(ProjectError, match="must have `query` and `of` together"):
        school.place("criteria: [{id: one, title: One, query: select 1}]\n")


def test_what_was_found_is_a_record_and_a_signature_that_stands_is_its_own(school: School) -> None:
    text = ALONE + SIGNED[:-2] + ", {id: one, title: One, measure: checks, at_most: 1}]\n"
    place = school.place(text, stage="final_migration")
    records = [criteria.record(judged) for judged in criteria.evaluate(place)]
    assert [record and (record.kind, dict(record.payload)) for record in records] == [
        ("criterion", {"id": "ready", "title": "The heads agree", "state": "VACUOUS", "says":
         "waits for the word of Ann (lead)", "approver": "lead", "expires": "", "measured": False}),
        ("criterion", {"id": "one", "title": "One", "state": "VACUOUS", "says": "looked at nothing", "approver": "",
         "expires": "", "measured": True}),
    ]  # fmt: skip
    sign(place)
    assert [criteria.record(judged) is None for judged in criteria.evaluate(place)] == [True, False]
