"""Third parties: logins with rights, sessions of others, and what is declared of them."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.integration.readiness.conftest import as_role
from tests.integration.readiness.preparing import School
from tests.integration.readiness.servers import HOST, refusing, silent

from golive.readiness import third_parties

PARTY = """\
third_parties:
  - {name: Bus routing, login: %s, direction: out, protocol: SQL, owner: finance, action: retire}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source("create table t (id int primary key, secret text)", "create table other (id int)")
    return made


def test_nobody_is_there_and_nobody_is_declared(school: School) -> None:
    found = third_parties.compare_third_parties(school.place("", stage="onboard"))
    assert (found.missing, found.records) == ((), ())
    assert found.says == "0 third parties declared, 0 logins seen."


def test_a_login_with_rights_that_nobody_declared_is_missing(school: School, role: Callable[..., str]) -> None:
    login = role("grant select (id) on t to {role}", "grant insert on other to {role}")
    place = school.place("", stage="onboard")
    found = place.keep(third_parties.compare_third_parties(place))
    (missing,) = found.missing
    assert missing.startswith(
        f"Ann (lead): the login {login} may read public.t, may write public.other, and is not declared."
    )
    assert found.records[0].payload["state"] == "seen, not declared" and not found.records[0].payload["declared"]


def test_a_session_is_seen_without_any_right(school: School, role: Callable[..., str]) -> None:
    login = role()
    with psycopg.connect(as_role(school.source_url, login), application_name="bus planner"):
        found = third_parties.compare_third_parties(school.place("", stage="onboard"))
    (missing,) = found.missing
    assert f"the login {login} is connected now (bus planner from 127.0.0.1), and is not declared" in missing
    assert found.records[0].payload["clients"] == ["bus planner from 127.0.0.1"]


def test_a_right_by_membership_counts_and_one_of_everybody_does_not(school: School, role: Callable[..., str]) -> None:
    group = role("grant select on t to {role}", "alter role {role} nologin")
    member, _stranger = role(f"grant {group} to {{role}}"), role("grant select on other to public")
    found = third_parties.compare_third_parties(school.place("", stage="onboard"))
    assert found.says.endswith(f"1 login seen; seen and not declared: {member}.")


def test_a_declared_one_that_is_seen_is_well(school: School, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}")
    place = school.place(PARTY % login, stage="onboard")
    found = place.keep(third_parties.compare_third_parties(place))
    (record,) = found.records
    assert found.missing == () and record.payload["state"] == "ok"
    assert (record.payload["name"], record.payload["action"], record.payload["seen"]) == ("Bus routing", "retire", True)


def test_once_declared_its_entry_without_a_name_is_gone(school: School, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}")
    before = school.place("", stage="onboard")
    before.keep(third_parties.compare_third_parties(before))
    assert third_parties.undeclared(before) == ([login], 1)
    place = school.place(PARTY % login, stage="onboard")
    place.keep(third_parties.compare_third_parties(place))
    states = {
        e.payload["name"]: e.payload["state"] for e in place.ledger.latest("harbour", "third_party", by=("name",))
    }
    assert states == {login: "gone", "Bus routing": "ok"}
    assert third_parties.undeclared(place) == ([], 1)
    assert [r.payload["name"] for r in third_parties.compare_third_parties(place).records] == ["Bus routing"]
    assert len(third_parties.compare_third_parties(before).records) == 2, "and the other way round"


def test_a_login_whose_rights_were_taken_away_is_gone(school: School, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}")
    place = school.place("", stage="onboard")
    place.keep(third_parties.compare_third_parties(place))
    school.on_source(f"revoke select on t from {login}")
    (record,) = place.keep(third_parties.compare_third_parties(place)).records
    assert (record.payload["name"], record.payload["state"], record.payload["seen"]) == (login, "gone", False)
    assert third_parties.compare_third_parties(place).records == () and third_parties.undeclared(place) == ([], 0)


def test_a_declared_one_that_is_not_seen_is_said(school: School) -> None:
    found = third_parties.compare_third_parties(school.place(PARTY % "gone", stage="onboard"))
    assert found.missing == () and found.records[0].payload["state"] == "declared, not seen"
    assert "declared and not seen: Bus routing" in found.says


def test_logins_of_the_migration_are_nobody_elses(school: School, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}")
    place = school.place(f"support: {{credentials: [{login}]}}\n", stage="onboard")
    assert third_parties.compare_third_parties(place).missing == ()


def test_what_a_party_switches_to_is_tried_and_kept(school: School) -> None:
    switched = PARTY.replace("action: retire", 'action: switch, endpoint: "%s"')
    with silent() as port:
        place = school.place(switched % ("bus", f"{HOST}:{port}"), stage="onboard")
        found = place.keep(third_parties.compare_third_parties(place))
    assert found.missing == () and "; 1 of 1 endpoint answered" in found.says
    (entry,) = place.ledger.latest("harbour", "third_party", by=("name",))
    kept = {name: entry.payload[name] for name in ("answers", "answer", "tried_on")}
    assert kept == {"answers": True, "answer": "it takes connections", "tried_on": "2026-06-01"}


def test_what_does_not_answer_yet_is_said_and_keeps_nothing_open(school: School) -> None:
    switched = PARTY.replace("action: retire", 'action: switch, endpoint: "%s"')
    with refusing() as port:
        found = third_parties.compare_third_parties(school.place(switched % ("bus", f"{HOST}:{port}"), stage="onboard"))
    assert found.missing == () and found.records[0].payload["answers"] is False
    assert f"0 of 1 endpoint answered, not yet: Bus routing at {HOST}:{port} (it refuses connections)" in found.says


def test_without_an_endpoint_its_owners_word_stands(school: School) -> None:
    found = third_parties.compare_third_parties(school.place(PARTY % "bus", stage="onboard"))
    assert found.says.endswith(
        "without an endpoint to try, by the word of its owner alone: Bus routing, Fay (finance)."
    )
    assert (found.records[0].payload["answers"], found.records[0].payload["tried_on"]) == (None, "")
