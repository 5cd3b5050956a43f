"""The validation passes before go-live: the first reports, the last demands or has it waived by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run
from tests.migration import Migration

from golive.plan import build
from golive.readiness.stages import complete
from golive.transfer import Mode, open_increments, settle, work

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], sponsor: [sam], data_engineer: [daniel], operations: [omar], go_live: [maria]}
training:
  groups: {offices: [ruth]}
  courses: [{name: enrolment, title: Enrolling, groups: [offices]}]
stages: [data_validation_initial, data_validation_pre_final]
""",
)
FINDING = "check/public.child/crossed"


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """Older rows have crossed, and somebody wrote into one of them in the new system."""
    small.make(*pair)
    made = migration("harbour", TEXT, *pair)
    plan = build(made.project, made.source, made.target)
    open_increments(plan, made.source, made.target, mode=Mode.OLDER, run="before", wait_seconds=10)
    work(plan, made.source, made.target, lane=1, run="before", guard=lambda: None)
    settle(plan, made.source, made.target, run="before", guard=lambda: None)
    execute(pair[1], "update child set birth_date = null where child_id = 7")
    return made


def people(option: str = "Approve", days: int = 5) -> Callable[[Any], None]:
    """Lena signs; Sam says whether to go on with the findings."""

    def fill_in(detail: Any) -> None:
        if detail.task_instance.task_id == "waive_findings":
            answer("sam", option, comment="seen", days=days)(detail)
        else:
            answer("lena", "Approve", comment="so it is")(detail)

    return fill_in


def trained(harbour: Migration) -> None:
    entry = {"person": "ruth", "group": "offices", "course": "enrolment", "state": "attended", "on": "2026-05-01"}
    with harbour.ledger as book:
        book.append(project="harbour", kind="training", actor="lena", payload={**entry, "material": "1", "by": "lena"})


def issues(harbour: Migration) -> dict[str, str]:
    with harbour.ledger as book:
        return {e.payload["id"]: e.payload["state"] for e in book.latest("harbour", "issue", by=("id",))}


def closed(harbour: Migration, stage: str) -> bool:
    with harbour.ledger as book:
        return complete(book, "harbour", stage) is not None


def test_the_first_pass_reports_and_the_last_is_closed_by_a_waiver(harbour: Migration) -> None:
    ran = run(harbour, "data_validation_initial", answer=people())
    assert ran.state == "success", ran.errors
    assert ran.said["compare_passes"] == "Against the pass before: 1 new, 0 still open, 0 fixed, 0 regressed."
    assert "1 FAIL" in ran.said["judge_pass"] and issues(harbour) == {FINDING: "open"}
    with harbour.ledger as book:
        checks = book.entries("harbour", kind="checks")
    assert {(e.payload["lane"], e.payload["lanes"], e.stage) for e in checks} == {
        (1, 2, "data_validation_initial"), (2, 2, "data_validation_initial"),
    }  # fmt: skip
    trained(harbour)
    ran = run(harbour, "data_validation_pre_final", answer=people())
    assert ran.state == "success", ran.errors
    assert "1 still open" in ran.said["compare_passes"] and FINDING in ran.said["judge_pass"]
    assert issues(harbour) == {FINDING: "waived"} and closed(harbour, "data_validation_pre_final")
    with harbour.ledger as book:
        (waiver,) = book.entries("harbour", kind="waiver")
    assert (waiver.actor, waiver.payload["what"], waiver.payload["reason"]) == ("sam", FINDING, "seen")


def test_the_last_pass_goes_no_further_without_the_sponsor_or_the_courses(harbour: Migration) -> None:
    with harbour.ledger as book:
        book.append(
            project="harbour", stage="data_validation_initial", kind="stage", actor="sam",
            payload={"state": "waived", "reason": "late"},
        )  # fmt: skip
    ran = run(harbour, "data_validation_pre_final", answer=people("Reject"))
    assert ran.state == "failed" and "said no: seen" in ran.error("waive_findings")
    assert "ruth of group offices did not do the course enrolment" in ran.error("check_trained")
    assert issues(harbour) == {FINDING: "open"} and not closed(harbour, "data_validation_pre_final")
    # Put right, a new run asks nobody.
    execute(harbour.target_url, "update child set birth_date = date '2012-01-08' where child_id = 7")
    trained(harbour)
    ran = run(harbour, "data_validation_pre_final", answer=people(), marked="judge_pass")
    assert "1 fixed" in ran.said["compare_passes"]
    assert ran.state == "failed" and "judge_pass wrote nothing in this run" in ran.error("close_stage")
    assert issues(harbour) == {FINDING: "closed"}
