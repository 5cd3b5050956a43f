"""What must go on after the move: an owner, and something that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from tests.integration.readiness.preparing import approve
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
    - {name: lists, says: The lists are drawn, owner: registrar, dag: test.review}
    - {name: reports, says: The state gets its reports, owner: registrar}
"""


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    return site_of(TEXT, *pair, new_database("ledger"), stage="support")


def stepped(site: Place, run: str = "test.review/1", task: str = "draw", missing: tuple[str, ...] = ()) -> None:
    """A step of a run, as the flow leaves it."""
    site.write("step", {"task": task, "says": "so it is", "missing": list(missing)}, stage="review", run=run)


def opened(site: Place) -> None:
    site.write("opening", {"step": "everybody", "approved_by": "maria"}, stage="final_migration")


def test_a_run_and_a_word_show_them(site: Place) -> None:
    approve(site, attesting("registrar"), to_attest(site, "registrar"), "ruth")
    opened(site)
    for run in ("test.review/1", "test.review/2"):
        stepped(site, run)
    outcome = site.keep(check_outcomes(site))
    assert outcome.missing == () and outcome.says == "2 of 2 outcomes active."
    states = {e.payload["name"]: e.payload["state"] for e in site.ledger.latest("test", "outcome", by=("name",))}
    assert states == {"lists": "PASS", "reports": "PASS"}
    (lists, _) = outcome.records
    assert lists.payload["says"] == "test.review worked 2 times since the opening"


def test_a_dag_that_did_not_work_since_the_opening_is_missing(site: Place) -> None:
    approve(site, attesting("registrar"), to_attest(site, "registrar"), "ruth")
    stepped(site)
    assert len(check_outcomes(site).missing) == 1, "nothing is open"
    opened(site)
    stepped(site, "other.review/1")
    stepped(site, "test.reviewed/1")
    stepped(site, "test.review/2", missing=("a list",))
    stepped(site, "test.review/2", task="publish")
    (line,) = check_outcomes(site).missing
    assert line == (
        "the outcome lists (The lists are drawn): test.review did not work since the opening. Ruth Keller (registrar):"
        " see that it runs; then clear check_outcomes"
    )
    stepped(site, "test.review/2")
    assert check_outcomes(site).missing == ()


def test_an_owner_who_said_nothing_is_missing(site: Place) -> None:
    opened(site)
    stepped(site)
    (line,) = check_outcomes(site).missing
    assert "Clear attest_outcomes_registrar" in line
    approve(site, attesting("registrar"), to_attest(site, "registrar"), "ruth")
    elsewhere = replace(site, run_name="test.support/another")
    assert check_outcomes(elsewhere).missing == (line,)


def test_an_outcome_that_nobody_owns_any_more_is_missing(site: Place) -> None:
    approve(site, attesting("registrar"), to_attest(site, "registrar"), "ruth")
    later = replace(site, today=date(2027, 1, 1))
    missing = check_outcomes(later).missing
    assert len(missing) == 2 and all("nobody holds the role registrar" in line for line in missing)


def test_owners_are_asked_only_of_what_no_dag_shows(site: Place) -> None:
    assert attested_by(site.project) == ["registrar"]
    assert [one["name"] for one in to_attest(site, "registrar")["outcomes"]] == ["reports"]


def test_none_declared_is_said(site: Place) -> None:
    bare = replace(site, project=site.project.model_copy(update={"support": type(site.project.support)()}))
    assert check_outcomes(bare) == Outcome("No outcome is declared: nothing has to go on.")
