"""What must go on after the move: an owner, and something that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.readiness import Outcome
from golive.readiness.outcomes import attested_by, attesting, check_outcomes, to_attest

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {registrar: {holders: [ruth], until: 2026-12-31}}
names: {ruth: Ruth Keller}
tables: [{target: t}]
support:
  outcomes:
    - {name: clean, says: The rules are looked at, owner: registrar, dag: test.recheck}
    - {name: reports, says: The state gets its reports, owner: registrar}
"""


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    return site_of(TEXT, *pair, new_database("ledger"), stage="support")


def runs(number: int) -> Callable[[str], int]:
    return {"test.recheck": number}.__getitem__


def test_a_run_and_a_word_show_them(site: Place) -> None:
    site.answered(attesting("registrar"), "ruth")
    outcome = site.keep(check_outcomes(site, runs(2)))
    assert outcome.missing == () and outcome.says == "2 of 2 outcomes active."
    states = {e.payload["name"]: e.payload["state"] for e in site.ledger.latest("test", "outcome", by=("name",))}
    assert states == {"clean": "PASS", "reports": "PASS"}


def test_a_dag_that_never_succeeded_is_missing(site: Place) -> None:
    site.answered(attesting("registrar"), "ruth")
    (line,) = check_outcomes(site, runs(0)).missing
    assert line == (
        "the outcome clean (The rules are looked at): test.recheck has no successful run. Ruth Keller (registrar): see"
        " that it runs; then clear check_outcomes"
    )


def test_an_owner_who_said_nothing_is_missing(site: Place) -> None:
    (line,) = check_outcomes(site, runs(1)).missing
    assert "Clear attest_outcomes_registrar" in line
    site.answered(attesting("registrar"), "ruth")
    elsewhere = replace(site, run_name="test.support/another")
    assert check_outcomes(elsewhere, runs(1)).missing == (line,)


def test_an_outcome_that_nobody_owns_any_more_is_missing(site: Place) -> None:
    site.answered(attesting("registrar"), "ruth")
    later = replace(site, today=date(2027, 1, 1))
    assert all("nobody holds the role registrar" in line for line in check_outcomes(later, runs(1)).missing)


def test_owners_are_asked_only_of_what_no_dag_shows(site: Place) -> None:
    assert attested_by(site.project) == ["registrar"]
    assert [one["name"] for one in to_attest(site, "registrar")["outcomes"]] == ["reports"]


def test_none_declared_is_said(site: Place) -> None:
    bare = replace(site, project=site.project.model_copy(update={"support": type(site.project.support)()}))
    assert check_outcomes(bare, runs(0)) == Outcome("No outcome is declared: nothing has to go on.")
