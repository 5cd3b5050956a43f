"""A day that moves after it was booked: everybody agrees again, the place moves, and no stage is reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.dags import small
from tests.dags.conftest import Migration
from tests.dags.runs import again, answer, run

from golive.project import files
from golive.readiness import slots

# A Tuesday to come, and the one after it.
_SOON = date.today() + timedelta(days=30)
TUESDAY = _SOON + timedelta(days=(1 - _SOON.weekday()) % 7)
LATER = TUESDAY + timedelta(days=7)
DAYS = "  freeze: {freeze}\n  go_live: {go_live}\n"
TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]",
    """\
people:
  sponsor: [ruth]
  lead: [ann]
  data_engineer: [tom]
  operations: [olga]
  head_office: [olaf]
departments: [{name: office, head: head_office}]
calendar:
  weekdays: [tuesday]
stages: [implement, final_migration]""",
)
PEOPLE = {"agree_as_sponsor": "ruth", "agree_as_lead": "ann", "agree_as_head_office": "olaf"}


def text_of(go_live: date) -> str:
    days = DAYS.format(freeze=go_live - timedelta(days=2), go_live=go_live)
    return TEXT.replace("calendar:\n", "calendar:\n" + days)


def everybody(detail: Any) -> None:
    answer(PEOPLE[detail.task_instance.task_id], "Approve", comment="fine with us")(detail)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Callable[..., Migration]:
    """The harbour with a day that is booked; ``complete`` is whether its stage is."""

    def make(text: str, *, complete: bool = True) -> Migration:
        moved = migration("harbour", text, *pair)
        with moved.ledger as ledger:
            ledger.append(
                project=slots.SCHEDULE, kind="slot", actor=slots.ACTOR, once=f"slot/{TUESDAY}/1/0",
                payload={"day": str(TUESDAY), "place": 1, "generation": 0, "project": "harbour", "state": "booked",
                         "reason": ""},
            )  # fmt: skip
            if complete:
                ledger.append(
                    project="harbour", stage="implement", kind="stage", actor="golive", run="harbour.implement/first",
                    payload={"state": "closed", "reason": ""},
                )  # fmt: skip
        return moved

    return make


def refused(moved: Migration, task: str, **conf: Any) -> str:
    """Why a run with these params ended at this task, with nothing moved and nobody asked."""
    ran = run(moved, "reschedule", answer=None, **conf)
    assert ran.state == "failed"
    with moved.ledger as ledger:
        assert slots.booked(ledger, "harbour") == TUESDAY
        assert not ledger.entries("harbour", kind="approval")
    return ran.error(task)


def test_a_day_moves_with_a_reason_once_everybody_agreed_and_no_stage_is_reopened(
    harbour: Callable[..., Migration],
) -> None:
    moved = harbour(text_of(TUESDAY))
    with moved.ledger as ledger:
        ledger.append(
            project="harbour", stage="implement", kind="agreement", actor="golive", run="harbour.implement/first",
            payload={"version": 1, "hash": "first", "changed": []}, evidence={"text": f"Users are let in: {TUESDAY}"},
        )  # fmt: skip
    files.file_of("harbour").write_text(text_of(LATER))
    without = refused(moved, "check_move")
    assert f"The day moves from {TUESDAY} to {LATER}" in without and "start a new run with `reason`" in without

    ran = run(moved, "reschedule", answer=everybody, marked="agree_as_lead", reason="the hall is taken")
    assert "ann (lead) has not agreed to the day. Clear agree_as_lead" in ran.error("book_slot")
    with moved.ledger as ledger:
        assert slots.booked(ledger, "harbour") == TUESDAY

    ran = again(moved, "reschedule", ran.run_id, "agree_as_lead", answer=everybody)
    assert ran.state == "success", ran.errors
    with moved.ledger as ledger:
        assert [place.day for place in slots.held(ledger)] == [LATER]
        slot, agreement = ledger.last("harbour", "slot"), ledger.last("harbour", "agreement")
        assert slot is not None and slot.payload["state"] == "moved"
        assert slot.payload["reason"] == f"from {TUESDAY}: the hall is taken"
        assert agreement is not None and agreement.payload["version"] == 2
        assert f"new: Users are let in: **Tuesday {LATER}**" in agreement.payload["changed"]
        said = {each.actor for each in ledger.entries("harbour", kind="approval") if each.payload["verdict"] != "asked"}
        assert said == {"ruth", "ann", "olaf"}
        assert [each.payload["state"] for each in ledger.entries("harbour", kind="stage")] == ["closed"]

    # Whatever is cleared, the day stays where it is.
    ran = again(moved, "reschedule", ran.run_id, "check_move", answer=everybody)
    assert ran.state == "success" and ran.said["check_move"] == f"{LATER} was booked by this run"
    with moved.ledger as ledger:
        assert [place.day for place in slots.held(ledger)] == [LATER]


def test_without_a_day_in_the_file_the_first_that_fits_from_then_on_is_proposed(
    harbour: Callable[..., Migration],
) -> None:
    moved = harbour(TEXT)
    assert "start a new run with another `not_before`" in refused(moved, "check_move", reason="sooner or later")
    # The week after is another project's: the one after that fits.
    with moved.ledger as ledger:
        ledger.append(
            project=slots.SCHEDULE, kind="slot", actor=slots.ACTOR, once=f"slot/{LATER}/1/0",
            payload={"day": str(LATER), "place": 1, "generation": 0, "project": "valley", "state": "booked",
                     "reason": ""},
        )  # fmt: skip
    since, day = TUESDAY + timedelta(days=1), LATER + timedelta(days=7)
    ran = run(moved, "reschedule", answer=everybody, reason="the hall is taken", not_before=str(since))
    assert ran.state == "success", ran.errors
    assert ran.said["check_move"] == f"From {TUESDAY} to {day}: the hall is taken"
    with moved.ledger as ledger:
        assert slots.booked(ledger, "harbour") == day
        agreement = ledger.last("harbour", "agreement")
        assert agreement is not None and agreement.evidence_hash is not None
        evidence = ledger.evidence(agreement.evidence_hash)
        assert isinstance(evidence, dict) and f"Tuesday {day}" in evidence["text"]
    # The proposal was that run's own: for the next one, what is booked stands.
    ran = run(moved, "reschedule", answer=None, reason="again")
    assert f"Nothing moves, {day} is booked already" in ran.error("check_move")


def test_a_day_that_the_stage_has_not_settled_is_left_to_it(harbour: Callable[..., Migration]) -> None:
    moved = harbour(text_of(LATER), complete=False)
    assert "start harbour.implement, with `reason`" in refused(moved, "check_move", reason="the hall is taken")


@pytest.mark.parametrize("kind", ["opening", "stage"])
def test_once_the_new_system_is_open_nothing_moves(harbour: Callable[..., Migration], kind: str) -> None:
    moved = harbour(text_of(LATER))
    payload = {"step": "project team"} if kind == "opening" else {"state": "closed", "reason": ""}
    with moved.ledger as ledger:
        ledger.append(
            project="harbour", stage="final_migration", kind=kind, actor="golive", run="harbour.final_migration/night",
            payload=payload,
        )  # fmt: skip
        before = ledger.head()
    ran = run(moved, "reschedule", answer=None, reason="too late")
    assert ran.state == "success" and set(ran.states.values()) == {"skipped"}
    with moved.ledger as ledger:
        assert ledger.head() == before


def test_what_a_run_is_started_with_is_checked(harbour: Callable[..., Migration]) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.exceptions import ParamValidationError
    from tests.migration import ROOT

    moved = harbour(text_of(LATER))
    assert "The project file itself says" in refused(moved, "check_move", reason="later", not_before=str(LATER))
    dag = DagBag(ROOT / "dags" / "reschedule.py").get_dag("harbour.reschedule")
    assert dag is not None
    for wrong in ("soon", "2026-02-30", 7):
        with pytest.raises(ParamValidationError):
            dag.params.get_param("not_before").resolve(wrong)
