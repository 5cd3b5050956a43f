"""The validation passes before go-live: the first reports, the last demands or has it waived by name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run
from tests.migration import Migration

from golive.flow import judging, suites
from golive.flow.stages import data_validation
from golive.plan import build
from golive.project import files
from golive.readiness.stages import complete
from golive.reports.kept import kept
from golive.transfer import Mode, open_increments, settle, work

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], sponsor: [sam], data_engineer: [daniel], operations: [omar], go_live: [maria]}
training:
  groups: {offices: [ruth]}
  courses: [{name: enrolment, title: Enrolling, groups: [offices]}]
validation: {usage: [{area: families, asks: Do families fit?, owner: lead, tables: [fam]}]}
stages: [data_validation_initial, data_validation_mid_cycle, data_validation_pre_final]
""",
).replace("lanes: 1", "lanes: 2")
FINDING = "check/public.child/crossed"
BORN = "suite/child.target/born"


@pytest.fixture
def harbour(
    migration: Callable[..., Migration], pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Migration:
    """Older rows have crossed, and somebody wrote into one of them in the new system; suites of both sides ask."""
    folder = tmp_path / "expectations"
    monkeypatch.setattr(files, "EXPECTATIONS", folder)
    small.suite(folder, "kid.source", ("named", "expect_column_values_to_not_be_null", {"column": "fam"}, "critical"))
    small.suite(
        folder, "child.target", ("born", "expect_column_values_to_not_be_null", {"column": "birth_date"}, "info")
    )
    small.make(*pair)
    made = migration("harbour", TEXT, *pair)
    plan = build(made.project, made.source, made.target)
    open_increments(plan, made.source, made.target, mode=Mode.OLDER, run="before", wait_seconds=10)
    work(plan, made.source, made.target, lane=1, run="before", guard=lambda: None)
    settle(plan, made.source, made.target, run="before", guard=lambda: None)
    execute(pair[1], "update child set birth_date = null where child_id = 7")
    return made


def people(option: str = "Approve", *waive: str) -> Callable[[Any], None]:
    """Lena signs and attests; Sam says which findings may stay."""

    def fill_in(detail: Any) -> None:
        if detail.task_instance.task_id == "waive_findings":
            given: dict[str, Any] = {"waive": list(waive), "days": 5} if waive else {}
            answer("sam", option, comment="seen", **given)(detail)
        elif detail.task_instance.task_id == "attest_usage_as_lead":
            answer("lena", "Approve", comment="tried", families="yes")(detail)
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


def reports(harbour: Migration) -> list[str]:
    """The light of every report of a pass."""
    with harbour.ledger as book:
        return [each.colour for each in kept(book.entries("harbour", kind="report"))]


def closed(harbour: Migration, stage: str) -> bool:
    with harbour.ledger as book:
        return complete(book, "harbour", stage) is not None


def test_the_first_pass_reports_and_the_last_is_closed_by_a_waiver(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As many rows as are worth a lane of their own.
    monkeypatch.setattr(suites, "ROWS_PER_LANE", 100)
    for url in (harbour.source_url, harbour.target_url):
        execute(url, "analyze")
    ran = run(harbour, "data_validation_initial", answer=people())
    assert ran.state == "success", ran.errors
    assert ran.said["compare_passes"] == "Against the pass before: 2 new, 0 still open, 0 fixed, 0 regressed."
    assert "2 FAIL" in ran.said["judge_pass"] and issues(harbour) == {FINDING: "open", BORN: "open"}
    assert ran.states["write_report"] == "success" and reports(harbour) == ["amber"]
    with harbour.ledger as book:
        checks = book.entries("harbour", kind="checks")
        assert {(e.payload["part"], e.payload["lane"], e.payload["lanes"]) for e in checks} == {
            ("tables", 1, 2), ("tables", 2, 2), ("suites", 1, 2), ("suites", 2, 2),
        }  # fmt: skip
        (keys,) = book.entries("harbour", kind="failing_keys")
        assert keys.payload == {"check": BORN, "columns": ["child_id"]} and keys.evidence_hash is not None
        file = book.evidence(keys.evidence_hash)
    assert isinstance(file, bytes) and gzip.decompress(file) == b"child_id\n7\n"
    ran = run(harbour, "data_validation_mid_cycle", answer=people())
    assert ran.state == "success" and ran.said["settle_usage"] == "Use of the new system: 1 of 1 area attested."
    trained(harbour)
    ran = run(harbour, "data_validation_pre_final", answer=people("Approve", FINDING))
    assert ran.state == "success", ran.errors
    assert "2 still open" in ran.said["compare_passes"] and FINDING in ran.said["judge_pass"]
    # The opportunity stays what it is: nobody was asked about it, and it keeps nothing back.
    assert issues(harbour) == {FINDING: "waived", BORN: "open"} and closed(harbour, "data_validation_pre_final")
    with harbour.ledger as book:
        (waiver,) = book.entries("harbour", kind="waiver")
        passes = {e.payload["number"]: e.payload["ok"] for e in book.entries("harbour", kind="pass")}
    assert (waiver.actor, waiver.payload["what"], waiver.payload["reason"]) == ("sam", f"issue/{FINDING}", "seen")
    assert passes == {1: True, 2: True, 3: True}


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ([], "the field 'Set aside' was not filled in"),
        (["suite/other"], "the field 'Set aside' holds what it cannot: ['suite/other']"),
        ([FINDING, FINDING], "the field 'Set aside' holds what it cannot"),
        ([FINDING], None),
    ],
)
def test_an_approval_is_about_what_was_chosen_of_what_was_shown(chosen: list[str], says: str | None) -> None:
    field = data_validation._which(((FINDING, "Crossed"), (BORN, "Born")))
    assert (judging._misfits({"waive": field}, {"waive": chosen}) or "").startswith(says or "")
    assert bool(judging._misfits({"waive": field}, {"waive": chosen})) == bool(says)


def test_the_last_pass_goes_no_further_without_the_sponsor_or_the_courses(harbour: Migration) -> None:
    with harbour.ledger as book:
        for stage in ("data_validation_initial", "data_validation_mid_cycle"):
            book.append(
                project="harbour", stage=stage, kind="stage", actor="sam",
                payload={"state": "waived", "reason": "late"},
            )  # fmt: skip
    ran = run(harbour, "data_validation_pre_final", answer=people("Reject"))
    assert ran.state == "failed" and "said no: seen" in ran.error("waive_findings")
    assert "ruth of group offices did not do the course enrolment" in ran.error("check_trained")
    assert issues(harbour) == {FINDING: "open", BORN: "open"} and not closed(harbour, "data_validation_pre_final")
    # A no has its report, which leads nowhere: nobody was asked to sign, and the run failed.
    assert (ran.states["write_report"], ran.states["sign_as_lead"]) == ("success", "upstream_failed")
    assert reports(harbour) == ["red"]
    # Put right, a new run asks nobody.
    execute(harbour.target_url, "update child set birth_date = date '2012-01-08' where child_id = 7")
    trained(harbour)
    ran = run(harbour, "data_validation_pre_final", answer=people(), marked="judge_pass")
    assert "2 fixed" in ran.said["compare_passes"]
    assert ran.state == "failed" and "judge_pass wrote nothing in this run" in ran.error("close_stage")
    assert issues(harbour) == {FINDING: "closed", BORN: "closed"}
