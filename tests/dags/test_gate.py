"""The gate of the final migration, its signatures, and the steps in which the new system opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, execute, run
from tests.dags.test_doors import answers, project_file, shut, untouched
from tests.migration import Migration, rows

from golive.flow.stages.final_migration import sign_criteria
from golive.flow.world import Run, World
from golive.plan import build
from golive.project.files import loaded, parse
from golive.readiness import calendar
from golive.readiness.stages import State, sentence, standing
from golive.reports import run_report
from golive.transfer import Mode, open_increments, settle, work

ROLE = "golive_test_pilot"
PARTS = f"""\
people:
  lead: [lena]
  head: [hugo]
  operations: [omar]
  go_live: [maria, tom]
stages: [{{name: final_migration, signs: [go_live, operations]}}]
criteria:
  - {{id: ready, title: The heads agree, approver: head, days: 5}}
  - {{id: clean, title: Nothing is in quarantine, measure: quarantine}}
opening:
  - {{step: project team}}
  - {{step: pilot schools, decided_by: operations, allow: [{ROLE}]}}
"""
TEXT = small.TEXT.replace("people: {go_live: [maria, tom]}\nstages: [final_migration]\n", PARTS)
WHO = {
    "sign_ready": "hugo", "approve_go_live": "maria", "approve_go_live_as_operations": "omar",
    "accept_quarantine": "maria", "decide_2_pilot_schools": "omar",
}  # fmt: skip


@pytest.fixture
def harbour(
    migration: Callable[..., Migration], pair: tuple[str, str], server_url: Callable[[str], str]
) -> Iterator[Migration]:
    """Two tables; a head signs, two roles say go, and a role of the server's is let in with the second step."""
    small.make(*pair)
    made = migration("harbour", TEXT, *pair)
    carry(made)
    execute(pair[1], f"create role {ROLE}")
    yield made
    # The grant to it stands in the database, and a test may have dropped it already.
    if rows(pair[1], f"select 1 from pg_roles where rolname = '{ROLE}'"):
        execute(pair[1], f"drop owned by {ROLE}", f"drop role {ROLE}")


def carry(migration: Migration) -> None:
    """What older_data carries: where nothing ever crossed, nothing can say that no row was refused."""
    plan = build(migration.project, migration.source, migration.target)
    sides = (plan, migration.source, migration.target)
    open_increments(*sides, mode=Mode.OLDER, run="ahead", wait_seconds=5)
    work(*sides, lane=1, run="ahead", guard=lambda: None)
    settle(*sides, run="ahead", guard=lambda: None)


def people(**otherwise: Callable[[Any], None]) -> Callable[[Any], None]:
    """Everybody agrees on the form that is theirs, but for these forms."""

    def write(detail: Any) -> None:
        task = detail.task_instance.task_id
        (otherwise.get(task) or answer(WHO[task], "Approve", comment="agreed"))(detail)

    return write


def written(migration: Migration, kind: str, **payload: Any) -> list[Any]:
    with migration.ledger as book:
        entries = book.entries("harbour", kind=kind)
    return [entry for entry in entries if all(entry.payload.get(name) == value for name, value in payload.items())]


def headline(migration: Migration, run_id: str, airflow: str) -> tuple[str, str]:
    with migration.ledger as book:
        report = run_report(book, "harbour", f"harbour.final_migration/{run_id}", airflow=airflow)
    return report.says, report.do


def granted(migration: Migration) -> bool:
    query = (
        "select count(*) from pg_database d, aclexplode(d.datacl) a where d.datname = current_database()"
        f" and a.grantee = '{ROLE}'::regrole and a.privilege_type = 'CONNECT'"
    )
    return rows(migration.target_url, query) == [(1,)]


def no(person: str) -> Callable[[Any], None]:
    return answer(person, "Reject", comment="not yet")


