"""Criteria of going live: each measure open, met and without anything to look at; queries; and signatures that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import TODAY, Place

from golive.databases.relation import Refusal
from golive.errors import ProjectError
from golive.ledger import digest
from golive.project.going_live import MEASURES as NAMES
from golive.readiness import criteria
from golive.readiness.criteria import Judged
from golive.readiness.findings import waiver
from golive.readiness.judging import Said, hand_in
from golive.readiness.measures import MEASURES
from golive.readiness.review import draw_work_lists
from golive.readiness.reviewed import lists
from golive.results import Verdict

PASS, FAIL, ERROR, VACUOUS = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.VACUOUS
TABLE = "public.t"
MIDDLE, LAST = "data_validation_mid_cycle", "data_validation_pre_final"
WAIVED = {"id": "check/t/rows", "severity": "critical", "verdict": "", "failing": None, "says": "s"}
SIGNED = "criteria: [{id: ready, title: The heads agree, approver: lead, days: 3}]\n"


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source("create table t (id int primary key, name text)", "insert into t values (1, 'a'), (2, 'b')")
    made.on_target("create table t (id int primary key, name text)")
    return made


REVIEW = "departments: [{name: office, head: lead, tables: [t]}]\nreview: {}\n"


def measured(measure: str, more: str = "", at_most: int = 0) -> str:
    return f"criteria: [{{id: one, title: One, measure: {measure}, at_most: {at_most}}}]\n{more}"


def only(place: Place) -> Judged:
    """The first criterion of the file; what every project has beside it is another matter."""
    return criteria.judge(place, place.project.criteria[0])


def checked(
    place: Place,
    *,
    rows: int = 0,
    verdict: str = "PASS",
    lanes: int = 1,
    stage: str = "prework",
    checks: tuple[str, ...] = ("schema", "duplicates", "crossed"),
) -> None:
    """What a validation pass leaves in the ledger: one lane of it, all checks of one table; the last one says this."""
    diff = {"table": TABLE, "matching": 2, "different": rows, "missing": 0, "extra": 0, "examples": []}
    said = {"table": TABLE, "says": "said", "looked_at": 2}
    results = [{"check": check, "verdict": "PASS", **said} for check in checks[:-1]]
    results.append({"check": checks[-1], "verdict": verdict, "diff": diff, **said})
    place.write(
        "checks", {"lane": 1, "lanes": lanes, "verdict": verdict}, evidence={"results": results, "n": rows},
        stage=stage, run=f"harbour.{stage}/one",
    )  # fmt: skip


def carried(place: Place) -> None:
    """Rows of the one table have crossed."""
    (table,) = place.plan.tables
    with place.target.session() as connection:
        place.target.state.prepare(connection)
        place.target.state.set_progress(connection, table.project, table.name, covered="all", fingerprint={})


def judged(place: Place, run: str = "one", *, ok: bool = True, stage: str = LAST, waived: str = "") -> None:
    """A validation pass as it was judged, and what it set aside until a day."""
    waivers = [{"what": "check/t/rows", "until": waived, "by": "Sue", "reason": "r"}] if waived else []
    if waived:
        place.write("waiver", waiver(WAIVED, "r", date.fromisoformat(waived)), actor="sue")
    place.write(
        "pass", {"stage": stage, "number": 1, "ok": ok, "says": "so it was"}, evidence={"waivers": waivers},
        stage=stage, run=f"harbour.{stage}/{run}",
    )  # fmt: skip


def closed(place: Place, *stages: str, state: str = "closed") -> None:
    for stage in stages:
        place.write("stage", {"state": state, "reason": "agreed"}, stage=stage)


def trained(place: Place, person: str, state: str = "attended") -> None:
    place.write(
        "training", {"person": person, "group": "office", "course": "basics", "state": state, "on": "2026-05-01"}
    )


def drawn(place: Place, verdict: str = "", *, across: bool = True) -> None:
    """Rows were drawn for people, once they were across, and got this verdict."""
    if across:
        carried(place)
    place.keep(draw_work_lists(place))
    if verdict:
        (listed,) = lists(place)
        said = [Said(listed.table, row["row"], row["digest"], verdict, "seen", "here", "") for row in listed.rows]
        hand_in(place, "ann", said, place.hashes)


def held(place: Place, *keys: str) -> None:
    (table,) = place.plan.tables
    with place.target.session() as connection:
        place.target.state.prepare(connection)
        refusals = [Refusal((key,), "no key", None, None) for key in keys]
        place.target.held.quarantine(connection, table.project, table.name, refusals, None)


def risk(place: Place, state: str, likelihood: str = "high", impact: str = "medium") -> None:
    place.write(
        "risk",
        {"id": "load", "what": "Too slow", "likelihood": likelihood, "impact": impact, "owner": "lead", "state": state},
    )


def issue(place: Place, state: str, severity: str = "critical") -> None:
    place.write(
        "issue",
        {
            "id": "check/t/rows",
            "title": "Rows of t",
            "severity": severity,
            "owner": "lead",
            "state": state,
            "says": "s",
        },
    )


def area(place: Place, state: str) -> None:
    place.write(
        "area",
        {"area": "fees", "owner": "finance", "tables": [], "depends": [], "state": state, "reason": ""},
    )


def tried(place: Place, verdict: str = "approved") -> None:
    place.write("approval", {"question": "trial/1", "verdict": verdict}, actor="fay", stage="try_escalation")


TRAINING = """\
training:
  groups: {office: [tom, tim]}
  courses: [{name: basics, title: The basics, groups: [office]}]
