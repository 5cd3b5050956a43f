"""The frame that every stage shares: what opens it, what closes it, and what counts for nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, run, turn
from tests.migration import Migration

from golive.errors import ConnectionLost
from golive.flow.stages import opening
from golive.project import files
from golive.readiness.stages import State, standing

PEOPLE = """\
people:
  lead: [lena]
  sponsor: [sam]
  data_engineer: [daniel]
  operations: [omar]
  go_live: [maria, tom]
stages: [discover, onboard]
"""
TEXT = small.TEXT.replace("people: {go_live: [maria, tom]}\nstages: [final_migration]\n", PEOPLE)
YES = {"discover": answer("lena", "Approve", comment="ready"), "onboard": answer("sam", "Approve", comment="complete")}


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """Two stages before anything moves: discover, then onboard."""
    small.make(*pair)
    return migration("harbour", TEXT, *pair)


def states(migration: Migration) -> dict[str, State]:
    return {each.stage: each.state for each in standing(migration.ledger, migration.project)}


def says(migration: Migration, stage: str) -> str:
    return next(each.says for each in standing(migration.ledger, migration.project) if each.stage == stage)


def kinds(migration: Migration, kind: str, **payload: Any) -> list[Any]:
    entries = migration.ledger.entries("harbour", kind=kind)
    return [entry for entry in entries if all(entry.payload.get(name) == value for name, value in payload.items())]


def test_a_stage_opens_asks_closes_and_ends_at_once_when_it_is_complete(harbour: Migration) -> None:
    assert states(harbour) == {"discover": State.DUE, "onboard": State.CLOSED}
    assert says(harbour, "onboard") == "Waits for discover."
    ran = run(harbour, "discover", answer=YES["discover"])
    assert ran.state == "success", ran.errors
    assert states(harbour) == {"discover": State.COMPLETE, "onboard": State.DUE}
    signed = kinds(harbour, "approval", question="sign_off/lead", verdict="approved")
    assert [entry.actor for entry in signed] == ["lena"] and signed[0].payload["comment"] == "ready"
    closed = kinds(harbour, "stage", state="closed")
    assert [entry.stage for entry in closed] == ["discover"]
    snapshot = harbour.ledger.evidence(closed[0].evidence_hash)
    assert isinstance(snapshot, dict) and {each["kind"] for each in snapshot["found"]} >= {"step", "profile"}
    entries = len(harbour.ledger.entries("harbour"))
    repeated = run(harbour, "discover", answer=None)
    assert repeated.state == "success" and repeated.states["open_stage"] == "skipped"
    assert len(harbour.ledger.entries("harbour")) == entries


def test_a_stage_out_of_order_is_refused_and_begins_nothing(harbour: Migration) -> None:
    ran = run(harbour, "onboard", answer=YES["onboard"])
    assert ran.state == "failed"
    assert "waits for discover, which is not complete" in ran.error("open_stage")
    assert states(harbour) == {"discover": State.DUE, "onboard": State.CLOSED}
    assert not kinds(harbour, "stage")


def test_a_sponsor_waives_a_stage_by_name_and_with_a_reason(harbour: Migration) -> None:
    def both(detail: Any) -> None:
        comment = "the board decided" if detail.task_instance.task_id == "open_stage" else "complete"
        answer("sam", "Approve", comment=comment)(detail)

    ran = run(harbour, "onboard", answer=both, waive=True)
    assert ran.state == "success", ran.errors
    assert states(harbour) == {"discover": State.WAIVED, "onboard": State.COMPLETE}
    waived = kinds(harbour, "stage", state="waived")
    assert [(entry.stage, entry.actor, entry.payload["reason"]) for entry in waived] == [
        ("discover", "sam", "the board decided")
    ]
    assert "Waived by sam" in says(harbour, "discover")


def test_an_answer_whose_task_was_lost_stands_and_nobody_is_asked_twice(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    waive, lost = opening._waive, list[str]()

    def broken_off(here: Any, entry: Any) -> None:
        if not lost:
            lost.append(entry.actor)
            raise ConnectionLost("the server went away just then")
        waive(here, entry)

    monkeypatch.setattr(opening, "_waive", broken_off)
    ran = run(harbour, "onboard", answer=answer("sam", "Approve", comment="the board decided"), waive=True)
    assert ran.state == "success", ran.errors
    assert lost == ["sam"]
    assert len(kinds(harbour, "approval", question="waive", verdict="asked")) == 1
    assert len(kinds(harbour, "stage", state="waived")) == 1
    assert states(harbour) == {"discover": State.WAIVED, "onboard": State.COMPLETE}


def test_a_waiver_that_was_marked_as_success_opens_nothing(harbour: Migration) -> None:
    ran = run(harbour, "onboard", answer=YES["onboard"], waive=True, marked="open_stage")
    assert ran.state == "failed"
    assert "this run did not open its stage" in ran.error("check_team")
    assert states(harbour)["onboard"] is State.CLOSED


def test_a_look_that_was_marked_as_success_keeps_the_stage_open(harbour: Migration) -> None:
    ran = run(harbour, "discover", answer=YES["discover"], marked="list_documents")
    assert ran.state == "failed"
    assert "list_documents wrote nothing in this run: it was marked as success" in ran.error("close_stage")
    assert states(harbour)["discover"] is not State.COMPLETE


def test_a_last_task_that_was_marked_as_success_closes_nothing_and_on_call_hears_of_it(harbour: Migration) -> None:
    ran = run(harbour, "discover", answer=YES["discover"], marked="close_stage")
    assert ran.state == "success"
    assert states(harbour) == {"discover": State.RUNNING, "onboard": State.CLOSED}
    turn("golive.watchdog")
    told = kinds(harbour, "alarm", title="discover is green in Airflow, but not complete")
    assert len(told) == 1 and "was not closed" in told[0].payload["what"]
    assert states(harbour)["discover"] is State.STOPPED and "as a success" in says(harbour, "discover")


def test_a_sign_off_that_was_marked_as_success_signs_nothing(harbour: Migration) -> None:
    ran = run(harbour, "discover", answer=YES["discover"], marked="sign_as_lead")
    assert ran.state == "failed"
    assert "no sign-off of lead stands in the ledger" in ran.error("close_stage")


def test_a_no_is_red_recorded_and_can_be_asked_again(harbour: Migration) -> None:
    ran = run(harbour, "discover", answer=answer("lena", "Reject", comment="the profile frightens me"))
    assert ran.state == "failed"
    assert "lena said no: the profile frightens me" in ran.error("sign_as_lead")
    assert says(harbour, "discover").endswith("lena said no: the profile frightens me.")
    cleared = again(harbour, "discover", ran.run_id, "sign_as_lead", answer=YES["discover"])
    assert cleared.state == "success", cleared.errors


def test_what_changed_after_the_signature_makes_it_void(harbour: Migration) -> None:
    def change() -> None:
        with harbour.ledger as ledger:
            stage = ledger.entries("harbour", kind="step")[-1]
            ledger.append(
                project="harbour", kind="step", actor="golive", stage="discover", run=stage.run,
                payload={**stage.payload, "says": "something else was found"},
            )

    ran = run(harbour, "discover", answer=YES["discover"], before={"close_stage": change})
    assert ran.state == "failed"
    assert "the word of lead is void" in ran.error("close_stage")


def test_next_starts_what_is_due_and_says_when_it_is_paused(harbour: Migration) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    run(harbour, "discover", answer=YES["discover"])
    with create_session() as session:
        session.get(DagModel, "harbour.onboard").is_paused = True
    assert turn("harbour.next").said["find_due"] == []
    assert "onboard is paused in Airflow" in says(harbour, "onboard")
    assert len(kinds(harbour, "alarm", title="onboard is due, but paused")) == 1
    with create_session() as session:
        session.get(DagModel, "harbour.onboard").is_paused = False
    ran = turn("harbour.next")
    assert ran.said["find_due"] == ["harbour.onboard"]
    assert ran.states["start_stage[0]"] == "success"


def test_a_stage_that_cannot_be_built_takes_nothing_else_along(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither another project's DAGs of the same file, nor its own of others."""
    from airflow.dag_processing.dagbag import DagBag
    from tests.migration import ROOT

    from golive.flow.stages import closing

    def fails(role: str, stage: Any) -> Any:
        if stage.name == "onboard" and role == "sponsor":
            raise RuntimeError("no field of that kind")
        return sign_off(role, stage)

    (tmp_path / "projects" / "valley").mkdir()
    text = TEXT.replace("project: harbour", "project: valley")
    text = text.replace("discover, onboard]", "{name: onboard, signs: [lead]}]")
    (tmp_path / "projects" / "valley" / "project.yaml").write_text(text)
    sign_off = closing.sign_off
    monkeypatch.setattr(closing, "sign_off", fails)
    found = DagBag(ROOT / "dags")
    assert found.import_errors == {}
    assert {"harbour.broken_onboard", "harbour.discover", "valley.onboard"} <= set(found.dags)
    assert "harbour.onboard" not in found.dags
    assert "RuntimeError: no field of that kind" in found.dags["harbour.broken_onboard"].doc_md


