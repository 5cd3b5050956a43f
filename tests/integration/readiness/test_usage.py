"""Use of the new system at mid-cycle: each area's owner says yes, and beside the question stands what was seen."""

from __future__ import annotations

import pytest
from tests.integration.readiness.preparing import School, approve
from tests.integration.readiness.site import Place

from golive.readiness.profiled import profile_source
from golive.readiness.usage import attesting, owners, settle_usage, to_attest

USAGE = """\
validation:
  usage:
    - {area: fees, asks: Do fees work as you charge them?, owner: finance, tables: [t, gone]}
    - {area: grades, asks: Do grades work as you give them?, owner: lead}
    - {area: bills, asks: Do bills look right?, owner: finance}
"""


@pytest.fixture
def place(school: School) -> Place:
    return school.place(USAGE, stage="data_validation_mid_cycle")


def say(place: Place, role: str, by: str, **answers: str) -> None:
    approve(place, attesting(role), to_attest(place, role), by, **answers)


def test_each_owner_is_asked_about_all_areas_of_theirs(place: Place) -> None:
    assert owners(place.project) == ("finance", "lead")
    asked = to_attest(place, "finance")
    assert [each["area"] for each in asked["usage"]] == ["fees", "bills"]
    assert {each["seen"] for each in asked["usage"]} == {""}, "nothing was profiled yet"


def test_beside_the_question_stands_what_the_profile_saw(place: Place) -> None:
    place.keep(profile_source(place))
    fees, bills = to_attest(place, "finance")["usage"]
    assert fees["seen"].startswith("t: ") and " reads, " in fees["seen"] and " writes" in fees["seen"]
    assert "gone: the profile knows no such table (profile of 2" in fees["seen"]
    assert bills["seen"] == ""


def test_an_owner_who_was_not_asked_keeps_the_stage_open(place: Place) -> None:
    say(place, "finance", "fay", fees="yes", bills="yes")
    outcome = place.keep(settle_usage(place))
    assert outcome.missing == (
        "Ann (lead) did not say in this run whether the new system supports grades. Clear attest_usage_as_lead, which"
        " asks them",
    )
    assert outcome.says == "Use of the new system: 2 of 3 areas attested."


def test_a_no_keeps_the_stage_open_and_is_kept(place: Place) -> None:
    say(place, "finance", "fay", fees="no", bills="yes")
    say(place, "lead", "ann", grades="yes")
    outcome = place.keep(settle_usage(place))
    (line,) = outcome.missing
    assert line.startswith("Fay says that the new system does not support fees: so it is. Ann (lead)")
    kept = {e.payload["question"]: e.payload for e in place.ledger.latest("harbour", "attestation", by=("question",))}
    assert {name: (each["by"], each["answers"]["supports"]) for name, each in kept.items()} == {
        "usage/fees": ("fay", "no"), "usage/bills": ("fay", "yes"), "usage/grades": ("ann", "yes"),
    }  # fmt: skip


def test_the_stage_goes_on_once_everybody_said_yes(place: Place) -> None:
    say(place, "finance", "fay", fees="yes", bills="yes")
    say(place, "lead", "ann", grades="yes")
    assert settle_usage(place).missing == ()


def test_the_word_of_another_run_does_not_count(school: School, place: Place) -> None:
    say(place, "finance", "fay", fees="yes", bills="yes")
    say(place, "lead", "ann", grades="yes")
    again = school.place(USAGE, stage="data_validation_mid_cycle", run="again")
    assert len(settle_usage(again).missing) == 3


def test_a_question_that_changed_after_it_was_answered_is_asked_anew(school: School, place: Place) -> None:
    say(place, "finance", "fay", fees="yes", bills="yes")
    say(place, "lead", "ann", grades="yes")
    changed = school.place(USAGE.replace("look right", "look fine"), stage="data_validation_mid_cycle")
    missing = settle_usage(changed).missing
    assert len(missing) == 2 and all("start a new run, which asks them" in line for line in missing)


def test_without_a_question_nobody_is_asked(school: School) -> None:
    place = school.place("", stage="data_validation_mid_cycle")
    assert owners(place.project) == () and settle_usage(place).missing == ()
