"""What people enter: every kind, many lines at once, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import Place

from golive.errors import ChecksFailed, NotPermitted
from golive.readiness.given import MAX_CSV, MAX_LINES
from golive.readiness.records import enter

PROJECT = """\
training:
  build: "7"
  groups: {office: [tom, tim]}
  courses: [{name: basics, title: The basics, groups: [office]}]
  materials: [{name: tour, kind: demo, build: "7", link: "https://docs/tour"}]
  exercises: [{name: first_invoice, group: office, says: writes an invoice}]
documents: [{name: Guide, link: "https://docs/guide", version: "2", stage: discover, readers: [lead]}]
departments: [{name: office, head: finance, obligations: [{what: Close the books, owner: finance}]}]
meetings: [{name: weekly, title: The Weekly, every_days: 7, roles: [lead, finance]}]
communications: [{name: banks, what: The accounts stay, to: the banks, owner: finance}]
support: {levels: [{level: 2, role: operations, hours: 8-17, escalate_minutes: 60},
                   {level: 3, role: vendor, hours: 8-17, escalate_minutes: 60}]}
"""


@pytest.fixture
def place(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    return School(pair, new_database).place(PROJECT, stage="record")


def payload(place: Place, what: str, **fields: Any) -> dict[str, Any]:
    """The one entry that comes of a form."""
    (record,) = enter(place, "ann", {"what": what, "csv": None, **fields}).records
    place.write(record.kind, record.payload, actor="ann")  # the ledger takes it
    return dict(record.payload)


def refused(place: Place, what: str, **fields: Any) -> str:
    with pytest.raises(ChecksFailed) as raised:
        enter(place, "ann", {"what": what, "csv": None, **fields})
    return raised.value.message


def test_every_kind_is_entered_as_the_ledger_keeps_it(place: Place) -> None:
    assert payload(place, "attendance", person="tom", course="basics", on="2026-05-20") == {
        "person": "tom", "group": "office", "course": "basics", "state": "attended", "on": "2026-05-20",
        "material": "7", "by": "ann",
    }  # fmt: skip
    assert (
        payload(place, "exercise", person="tim", exercise="first_invoice", on="2026-05-20")["course"] == "first_invoice"
    )
    assert payload(place, "delivery", name="tour", on="2026-05-20") == {
        "name": "tour", "kind": "demo", "build": "7", "link": "https://docs/tour", "delivered_on": "2026-05-20"
    }  # fmt: skip
    material = payload(place, "material", name="tour", kind="demo", build="8", link="https://docs/tour8")
    assert material["delivered_on"] == ""
    assert payload(place, "delivery", name="tour", on="2026-05-21")["build"] == "8"
    assert payload(place, "communication", subject="The new system", to="parents", on="2026-05-20") == {
        "what": "The new system", "to": "parents", "on": "2026-05-20", "link": ""
    }  # fmt: skip
    risk = payload(
        place, "risk", id="late", says="too late", likelihood="low", impact="high", owner="lead", mitigation="hurry",
        review="2026-07-01", state="open",
    )  # fmt: skip
    assert (risk["what"], risk["raised_by"], risk["review"]) == ("too late", "people", "2026-07-01")
    issue = payload(
        place, "issue", id="people/1", title="No badge", severity="minor", owner="lead", state="open", says="print it"
    )
    assert issue["from"] == "people"
    assert payload(place, "document read", name="Guide") == {
        "name": "Guide", "link": "https://docs/guide", "version": "2", "stage": "discover", "read_by": "ann"
    }  # fmt: skip
    given = {"on": "2026-06-01", "level": 2, "opened": 5, "closed": 3, "open": 2}
    assert payload(place, "tickets", **given) == given | {"answered": []}
    assert payload(place, "tickets", **given, answered="12 45, 8") == given | {"answered": [12, 45, 8]}


def test_a_meeting_keeps_the_roles_that_were_missing(place: Place) -> None:
    given: dict[str, Any] = {"on": "2026-06-01", "present": "ann, sue dan otto", "minutes": "all is well"}
    core = payload(place, "meeting", meeting="Core team", **given)
    assert core["present"] == ["ann", "sue", "dan", "otto"] and core["missing"] == ["go_live", "finance"]
    assert payload(place, "meeting", meeting="support", **given)["missing"] == ["vendor"]
    assert payload(place, "meeting", meeting="stand-up", **given)["missing"] == []


@pytest.mark.parametrize("said", ["weekly", "Weekly", "the weekly", "The Weekly"])
def test_a_standing_meeting_is_kept_by_its_name_and_asks_for_its_own_roles(place: Place, said: str) -> None:
    kept = payload(place, "meeting", meeting=said, on="2026-06-01", present="ann sue", minutes="all is well")
    assert (kept["what"], kept["missing"]) == ("weekly", ["finance"])


@pytest.mark.parametrize("said", ["banks", "The accounts stay"])
def test_a_planned_communication_is_kept_by_its_name(place: Place, said: str) -> None:
    assert payload(place, "communication", subject=said, to="the banks", on="2026-05-20")["what"] == "banks"


@pytest.mark.parametrize("said", ["1", "Close the books"])
def test_an_obligation_is_met_by_the_word_of_its_owner_alone(place: Place, said: str) -> None:
    given = {"department": "office", "obligation": said, "state": "closed", "on": "2026-05-20"}
    right = "obligation: 'Close the books' is not for Ann to answer for. Right: Fay (finance) enters it"
    assert right in refused(place, "obligation", **given)
    (record,) = enter(place, "fay", {"what": "obligation", **given}).records
    assert (record.kind, record.payload) == (
        "attestation",
        {
            "question": "obligation/office/Close the books", "role": "finance",
            "answers": {"state": "closed", "on": "2026-05-20"}, "comment": "",
        },
    )  # fmt: skip


def test_many_lines_become_entries_in_one_go(place: Place) -> None:
    lines = "person,course,on\ntom,basics,2026-05-20\n\ntim,basics,2026-05-21\n"
    outcome = enter(place, "tom", {"what": "attendance", "csv": lines})
    assert [(r.payload["person"], r.payload["on"], r.payload["by"]) for r in outcome.records] == [
        ("tom", "2026-05-20", "tom"), ("tim", "2026-05-21", "tom")
    ]  # fmt: skip
    assert outcome.says == "attendance: 2 entries by Tom"


def test_one_wrong_line_refuses_them_all_and_every_fault_is_named(place: Place) -> None:
    said = refused(
        place, "attendance",
        csv="person,course,on\ntom,basics,2026-05-20\ntim,basics,2026-13-01\nzoe,basics,2026-05-20\nann,basics,2026-05-20\n"
            "tim,basic,2026-05-20\ntim,basics,2026-06-02\ntim,,2026-05-20\n",
    )  # fmt: skip
    assert "nothing of this attendance was kept" in said
    for line in (
        "line 3, column on: '2026-13-01'. Right: a day as YYYY-MM-DD",
        "line 4, column person: 'zoe' has no part in this project on 2026-05-20. Right: a user id of `people`",
        "line 5, column person: ann is in no group of this course. Right: somebody of office",
        "line 6, column course: 'basic' is no course. Right: one of basics",
        "line 7, column on: 2026-06-02 is to come. Right: a day until 2026-06-01",
        "line 8, column course: it was not filled in",
    ):
        assert line in said, line


@pytest.mark.parametrize(
    ("csv", "says"),
    [
        ("person,room,on\n", "line 1: the columns are person, room, on. Right: person,course,on"),
        ("person,person,on\n", "line 1: the columns are"),
        ("person,course,on\n", "a header and no line"),
        ("person,course,on\ntom,basics\n", "line 2: 2 values for 3 columns"),
        ('person,course,on\n"tom,basics\n', "line 2: unexpected end of data"),
        ("person,course,on\n" + "tom,basics,2026-05-20\n" * (MAX_LINES + 1), f"more than {MAX_LINES} lines"),
        ("x" * (MAX_CSV + 1), f"at most {MAX_CSV}"),
    ],
)
def test_what_is_no_csv_of_this_form_or_too_much_is_refused(place: Place, csv: str, says: str) -> None:
    assert says in refused(place, "attendance", csv=csv)


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        ("attendance", {"csv": "person,course,on\n", "person": "tom"}, "both `csv` and person are filled in"),
        ("attendance", {"person": "tom", "course": "basics", "on": "2026-05-20", "build": "7"}, "build: it is not"),
        ("lunch", {}, "'lunch' cannot be entered. Right: attendance"),
        ("exercise", {"person": "ann", "exercise": "first_invoice", "on": "2026-05-20"}, "ann is not in the"),
        ("exercise", {"person": "tom", "exercise": "second", "on": "2026-05-20"}, "'second' is no exercise"),
        ("material", {"name": "t", "kind": "guide", "build": "7", "link": "javascript:alert(1)"}, "link: 'javascript"),
        ("delivery", {"name": "film", "on": "2026-05-20"}, "'film' is no material"),
        ("meeting", {"meeting": "m", "on": "2026-05-20", "present": "zoe", "minutes": "x"}, "present: 'zoe' has no"),
        ("document read", {"name": "Novel"}, "'Novel' is no document. Right: one of Guide"),
        ("obligation", {"department": "sales", "obligation": "1", "state": "open", "on": "2026-05-20"},
         "department: 'sales' is no department. Right: one of office"),
        ("obligation", {"department": "office", "obligation": "2", "state": "open", "on": "2026-05-20"},
         "obligation: '2' is no obligation of office. Right: its text, or its number from 1 to 1"),
        ("obligation", {"department": "office", "obligation": "1", "state": "done", "on": "2026-05-20"},
         "state: 'done'"),
        ("tickets", {"on": "2026-05-20", "level": 4, "opened": 1, "closed": 1, "open": 1}, "level: '4'"),
        ("tickets", {"on": "2026-05-20", "level": 2, "opened": -1, "closed": 1, "open": 1}, "opened: '-1'"),
        ("tickets", {"on": "2026-05-20", "level": 2, "opened": 1, "closed": 1, "open": 1, "answered": "soon"},
         "answered: 'soon'. Right: the minutes that each first answer of the day took"),
        ("issue", {"id": "a", "title": "t", "severity": "minor", "owner": "nobody", "state": "open", "says": "s"},
         "owner: 'nobody' is no role"),
        ("communication", {"subject": "x" * 201, "to": "all", "on": "2026-05-20"}, "subject: 'xxx"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_would_be_right(
    place: Place, what: str, fields: dict[str, Any], says: str
) -> None:
    assert says in refused(place, what, **fields)


RISK = {
    "id": "late", "says": "too late", "likelihood": "high", "impact": "high", "owner": "finance", "mitigation": "hurry",
    "review": "2026-07-01",
}  # fmt: skip
ISSUE = {"id": "people/1", "title": "No badge", "severity": "critical", "owner": "finance", "says": "print it"}


def by(place: Place, person: str, what: str, fields: dict[str, Any], state: str) -> str:
    """What this person is told; '' if it was taken."""
    try:
        (record,) = enter(place, person, {"what": what, **fields, "state": state}).records
    except ChecksFailed as error:
        return error.message
    place.write(record.kind, record.payload, actor=person)
    return ""


@pytest.mark.parametrize("declared", [True, False])
def test_a_risk_is_decided_by_its_owner_and_never_by_a_trainee(
    pair: tuple[str, str], new_database: Callable[..., str], declared: bool
) -> None:
    text = "id: late, what: w, likelihood: high, impact: high, owner: finance, mitigation: m, review: 2027-01-01"
    place = School(pair, new_database).place(PROJECT + (f"risks: [{{{text}}}]\n" if declared else ""), stage="record")
    if not declared:
        assert "state: the risk late is not known yet. Right: open" in by(place, "fay", "risk", RISK, "accepted")
        assert by(place, "tom", "risk", RISK, "open") == ""
    for person in ("tom", "vic", "dan"):
        for state in ("accepted", "closed", "open"):
            assert "the risk late is not for" in by(place, person, "risk", {**RISK, "likelihood": "low"}, state)
    said = by(place, "ann", "risk", RISK, "accepted")
    assert "the risk late is not for Ann to change. Right: Fay (finance) or sue (sponsor) enters it" in said
    assert by(place, "ann", "risk", RISK, "open") == by(place, "sue", "risk", RISK, "accepted") == ""
    assert "is not for sue" in by(place, "sue", "risk", RISK, "closed")
    # Whoever names another owner on the form is not that of the register.
    assert "is not for dan" in by(place, "dan", "risk", {**RISK, "owner": "data_engineer"}, "accepted")
    assert by(place, "fay", "risk", RISK, "accepted") == by(place, "ann", "risk", RISK, "closed") == ""
    assert "is not for Tom" in by(place, "tom", "risk", RISK, "open")


def test_an_issue_of_people_is_closed_by_its_owner_or_the_lead(place: Place) -> None:
    assert "the issue people/1 is not known yet. Right: open" in by(place, "fay", "issue", ISSUE, "closed")
    assert by(place, "tom", "issue", ISSUE, "open") == ""
    assert "is not for Tom to change. Right: Fay (finance) or Ann (lead) enters it" in by(
        place, "tom", "issue", ISSUE, "closed"
    )
    assert "is not for vic" in by(place, "vic", "issue", {**ISSUE, "severity": "minor", "owner": "vendor"}, "open")
    assert "state: 'waived'. Right: open or closed" in by(place, "fay", "issue", ISSUE, "waived")
    assert by(place, "fay", "issue", ISSUE, "closed") == by(place, "ann", "issue", ISSUE, "open") == ""


@pytest.mark.parametrize(
    "name", ["check/public.person/crossed", "suite/a/b", "clean_up/names", "privacy/a.b", "review/t"]
)
def test_nobodys_word_closes_what_a_look_opened(place: Place, name: str) -> None:
    said = by(place, "ann", "issue", {**ISSUE, "id": name}, "closed")
    assert f"id: {name} is opened and closed by what looks at it, and by nobody's word" in said
    assert "by nobody's word" in by(place, "tom", "issue", {**ISSUE, "id": name}, "open")


def test_an_issue_that_a_look_left_under_a_name_of_its_own_is_that_looks(place: Place) -> None:
    place.write("issue", {**ISSUE, "state": "open", "from": "harbour.prework/1"})
    assert "by nobody's word" in by(place, "ann", "issue", ISSUE, "closed")


def test_a_part_in_the_project_begins_and_ends_with_the_days_of_a_role(
    pair: tuple[str, str], new_database: Callable[..., str]
) -> None:
    base = BASE.replace("finance: [fay]", "finance: {holders: [fay], until: 2026-05-31}")
    place = School(pair, new_database).place(PROJECT, stage="record", base=base)
    with pytest.raises(NotPermitted, match="fay has no part in this project"):
        enter(place, "fay", {"what": "document read", "name": "Guide"})
    given = {"meeting": "stand-up", "present": "ann fay", "minutes": "m"}
    assert payload(place, "meeting", on="2026-05-31", **given)["present"] == ["ann", "fay"]
    assert "'fay' has no part in this project on 2026-06-01" in refused(place, "meeting", on="2026-06-01", **given)


def test_only_people_with_a_part_in_the_project_enter_anything(place: Place) -> None:
    with pytest.raises(NotPermitted, match="eve has no part in this project"):
        enter(place, "eve", {"what": "document read", "name": "Guide"})