def test_a_broken_file_beside_it_leaves_every_stage_as_it_is(harbour: Migration, tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from tests.migration import ROOT

    (tmp_path / "projects" / "rotten").mkdir()
    (tmp_path / "projects" / "rotten" / "project.yaml").write_text("project: rotten\n")
    found = DagBag(ROOT / "dags")
    assert found.import_errors == {}
    assert {"harbour.discover", "harbour.onboard", "harbour.next", "rotten.broken"} <= set(found.dags)
    assert not [dag_id for dag_id in found.dags if dag_id.startswith("rotten.") and dag_id != "rotten.broken"]




def test_a_stage_closes_on_what_it_looked_at_and_a_runs_name_is_used_once(harbour: Migration) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    file = files.file_of("harbour")

    def change() -> None:
        file.write_text(f"{TEXT}risks: []\n")

    ran = run(harbour, "discover", answer=YES["discover"], before={"close_stage": change})
    assert ran.state == "failed"
    assert "profile_source looked at another project file than stands now" in ran.error("close_stage")
    assert states(harbour)["discover"] is not State.COMPLETE

    # Another run under the name of this one, which was deleted: all that is in the ledger is the other's.
    file.write_text(TEXT)
    with create_session() as session:
        moved = update(DagRun).where(DagRun.run_id == ran.run_id)
        session.execute(moved.values(run_after=datetime.now(UTC) + timedelta(days=1)))
    other = again(harbour, "discover", ran.run_id, "open_stage", answer=None)
    said = other.error("open_stage")
    assert f"a run of the name {ran.run_id} is in the ledger since " in said and "and this is another one" in said
    assert len(kinds(harbour, "run")) == 1 and len(kinds(harbour, "stage", state="opened")) == 1