def test_it_opens_in_steps_and_each_is_a_decision_of_its_own(harbour: Migration) -> None:
    ran = run(harbour, "final_migration", answer=people(decide_2_pilot_schools=no("omar")), by="lena")
    assert ran.state == "failed" and "omar said no: not yet" in ran.error("decide_2_pilot_schools")
    assert "Clear this task when it may be asked again" in ran.error("decide_2_pilot_schools")
    assert not shut(harbour) and not granted(harbour) and ran.states["close_stage"] == "upstream_failed"
    (freeze,) = written(harbour, "freeze")
    with harbour.ledger as book:
        record: Any = book.evidence(freeze.evidence_hash)
    assert record["by"] == "maria, omar"
    (signed,) = written(harbour, "criterion", id="ready", state="PASS")
    assert signed.actor == "hugo" and signed.payload["expires"]
    assert written(harbour, "criterion", id="clean", state="PASS")
    says, do = headline(harbour, ran.run_id, "failed")
    assert says.startswith("Open for project team alone since ") and "still to come: pilot schools" in says
    assert do.startswith("omar said no: not yet. Whoever is in goes on.")

    # Marked as success, the form lets nobody in.
    late = again(harbour, "final_migration", ran.run_id, "decide_2_pilot_schools", marked="decide_2_pilot_schools")
    assert "no decision of operations to let in pilot schools" in late.error("open_2_pilot_schools")
    assert not granted(harbour) and len(written(harbour, "opening")) == 1

    # Nor is it the word of anybody if another role is to be let in by then.
    def another() -> None:
        project_file(harbour).write_text(TEXT.replace(f"allow: [{ROLE}]", "allow: [postgres]"))

    late = again(
        harbour, "final_migration", ran.run_id, "decide_2_pilot_schools", answer=people(),
        before={"open_2_pilot_schools": another},
    )
    assert "no decision of operations to let in pilot schools as the project" in late.error("open_2_pilot_schools")
    assert len(written(harbour, "opening")) == 1
    project_file(harbour).write_text(TEXT)

    # A role that is gone by then is said before anything is written or granted.
    late = again(
        harbour, "final_migration", ran.run_id, "decide_2_pilot_schools", answer=people(),
        before={"open_2_pilot_schools": lambda: execute(harbour.target_url, f"drop role {ROLE}")},
    )
    assert f"has no role '{ROLE}'" in late.error("open_2_pilot_schools") and len(written(harbour, "opening")) == 1

    # A new run finds the system open and asks nothing; the stage is not complete.
    assert set(run(harbour, "final_migration", answer=None).states.values()) == {"success", "skipped"}
    (stage,) = standing(harbour.ledger, harbour.project)
    assert stage.state is State.STOPPED and "pilot schools cannot be let in" in stage.says

    execute(harbour.target_url, f"create role {ROLE}")
    late = again(harbour, "final_migration", ran.run_id, "open_2_pilot_schools", answer=None)
    assert late.state == "success", late.errors
    first, second = written(harbour, "opening")
    assert (second.payload["step"], second.payload["approved_by"], second.payload["allow"]) == (
        "pilot schools", "omar", [ROLE],
    )
    assert first.payload["later"] == ["pilot schools"] and second.payload["later"] == []
    assert granted(harbour)
    assert [each.state for each in standing(harbour.ledger, harbour.project)] == [State.COMPLETE]
    says, do = headline(harbour, ran.run_id, "success")
    assert says.startswith("Open since ") and do.startswith("Pilot schools may begin.")
    # Cleared once more, the finished run writes nothing.
    before = harbour.ledger.head()
    late = again(harbour, "final_migration", ran.run_id, "decide_2_pilot_schools", answer=None)
    assert late.state == "success" and harbour.ledger.head() == before


def test_everything_missing_is_said_at_once_and_nobody_is_asked(harbour: Migration) -> None:
    execute(harbour.target_url, f"drop role {ROLE}")
    run(harbour, "older_data", answer=None)
    execute(harbour.source_url, "update kid set born = 'soon', upd = now() where id = 7")
    run(harbour, "older_data", answer=None)
    ran = run(harbour, "final_migration", answer=None)
    assert ran.state == "failed" and untouched(harbour)
    said = ran.error("check_gate")
    assert f"has no role '{ROLE}'" in said
    assert "Nothing is in quarantine (clean): FAIL, 1 open of 2 (public.child: 1)" in said and "The heads" not in said
    assert written(harbour, "approval") == [] and written(harbour, "criterion", id="clean", state="FAIL")
    assert "has no role" in sentence(harbour.ledger, harbour.project, "final_migration")
    says, do = headline(harbour, ran.run_id, "failed")
    assert says == "Stopped at the gate: 2 things missing. Nothing was changed." and "1 more, below" in do
    # A dry run tells it too, and goes on.
    ran = run(harbour, "final_migration", answer=None, dry_run=True)
    assert ran.state == "success", ran.errors
    assert "It would not let a go-live pass: 2 missing" in ran.said["check_gate"]
    assert written(harbour, "approval") == []


