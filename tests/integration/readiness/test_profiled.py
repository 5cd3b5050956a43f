"""Connections with too few rights, and what the profile of a source leaves in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.readiness.conftest import as_role
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import Place, site_of

from golive.errors import ConnectionLost
from golive.readiness import profiled

TABLES = """\
tables:
  - {target: family, source: fam, key: [family_id], cursor: upd, columns: {family_id: id, name: nm}}
  - {target: note, source: "select id, nm from fam", key: [id]}
"""
TEXT = BASE.replace("tables: [{target: t}]\n", TABLES)


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source(
        "create table fam (id int, nm text, upd timestamptz not null default now())",
        "insert into fam select n, 'Family ' || n from generate_series(1, 100) n",
        "create table other (id int primary key)",
    )
    made.on_target("create table family (family_id int primary key, name text)", "create table note (id int, nm text)")
    return made


def discovering(school: School, **changes: str) -> Place:
    urls = {"source": school.source_url, "target": school.target_url, **changes}
    return site_of(TEXT, urls["source"], urls["target"], school.ledger_url, stage="discover")


def test_connections_with_every_right(school: School) -> None:
    found = profiled.test_connections(discovering(school))
    assert found.missing == () and found.records == ()
    assert found.says.startswith("source source: PostgreSQL ") and "ledger: 0 entries" in found.says


def test_every_right_that_a_login_lacks_is_missing(school: School, role: Callable[..., str]) -> None:
    login = role()
    place = discovering(school, source=as_role(school.source_url, login), target=as_role(school.target_url, login))
    missing = profiled.test_connections(place).missing
    assert all(line.startswith("dan (data engineer): ") for line in missing)
    said = [line.removeprefix("dan (data engineer): ") for line in missing]
    assert said[0].startswith("source source refuses the query of note: permission denied for table fam")
    assert said[1:4] == [
        f"source source: {login} may not SELECT on fam. Grant it",
        f"source source: {login} may not CREATE on the database, for the schema of the freeze. Grant it",
        f"source source: {login} could not freeze 2 tables (public.fam, public.other), which belong to postgres. Grant"
        " it those roles, or let the connection use the owner",
    ]
    assert said[4:] == [
        f"target target: {login} may not SELECT, INSERT, UPDATE, DELETE on family. Grant it",
        f"target target: {login} may not SELECT, INSERT, UPDATE, DELETE on note. Grant it",
        f"target target: {login} may not CREATE on the database, for schema golive and what is staged. Grant it",
    ]


def test_an_owner_who_is_no_superuser_lacks_nothing(school: School, role: Callable[..., str]) -> None:
    login = role("alter table fam owner to {role}", "alter table other owner to {role}")
    school.on_source(
        f"do $$ begin execute format('grant create on database %I to {login}', current_database()); end $$"
    )
    assert profiled.test_connections(discovering(school, source=as_role(school.source_url, login))).missing == ()


def test_a_table_that_is_not_there_is_missing(school: School) -> None:
    school.on_target("drop table note")
    (missing,) = profiled.test_connections(discovering(school)).missing
    assert "target target has no table note that postgres finds" in missing


def test_a_server_that_does_not_answer_is_tried_again(school: School) -> None:
    with pytest.raises(ConnectionLost, match="connection source"):
        profiled.test_connections(discovering(school, source="postgresql://nobody@127.0.0.1:1/none"))


def profile(place: Place) -> dict[str, Any]:
    """The risks that a profile leaves, by id, after it was kept."""
    place.keep(profiled.profile_source(place))
    return {e.payload["id"]: e.payload for e in place.ledger.latest("harbour", "risk", by=("id",))}


def test_a_profile_without_findings(school: School) -> None:
    place = discovering(school)
    found = place.keep(profiled.profile_source(place))
    assert found.missing == () and [record.kind for record in found.records] == ["profile"]
    payload = dict(found.records[0].payload)
    assert payload.pop("bytes") > 1_000_000
    assert payload == {"tables": 2, "mapped": 2, "sound": 2, "rows": 200, "findings": 0}
    assert "2 mapped tables with 200 rows" in found.says and "No findings in the data" in found.says
    assert "1 other table" in found.says


def test_a_finding_is_a_risk_and_is_closed_when_it_is_gone(school: School) -> None:
    school.on_source("insert into fam values (1, 'again')")
    risk = profile(discovering(school))["data_duplicates"]
    assert (risk["raised_by"], risk["state"], risk["owner"], risk["likelihood"], risk["impact"]) == (
        "system", "open", "", "high", "high",
    )  # fmt: skip
    assert risk["what"].split("; ") == [
        f"2 of 101 rows of public.{table} share their key ({key}) with another: none of them can be migrated"
        for table, key in (("family", "family_id"), ("note", "id"))
    ]
    school.on_source("delete from fam where nm = 'again'")
    assert profile(discovering(school))["data_duplicates"]["state"] == "closed"
    school.on_source("insert into fam values (1, 'again')")
    assert profile(discovering(school))["data_duplicates"]["state"] == "open"


@pytest.mark.parametrize(
    ("state", "impact", "after"),
    [
        ("open", "high", "open"),
        ("accepted", "high", "accepted"),
        ("accepted", "low", "open"),
        ("closed", "high", "open"),
    ],
)
def test_what_people_made_of_a_risk_stands_until_it_grows(school: School, state: str, impact: str, after: str) -> None:
    school.on_source("insert into fam values (1, 'again')")
    place = discovering(school)
    place.write("risk", {
        "id": "data_duplicates", "what": "known", "likelihood": "high", "impact": impact, "owner": "finance",
        "mitigation": "Fay corrects them", "review": "2026-07-01", "state": state, "raised_by": "people",
    })  # fmt: skip
    risk = profile(place)["data_duplicates"]
    assert (risk["owner"], risk["mitigation"], risk["review"]) == ("finance", "Fay corrects them", "2026-07-01")
    assert (risk["state"], risk["impact"]) == (after, "high")


@pytest.mark.parametrize(("rows", "impact"), [(198, "high"), (199, "medium"), (1998, "medium"), (1999, "low")])
def test_impact_is_the_share_of_the_rows(school: School, rows: int, impact: str) -> None:
    school.on_source(f"truncate fam; insert into fam select n, 'F' from generate_series(1, {rows}) n")
    school.on_source("insert into fam values (1, 'again')")
    assert profile(discovering(school))["data_duplicates"]["impact"] == impact


def test_what_is_about_a_table_itself_is_a_risk_of_its_own_kind(school: School) -> None:
    school.on_target("drop table note", "create table note (id int, nm text)")
    place = site_of(
        TEXT.replace(", key: [id]}", "}"), school.source_url, school.target_url, school.ledger_url, stage="discover"
    )
    risk = profile(place)["data_no_key"]
    assert (risk["likelihood"], risk["impact"], risk["owner"]) == ("medium", "medium", "")
    assert risk["mitigation"].startswith("Give the target's table a key")