"""
SWITCHED = """\
third_parties:
  - {name: Bank, login: bank, direction: in, protocol: SQL, owner: finance, action: switch, endpoint: "%s"}
"""
RETIRED = "third_parties: [{name: Bank, login: %s, direction: in, protocol: SQL, owner: finance, action: retire}]\n"
LEVELS = "support: {levels: [{level: 1, role: finance, hours: always, escalate_minutes: 30}]}\n"
RULES = "clean_up: {rules: [{rule: names, says: No name, owner: lead, at_most: 0, query: %s}]}\n"
PROCESS = "processes: [{name: payroll, title: Payroll, owner: finance, query: %s}]\n"
AREAS = "configuration: [{area: fees, owner: finance}]\n"
UNREADY = 'configuration: [{area: fees, owner: finance, not_ready: "%s"}]\n'
RISK = """\
risks: [{id: load, what: Too slow, likelihood: high, impact: high, owner: lead, mitigation: m, review: 2027-01-01}]
"""
ALONE = "stages: [final_migration]\n"
TWO = "stages: [discover, final_migration]\n"
NEVER = "calendar: {blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]}\n"
CALENDAR = "calendar: {go_live: 2026-06-09, freeze: 2026-06-06, at_hand: []}\n"

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


def booked(place: Place, day: date) -> None:
    from golive.readiness import calendar, slots

    for record in slots.book(place, day, 1, "").records:
        place.write(record.kind, record.payload, evidence=calendar.days_of(place))


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


# What holds beside what the file names


def test_without_criteria_the_stages_before_count_and_a_day_that_is_to_be_booked(school: School) -> None:
    def ids(more: str) -> list[str]:
        return [each.id for each in criteria.declared(school.place(more, stage="final_migration").project)]

    assert ids("stages: [final_migration]\n") == []
    assert ids(TWO) == ids(TWO + CALENDAR) == ["stages"]
    assert ids("stages: [implement, final_migration]\n" + CALENDAR) == ["stages", "slot"]
    # A criterion of the file's own takes neither away, unless it measures the same, or has the name.
    assert ids(TWO + SIGNED) == ["ready", "stages"]
    assert ids("stages: [implement, final_migration]\n" + SIGNED) == ["ready", "stages", "slot"]
    assert ids(TWO + measured("stages")) == ["one"]
    assert ids(TWO + SIGNED.replace("id: ready", "id: stages")) == ["stages", "stages_2"]


DEPARTMENTS = """\
departments:
  - {name: office, title: The office, head: finance}
  - {name: bus_yard, head: vendor}
  - {name: desk, head: lead}
  - {name: hall, head: go_live}
"""


def test_the_head_of_every_department_signs(school: School) -> None:
    def heads(more: str) -> list[tuple[str, str, str | None]]:
        found = criteria.declared(school.place(more, stage="final_migration").project)
        return [(each.id, each.title, each.approver) for each in found]

    office = ("department_office", "The office agrees to the go-live", "finance")
    yard = ("department_bus_yard", "Bus yard agrees to the go-live", "vendor")
    desk = ("department_desk", "Desk agrees to the go-live", "lead")
    assert heads(ALONE + DEPARTMENTS) == [office, yard, desk]
    # Who says go is asked already; who signs a criterion was asked about that alone.
    assert heads(ALONE + SIGNED + DEPARTMENTS) == [("ready", "The heads agree", "lead"), office, yard, desk]
    assert heads("stages: [{name: final_migration, signs: [finance]}]\n" + DEPARTMENTS)[0] == yard
    assert heads("stages: [discover]\n" + DEPARTMENTS) == []


def test_nothing_of_its_name_stands_in_for_the_word_of_a_head(school: School) -> None:
    taken = "criteria: [{id: department_office, title: Any, measure: risks}]\n"
    place = school.place(ALONE + taken + DEPARTMENTS, stage="final_migration")
    assert [each.id for each in criteria.declared(place.project)][:2] == ["department_office", "department_office_2"]
    long = "n" * 60
    two = f"departments: [{{name: {long}a, head: finance}}, {{name: {long}b, head: vendor}}]\n"
    ids = [each.id for each in criteria.declared(school.place(two, stage="final_migration").project)]
    assert len(set(ids)) == len(ids) and ids[-1] == f"{ids[-2]}_2"


def test_without_the_word_of_a_head_the_gate_stays_shut(school: School) -> None:
    place = school.place("stages: [final_migration]\n" + DEPARTMENTS, stage="final_migration")
    office = criteria.declared(place.project)[0]
    assert "answer the form sign_department_office" in criteria.judge(place, office).missing
    record = criteria.signature(place, office, "yes", criteria.to_sign(place, office))
    place.write(record.kind, record.payload, evidence=record.evidence, actor="fay")
    states = {each.criterion.id: each.state for each in criteria.evaluate(place)}
    assert states == {"department_office": PASS, "department_bus_yard": VACUOUS, "department_desk": VACUOUS}


# Signatures


def sign(place: Place, actor: str = "ann") -> None:
    """What the form's answer leaves in the ledger."""
    criterion = place.project.criteria[0]
    record = criteria.signature(place, criterion, "all heads", criteria.to_sign(place, criterion))
    place.write(record.kind, record.payload, evidence=record.evidence, actor=actor)