def test_a_signature_is_given_once_and_a_form_that_was_marked_gives_none(harbour: Migration) -> None:
    ran = run(harbour, "final_migration", answer=people(), marked="sign_ready")
    assert ran.state == "failed"
    assert "The heads agree (ready): VACUOUS, waits for the word of hugo (head)" in ran.error("show_dry_run")
    assert written(harbour, "dry_run") == [] and answers(harbour, "criterion/ready") == []

    # One role's word is not everybody's.
    ran = run(harbour, "final_migration", answer=people(), marked="approve_go_live_as_operations")
    assert "holds no approval of what this run showed, by operations." in ran.error("freeze_source")
    assert "the form of approve_go_live_as_operations (clear" in ran.error("freeze_source")
    assert answers(harbour, "criterion/ready") == [("golive", "asked"), ("hugo", "approved")]

    # The signature stands in the next run; a No of one role is red and recorded, whatever the other says.
    ran = run(harbour, "final_migration", answer=people(approve_go_live_as_operations=no("omar")))
    assert ran.state == "failed" and ran.states["freeze_source"] == "upstream_failed"
    assert len(answers(harbour, "criterion/ready")) == 2
    assert answers(harbour, "go_live/operations")[-1] == ("omar", "rejected")
    assert untouched(harbour) and shut(harbour)

    # A run that somebody marks as success moves nothing.
    mark_run(f"{harbour.project.name}.final_migration", ran.run_id)
    assert [each.state for each in standing(harbour.ledger, harbour.project)] == [State.STOPPED]
    assert shut(harbour)


def test_a_head_who_is_not_asked_otherwise_has_a_form(airflow_home: Path) -> None:
    departments = "departments:\n  - {name: yard, title: The yard, head: lead}\n  - {name: office, head: head}\n"
    departments += "  - {name: night, head: operations}\n"  # says go, and is asked already
    form, yard, office = sign_criteria(parse(TEXT + departments, "project.yaml", "harbour"))
    assert (form.task_id, yard.task_id) == ("sign_ready", "sign_department_yard")
    # Whoever signs another criterion has not been asked about the go-live.
    assert (office.task_id, office.question.role) == ("sign_department_office", "head")
    assert (yard.question.name, yard.question.role) == ("criterion/department_yard", "lead")
    assert yard.question.subject == "is this so: The yard agrees to the go-live?"


def mark_run(dag_id: str, run_id: str) -> None:
    """Mark a run as success, as Airflow's button does."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import update

    with create_session() as session:
        marked = update(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        session.execute(marked.values(state=DagRunState.SUCCESS))


def counted(migration: Migration, rows: int) -> None:
    """A validation pass that found so many rows to differ."""
    diff = {"table": "public.child", "matching": 1, "different": rows, "missing": 0, "extra": 0, "examples": []}
    result = {"check": "rows", "table": "public.child", "verdict": "PASS", "says": "", "looked_at": 1, "diff": diff}
    with migration.ledger as book:
        book.append(
            project="harbour", kind="checks", actor="golive", stage="data_validation_pre_final", run="harbour.x/one",
            payload={"lane": 1, "lanes": 1, "verdict": "PASS"}, evidence={"results": [result], "rows": rows},
        )


@pytest.mark.parametrize("what", ["mismatch", "expired", "no longer"])
def test_what_decides_is_worked_out_again_before_the_freeze(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    counted(harbour, 3)
    def change() -> None:
        if what == "mismatch":
            counted(harbour, 4)
        elif what == "expired":
            in_a_week = datetime.now(UTC).date() + timedelta(days=8)
            monkeypatch.setattr(World, "today", property(lambda _: in_a_week))
        else:
            quarantined(harbour)

    ran = run(harbour, "final_migration", answer=people(), before={"freeze_source": change})
    assert ran.state == "failed" and untouched(harbour)
    said = ran.error("freeze_source")
    assert "what was agreed to does not hold any more:" in said and "Nothing was changed. Start a new run" in said
    expected = {
        "mismatch": "- changed since: the mismatches of public.child: 3 then, 4 now",
        "expired": "- The heads agree (ready): FAIL, signed by hugo on ",
        "no longer": "- Nothing is in quarantine (clean): FAIL, 1 open of 2 (public.child: 1)",
    }
    assert expected[what] in said
    assert what != "expired" or "which held until " in said


def quarantined(migration: Migration) -> None:
    """A row comes into quarantine while people decide."""
    from golive.databases.relation import Refusal

    with migration.target.session() as connection:
        migration.target.state.prepare(connection)
        refusals = [Refusal(("7",), "no key", None, None)]
        migration.target.held.quarantine(connection, "harbour", "public.child", refusals, None)


def test_nobody_agrees_to_a_run_of_their_own(harbour: Migration) -> None:
    ran = run(harbour, "final_migration", answer=people(), by="maria")
    assert ran.state == "failed" and untouched(harbour)
    assert "maria started this run, and nobody agrees to a run of their own" in ran.error("approve_go_live")
    asked = written(harbour, "approval", question="go_live", verdict="asked")
    assert [entry.payload["people"] for entry in asked] == [["tom"]]
    # Where nobody else holds the role, nobody is asked at all.
    ran = run(harbour, "final_migration", answer=people(), by="omar")
    assert "only omar holds the role operations, and started this run" in ran.error("approve_go_live_as_operations")


def test_the_gate_does_not_arm_where_everybody_is_an_administrator(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    ran = run(harbour, "final_migration", answer=people())
    assert ran.state == "failed" and "everybody is an administrator here" in ran.error("check_gate")
    assert untouched(harbour) and written(harbour, "approval") == []


def test_a_lane_whose_evidence_lacks_a_table_keeps_the_door_shut(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget() -> None:
        """The lane that looked at the children says PASS, of fewer tables than it was given."""
        with harbour.ledger as book:
            last = book.entries("harbour", kind="checks")[-1]
            evidence: Any = book.evidence(str(last.evidence_hash))
            kept = [result for result in evidence["results"] if result["check"] != "rows"]
            book.append(
                project="harbour", stage=last.stage, kind="checks", actor="golive", run=last.run, payload=last.payload,
                evidence={"results": kept},
            )

    ran = run(harbour, "final_migration", answer=people(), before={"prove_arrival": forget})
    assert ran.state == "failed" and shut(harbour)
    said = ran.error("prove_arrival")
    assert "the checks say ERROR: " in said and ": rows). Clear check_tables" in said

    # So does one changed line of the mapping, even now.
    def change() -> None:
        project_file(harbour).write_text(TEXT.replace("name: trim(nm)", "name: upper(nm)"))

    ran = again(harbour, "final_migration", ran.run_id, "split_checks", before={"prove_arrival": change})
    assert "- changed since: the mapping of public.family. Start a new run" in ran.error("prove_arrival")
    project_file(harbour).write_text(TEXT)

    # A signature that ends after the freeze does not end the night.
    in_a_week = datetime.now(UTC).date() + timedelta(days=8)
    monkeypatch.setattr(World, "today", property(lambda _: in_a_week))
    ran = again(harbour, "final_migration", ran.run_id, "freeze_source", answer=people())
    assert ran.state == "success", ran.errors


BOOKED = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {go_live: [maria, tom], sponsor: [sue]}
calendar: {at_hand: []}
stages: [implement, final_migration]
""",
)


