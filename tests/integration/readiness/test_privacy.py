"""Personal columns of both systems: what each shows, to whom, and what is not declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.databases.profiling import Held
from golive.readiness.measures import MEASURES
from golive.readiness.personal import looks_personal
from golive.readiness.privacy import compare_privacy

PEOPLE = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [ann], data_engineer: [dan], legal: [lea]}
names: {dan: Dan}
tables:
  - target: person
    source: prsn
    key: [person_id]
    columns: {person_id: id, full_name: "fst_nm || ' ' || lst_nm", birth_date: cast(dob as date)}
    sensitive: [full_name]
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source(
        "create table prsn (id int primary key, fst_nm text, lst_nm text, dob text, email text, ssn text, note text)",
        "create table bus (route int primary key, driver_phone text)",
    )
    made.on_target(
        "create table person (person_id int primary key, full_name text, birth_date date, email text, photo bytea,"
        " email_sent boolean, last_ip inet)",
        "create schema hr; create table hr.staff (id int primary key, salary numeric, name text)",
    )
    return made


@pytest.fixture
def place(school: School) -> Place:
    return school.place("", base=PEOPLE, stage="data_validation_initial")


def inventory(place: Place) -> dict[str, Any]:
    entry = place.ledger.last("harbour", "privacy")
    assert entry is not None and entry.evidence_hash is not None
    evidence = place.ledger.evidence(entry.evidence_hash)
    assert isinstance(evidence, dict)
    return evidence


def test_what_each_system_holds_and_what_the_other_makes_of_it(place: Place) -> None:
    place.keep(compare_privacy(place))
    found = inventory(place)
    target = {f"{each['table']}.{each['column']}": each for each in found["target"]}
    assert {name: (each["why"], each["others"]) for name, each in target.items()} == {
        "person.full_name": ("declared", ["prsn.fst_nm", "prsn.lst_nm"]),
        "person.birth_date": ("birth", ["prsn.dob"]),
        "person.email": ("email", ["prsn.email"]),
        "person.photo": ("photo", []),
        "person.last_ip": ("network address", []),
        "hr.staff.salary": ("pay", []),
        "hr.staff.name": ("name", []),
    }
    source = {f"{each['table']}.{each['column']}": each for each in found["source"]}
    assert {name: (each["why"], each["others"]) for name, each in source.items()} == {
        "prsn.fst_nm": ("declared", ["person.full_name"]),
        "prsn.lst_nm": ("declared", ["person.full_name"]),
        "prsn.dob": ("birth", ["person.birth_date"]),
        "prsn.email": ("email", ["person.email"]),
        "prsn.ssn": ("number of a person", []),
        "bus.driver_phone": ("phone", []),
    }


def test_what_is_shown_anew_and_what_no_longer_is_said_and_counted(place: Place) -> None:
    outcome = place.keep(compare_privacy(place))
    found = inventory(place)
    assert found["new"] == ["hr.staff.salary", "hr.staff.name", "person.photo", "person.last_ip"]
    assert found["gone"] == ["bus.driver_phone", "prsn.ssn"]
    assert found["undeclared"] == ["person.birth_date", "person.email", "person.photo", "person.last_ip"]
    entry = place.ledger.last("harbour", "privacy")
    assert entry is not None and entry.payload == {
        "source": 6, "target": 7, "new": 4, "gone": 2, "undeclared": 4, "everybody": 0,
    }  # fmt: skip
    assert outcome.missing == ()
    assert outcome.says.startswith("Personal data: 6 columns in the old system, 7 in the new; only in the new: hr.st")
    assert "only in the old: bus.driver_phone, prsn.ssn" in outcome.says


def test_who_may_read_each_is_told_by_grant_membership_and_for_all(
    school: School, place: Place, role: Callable[..., str]
) -> None:
    teacher = role("grant select on person to {role}", url=school.target_url)
    clerk = role("grant select (email) on person to {role}", url=school.target_url)
    heir = role(url=school.target_url)
    shut_out = role("grant select on hr.staff to {role}", url=school.target_url)
    nobody = role("grant insert on person to {role}", url=school.target_url)
    school.on_target(f"grant {teacher} to {heir}", "grant select (photo) on person to public")
    place.keep(compare_privacy(place))
    readers = {each["column"]: each["readers"] for each in inventory(place)["target"]}
    assert {teacher, heir} <= set(readers["full_name"]) and not {clerk, nobody} & set(readers["full_name"])
    assert {teacher, heir, clerk} <= set(readers["email"])
    assert "PUBLIC" in readers["photo"] and "PUBLIC" not in readers["email"]
    assert shut_out not in readers["salary"], "it may not use the schema"
    assert inventory(place)["everybody"] == ["person.photo"]
    old = {each["column"]: each["readers"] for each in inventory(place)["source"]}
    assert not {teacher, clerk, heir} & set(old["email"]), "each side has grants of its own"


def test_what_is_not_declared_is_an_issue_until_it_is(school: School, place: Place) -> None:
    place.keep(compare_privacy(place))
    open_ = {entry.payload["id"]: entry.payload for entry in place.ledger.latest("harbour", "issue", by=("id",))}
    assert set(open_) == {f"privacy/person.{name}" for name in ("birth_date", "email", "photo", "last_ip")}
    issue = open_["privacy/person.email"]
    assert (issue["severity"], issue["owner"], issue["state"]) == ("major", "data_engineer", "open")
    assert "Dan (data engineer): name it there" in issue["says"]
    assert [record.kind for record in compare_privacy(place).records] == ["privacy"], "nothing changed"
    all_of_them = PEOPLE.replace("[full_name]", "[full_name, birth_date, email]")
    school.on_target("alter table person drop column photo")
    declared = school.place("", base=all_of_them, stage="data_validation_mid_cycle")
    declared.keep(compare_privacy(declared))
    states = {e.payload["id"]: e.payload["state"] for e in place.ledger.latest("harbour", "issue", by=("id",))}
    assert {name.rpartition(".")[2]: state for name, state in states.items()} == {
        "birth_date": "closed", "email": "closed", "photo": "closed", "last_ip": "open",
    }  # fmt: skip
    place.keep(compare_privacy(place))
    now = {e.payload["id"]: e.payload["state"] for e in place.ledger.latest("harbour", "issue", by=("id",))}
    assert (now["privacy/person.email"], now["privacy/person.photo"]) == ("open", "closed")


def test_the_measure_holds_to_the_file_as_it_is(school: School, place: Place) -> None:
    assert str(MEASURES["privacy"](place)) == "looked at nothing"
    place.keep(compare_privacy(place))
    assert MEASURES["privacy"](place).open == 4
    some = school.place("", base=PEOPLE.replace("[full_name]", "[full_name, photo, email]"))
    assert MEASURES["privacy"](some).what == ("person.birth_date", "person.last_ip")


def test_no_value_of_a_row_is_read(school: School, place: Place) -> None:
    school.on_source("insert into prsn values (1, 'Mina', 'Secret', '2001-02-03', 'mina@example.org', '1', '')")
    place.keep(compare_privacy(place))
    assert not any(word in str(inventory(place)) for word in ("Mina", "Secret", "example.org"))


@pytest.mark.parametrize(
    ("column", "kind", "what"),
    [
        ("first_nm", "text", "name"), ("lastName", "text", "name"), ("school_name", "text", ""),
        ("username", "text", "name"),
        ("dob", "text", "birth"), ("birthDate", "time", "birth"), ("birth_count", "number", ""),
        ("email", "text", "email"), ("email_sent_at", "time", ""), ("ph_home", "text", "phone"),
        ("graph", "text", ""), ("addr_line2", "text", "address"), ("zip", "text", "address"),
        ("ssid", "text", "number of a person"), ("tax_id", "text", "number of a person"), ("tax_rate", "number", ""),
        ("gndr", "text", "gender"), ("sal", "number", "pay"), ("free_lunch", "boolean", ""),
        ("client", "network", "network address"), ("ship_to", "text", ""), ("medical_note", "text", "health"),
        ("nationality", "text", "belief or origin"), ("photo", "", "photo"),
    ],
)  # fmt: skip
def test_what_looks_personal_by_name_and_type(column: str, kind: str, what: str) -> None:
    assert looks_personal(Held("public.t", column, "any", kind)) == what
    assert looks_personal(Held("public.student", "name", "text", "text")) == "name"
