"""The gate of the final migration: everything missing at once, and what was agreed to against what stands now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from tests.integration.readiness.measured import checked, sign
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import TODAY, Place

from golive.errors import Terminal
from golive.readiness import criteria, gate

CRITERIA = """\
stages: [final_migration]
criteria:
  - {id: ready, title: The heads agree, approver: lead, days: 3}
  - {id: checks, title: The checks pass, measure: checks}
"""


def at_gate(school: School, text: str = CRITERIA, base: str = BASE, days: int = 0) -> Place:
    return school.place(text, stage="final_migration", base=base, today=TODAY + timedelta(days=days))


def test_a_project_without_criteria_passes_with_its_databases_and_people(school: School) -> None:
    outcome = gate.check(at_gate(school, "stages: [final_migration]\n"))
    assert (outcome.says, outcome.records, outcome.missing) == ("Gate: the project file names no criteria.", (), ())


def test_everything_missing_is_said_at_once_and_a_signature_is_not(school: School) -> None:
    text = CRITERIA + "opening: [{step: team}, {step: pilots, decided_by: head, allow: [nobody_here]}]\n"
    base = BASE.replace("lead: [ann]", "lead: []\n  head: []").replace("{target: t}", "{target: t}, {target: gone}")
    outcome = gate.check(at_gate(school, text, base))
    assert outcome.says == "Gate: 0 of 2 criteria pass, 1 wait for a signature."
    said = "\n".join(outcome.missing)
    assert "does not fit its databases" in said and "gone" in said
    assert "nobody holds the role lead today: name somebody under `people`" in said
    assert "nobody holds the role head today" in said
    assert "has no role 'nobody_here': create it there, or correct the opening step's `allow`" in said
    assert "The checks pass (checks): VACUOUS, looked at nothing." in said
    assert "The heads agree" not in said


def test_all_is_well(school: School) -> None:
    place = at_gate(school)
    checked(place)
    outcome = gate.check(place)
    assert outcome.missing == () and outcome.says == "Gate: 1 of 2 criteria pass, 1 wait for a signature."
    sign(place)
    outcome = gate.check(place)
    assert (outcome.says, len(outcome.records)) == ("Gate: 2 of 2 criteria pass.", 1)


def test_whoever_signs_the_stage_says_go_and_if_it_names_nobody_the_go_live_role_does(school: School) -> None:
    assert gate.signers(at_gate(school).project) == ("go_live",)
    two = at_gate(school, "stages: [{name: final_migration, signs: [lead, finance]}]\n")
    assert gate.signers(two.project) == ("lead", "finance")
    nobody = at_gate(school, "stages: [{name: final_migration, signs: []}]\n")
    assert gate.signers(nobody.project) == ("go_live",)


@pytest.fixture
def agreed(school: School) -> Place:
    """A place in which every criterion passes and is signed."""
    place = at_gate(school)
    checked(place)
    sign(place)
    return place


def test_what_was_agreed_to_holds_as_long_as_nothing_changes(school: School, agreed: Place) -> None:
    then = gate.deciding(agreed, criteria.evaluate(agreed))
    assert then["criteria"]["ready"] == {
        "title": "The heads agree", "state": "PASS", "approver": "lead", "by": "ann", "for_now": False,
    }  # fmt: skip
    assert gate.refusals(at_gate(school), then) == []
    assert gate.refusals(at_gate(school, days=2), then) == []


def test_one_changed_mismatch_count_is_named(school: School, agreed: Place) -> None:
    then = gate.deciding(agreed, criteria.evaluate(agreed))
    checked(agreed, rows=1)
    said = gate.refusals(agreed, then)
    assert said[0] == "changed since: the mismatches of public.t: 0 then, 1 now"
    assert "The heads agree (ready): FAIL, signed by Ann" in said[1] and "void" in said[1] and len(said) == 2


def test_an_expired_signature_and_a_criterion_that_passes_no_more_are_named(school: School, agreed: Place) -> None:
    then = gate.deciding(agreed, criteria.evaluate(agreed))
    (late,) = gate.refusals(at_gate(school, days=3), then)
    assert "which held until 2026-06-03" in late
    checked(agreed, verdict="FAIL")
    (failed,) = gate.refusals(agreed, then)
    assert "The checks pass (checks): FAIL, 1 open of 3 (crossed of public.t: FAIL)" in failed


def test_another_signature_than_the_one_agreed_to_is_named(school: School) -> None:
    place = at_gate(school, base=BASE.replace("lead: [ann]", "lead: [ann, otto]"))
    checked(place)
    sign(place)
    then = gate.deciding(place, criteria.evaluate(place))
    sign(place, "otto")
    assert gate.refusals(place, then) == ["changed since: the criterion ready, or who signed it"]


# Letting people in


@pytest.fixture
def role(school: School) -> Iterator[str]:
    name = "golive_test_teacher"
    school.on_target(f"drop role if exists {name}", f"create role {name} login")
    yield name
    school.on_target(f"drop owned by {name}", f"drop role {name}")


def connects(url: str, role: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("select has_database_privilege(%s, current_database(), 'CONNECT')", (role,)).fetchone()
    return bool(row and row[0])


def test_roles_are_let_in_as_often_as_asked(school: School, role: str) -> None:
    place = at_gate(school)
    with place.target.session() as connection:
        assert place.target.access.open_to_all(connection)
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("revoke connect on database {} from public").format(name))
        assert not place.target.access.open_to_all(connection)
        assert not connects(school.target_url, role)
        assert place.target.access.barred(connection, (role,)) == []
        for _ in range(2):
            place.target.access.allow(connection, (role,))
            assert connects(school.target_url, role)
        place.target.access.allow(connection, ())


def test_a_role_that_is_not_there_lets_nobody_in(school: School, role: str) -> None:
    place = at_gate(school)
    with place.target.session() as connection:
        connection.execute(
            sql.SQL("revoke connect on database {} from public").format(sql.Identifier(connection.info.dbname))
        )
        with pytest.raises(Terminal, match="has no role 'nobody_here'"):
            place.target.access.allow(connection, (role, "nobody_here"))
    assert not connects(school.target_url, role)


def test_a_login_that_may_not_grant_is_told_before(school: School, role: str) -> None:
    place = at_gate(school)
    with place.target.session() as connection:
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        (said,) = place.target.access.barred(connection, (role,))
        assert said.startswith(f"role {role} may not let anybody into database")
        with pytest.raises(Terminal, match="may not let anybody"):
            place.target.access.allow(connection, (role,))
        connection.execute("reset role")