def test_a_signature_stands_on_its_last_day_and_has_ended_on_the_next(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    judged = only(place)
    assert (judged.state, judged.says) == (VACUOUS, "waits for the word of Ann (lead)")
    assert "answer the form sign_ready of harbour.final_migration" in judged.missing
    sign(place)
    judged = only(place)
    assert (judged.state, judged.by, judged.expires) == (PASS, "ann", "2026-06-03")
    assert only(school.place(SIGNED, stage="final_migration", today=TODAY + timedelta(days=2))).passed
    late = only(school.place(SIGNED, stage="final_migration", today=TODAY + timedelta(days=3)))
    assert late.state is FAIL and "signed by Ann on " in late.says and "which held until 2026-06-03" in late.says


def test_a_signature_holds_in_another_run(school: School) -> None:
    sign(school.place(SIGNED, stage="final_migration", run="first"))
    assert only(school.place(SIGNED, stage="final_migration", run="second")).passed


@pytest.mark.parametrize(
    ("change", "more", "says"),
    [
        (lambda s, p: checked(p, rows=1, verdict="FAIL"), "", "the mismatches of public.t: not counted then, 1 now"),
        (lambda s, p: s.on_target("alter table t alter name type varchar(40)"), "", "the mapping of public.t"),
        (lambda s, p: None, "limits: {lanes: 3}\n", "`limits` in the project file"),
        (lambda s, p: None, "documents: [{name: Plan, link: x, stage: discover}]\n", "`documents` in the project file"),
    ],
)
def test_one_changed_thing_makes_a_signature_void(
    school: School, change: Callable[[School, Place], Any], more: str, says: str
) -> None:
    place = school.place(SIGNED, stage="final_migration")
    sign(place)
    change(school, place)
    judged = only(school.place(SIGNED + more, stage="final_migration"))
    assert judged.state is FAIL and f"void: {says} changed since" in judged.says


def test_one_changed_line_of_the_mapping_makes_a_signature_void(school: School) -> None:
    sign(school.place(SIGNED, stage="final_migration"))
    mapped = "tables: [{target: t, columns: {name: upper(name)}}]"
    place = school.place(SIGNED, stage="final_migration", base=BASE.replace("tables: [{target: t}]", mapped))
    judged = only(place)
    assert judged.state is FAIL and "the mapping of public.t, `tables` in the project file changed since" in judged.says


def test_a_signature_that_was_found_void_stays_void(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    sign(place)
    checked(place, rows=1, verdict="FAIL")
    void = criteria.record(only(place))
    assert void is not None
    place.write(void.kind, void.payload)
    checked(place)  # as it was
    assert only(place).state is VACUOUS
    sign(place)
    assert only(place).passed


def test_a_mismatch_is_a_row_of_the_newest_pass(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    assert criteria.basis(place)["mismatches"] == {}
    checked(place, rows=4)
    checked(place, rows=9, stage="final_migration")
    assert criteria.basis(place)["mismatches"] == {TABLE: 4}
    checked(place, stage="discover")
    assert criteria.basis(place)["mismatches"] == {TABLE: 0}


def test_the_evidence_of_a_signature_is_what_decided(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    sign(place)
    entry = place.ledger.last("harbour", "criterion")
    assert entry is not None and entry.actor == "ann"
    shown: Any = place.ledger.evidence(str(entry.evidence_hash))
    assert digest(shown) == entry.evidence_hash
    assert set(shown) == {"criterion", "project", "mapping", "file", "suites", "code", "mismatches"}
    assert set(shown["mapping"]) == {"public.t"} and shown["criterion"]["days"] == 3
    assert set(shown["file"]) == set(place.project.model_dump())
