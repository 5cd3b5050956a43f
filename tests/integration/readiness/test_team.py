"""The register of roles: a role that nobody holds, and why; people alone, and roles that end too early."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from tests.integration.readiness.preparing import BASE, School

from golive.readiness import team


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def with_lead(role: str) -> str:
    return BASE.replace("  lead: [ann]\n", role)


def test_a_complete_team_with_an_optional_gap(school: School) -> None:
    base = BASE.replace("vendor: {holders: [vic], optional: true}", "vendor: {optional: true}")
    place = school.place("stages: [onboard]\n", stage="onboard", base=base)
    found = place.keep(team.check_team(place))
    assert found.missing == ()
    assert found.says.startswith("6 roles of 7 are held. With one person alone: lead (Ann), sponsor (sue)")
    (record,) = found.records
    assert record.payload["what"] == "role register" and record.evidence is not None
    assert "| finance | Fay | Fay |  |  |  |" in record.evidence["text"]


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("", "Nobody is named for the role lead: name somebody"),
        ("  lead: {optional: true}\n", "Nobody is named for the role lead"),  # never optional
        ("  lead: {holders: [ann], until: 2026-05-31}\n", "that of Ann ended on 2026-05-31"),
        ("  lead: {deputies: [ann], since: 2026-06-02}\n", "that of Ann begins on 2026-06-02"),
    ],
)
def test_a_mandatory_role_that_nobody_holds_is_missing(school: School, role: str, says: str) -> None:
    (missing,) = team.check_team(school.place("", stage="onboard", base=with_lead(role))).missing
    assert says in missing


def test_a_role_of_the_file_is_mandatory_unless_it_is_optional(school: School) -> None:
    base = BASE.replace("finance: [fay]", "finance: {}")
    (missing,) = team.check_team(school.place("", stage="onboard", base=base)).missing
    assert missing.startswith("Nobody is named for the role finance")


def test_a_deputy_holds_a_role_and_its_days_are_both_included(school: School) -> None:
    base = with_lead("  lead: {deputies: [tom, tim], since: 2026-06-01, until: 2026-06-01}\n")
    found = team.check_team(school.place("", stage="onboard", base=base, today=date(2026, 6, 1)))
    assert found.missing == () and "lead (" not in found.says


def test_a_role_that_ends_before_people_are_let_in_is_said(school: School) -> None:
    base = with_lead("  lead: {holders: [ann], until: 2026-08-31}\n")
    more = "calendar: {freeze: 2026-09-01, go_live: 2026-09-02}\n"
    assert (
        "They end before 2026-09-02: lead on 2026-08-31."
        in team.check_team(school.place(more, stage="onboard", base=base)).says
    )
