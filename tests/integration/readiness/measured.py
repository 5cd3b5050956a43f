"""What the ledger of a test may hold for the measures of a gate, and the file that names them."""

from __future__ import annotations

from datetime import date

from tests.integration.readiness.site import Place

from golive.databases.relation import Refusal
from golive.readiness import criteria
from golive.readiness.criteria import Judged
from golive.readiness.findings import waiver
from golive.readiness.judging import Said, hand_in
from golive.readiness.review import draw_work_lists
from golive.readiness.reviewed import lists
from golive.results import Verdict

PASS, FAIL, ERROR, VACUOUS = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.VACUOUS
TABLE = "public.t"
MIDDLE, LAST = "data_validation_mid_cycle", "data_validation_pre_final"
WAIVED = {"id": "check/t/rows", "severity": "critical", "verdict": "", "failing": None, "says": "s"}
SIGNED = "criteria: [{id: ready, title: The heads agree, approver: lead, days: 3}]\n"
ALONE = "stages: [final_migration]\n"
TWO = "stages: [discover, final_migration]\n"
NEVER = "calendar: {blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]}\n"
CALENDAR = "calendar: {go_live: 2026-06-09, freeze: 2026-06-06, at_hand: []}\n"


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


def booked(place: Place, day: date) -> None:
    from golive.readiness import calendar, slots

    for record in slots.book(place, day, 1, "").records:
        place.write(record.kind, record.payload, evidence=calendar.days_of(place))


def sign(place: Place, actor: str = "ann") -> None:
    """What the form's answer leaves in the ledger."""
    criterion = place.project.criteria[0]
    record = criteria.signature(place, criterion, "all heads", criteria.to_sign(place, criterion))
    place.write(record.kind, record.payload, evidence=record.evidence, actor=actor)