@pytest.fixture
def booked(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """The stage implement is complete, and a day to come is booked."""
    small.make(*pair)
    made = migration("harbour", BOOKED, *pair)
    project, hashed = loaded("harbour")
    with made.ledger as book:
        here = World(project, made.source, made.target, book, Run("harbour.implement", "r", manual=True), hashed)
        outcome = calendar.book_day(here, "")
        assert not outcome.missing
        for record in outcome.records:
            here.write(record.kind, record.payload, evidence=record.evidence)
        here.write("stage", {"state": "closed", "reason": ""})
    return made


def test_on_a_day_that_nobody_booked_a_sponsor_says_by_name_that_it_may_begin(booked: Migration) -> None:
    # A dry run asks nobody, and says it.
    ran = run(booked, "final_migration", answer=None, dry_run=True)
    assert ran.state == "success", ran.errors
    assert "It would not let a go-live pass: 1 missing" in ran.said["check_gate"]
    assert written(booked, "approval") == []

    # Marked as success, the form waives nothing.
    ran = run(booked, "final_migration", answer=None, marked="waive_day")
    assert "today is not one of the days that were agreed to: Go-live on " in ran.error("check_gate")
    assert "sue (sponsor) lets it begin today, on the form waive_day" in ran.error("check_gate")

    def answering(detail: Any) -> None:
        asked = detail.task_instance.task_id == "waive_day"
        bodies[detail.task_instance.task_id] = detail.body
        answer("sue" if asked else "maria", "Approve" if asked else "Reject", comment="the hall is free")(detail)

    bodies: dict[str, str] = {}
    ran = run(booked, "final_migration", answer=answering)
    assert ran.state == "failed" and "maria said no" in ran.error("approve_go_live"), ran.errors
    (waiver,) = written(booked, "waiver")
    today = datetime.now(UTC).date().isoformat()
    assert (waiver.actor, waiver.payload["what"], waiver.payload["expires"]) == ("sue", f"day/{today}", today)
    assert waiver.payload["reason"] == "the hall is free" and "; today is " in waiver.payload["says"]
    assert "Tomorrow it would need another word" in bodies["waive_day"]
    # Whoever says go sees the booked days beside today.
    assert f"cut-over on {waiver.payload['says'].partition('cut-over on ')[2]}" in bodies["approve_go_live"]
    assert untouched(booked)
