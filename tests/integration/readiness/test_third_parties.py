"""Third parties: logins with rights, sessions of others, and what is declared of them."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.integration.readiness.conftest import as_role
from tests.integration.readiness.preparing import School

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


def test_a_declared_one_that_is_not_seen_is_said(school: School) -> None:
    found = third_parties.compare_third_parties(school.place(PARTY % "gone", stage="onboard"))
    assert found.missing == () and found.records[0].payload["state"] == "declared, not seen"
    assert "declared and not seen: Bus routing" in found.says


def test_logins_of_the_migration_are_nobody_elses(school: School, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}")
    place = school.place(f"support: {{credentials: [{login}]}}\n", stage="onboard")
    assert third_parties.compare_third_parties(place).missing == ()
