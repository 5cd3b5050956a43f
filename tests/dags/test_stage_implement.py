"""The stage implement as people walk through it: rules set aside, a day agreed to, a place, and an agreement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.dags import small
from tests.dags.conftest import Migration
from tests.dags.runs import again, answer, run

from golive.readiness import slots

# A Friday to come, and the Tuesday after it.
_SOON = date.today() + timedelta(days=30)
FRIDAY = _SOON + timedelta(days=(4 - _SOON.weekday()) % 7)
TUESDAY = FRIDAY + timedelta(days=4)
PEOPLE = {"sign_as_sponsor": "ruth", "waive_calendar": "ruth", "sign_as_lead": "ann"}
TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]",
    """\
people:
  sponsor: [ruth]
  lead: [ann]
  data_engineer: [tom]
  operations: [olga]
  head_office: [olaf]
  head_nurses: [nora]
departments: [{name: office, head: head_office}, {name: nurses, head: head_nurses}]
calendar: {freeze: %s, go_live: %s}
stages: [implement]""",
)


def text_of(go_live: date) -> str:
    return TEXT % (go_live - timedelta(days=2), go_live)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Callable[[date], Migration]:
    """The harbour with a day of going live."""
    return lambda go_live: migration("harbour", text_of(go_live), *pair)


def answers(but: dict[str, Callable[[Any], None]] | None = None) -> Callable[[Any], None]:
    """Everybody approves what is theirs; ``but`` answers some forms otherwise."""
    people = PEOPLE | {"agree_as_head_office": "olaf", "agree_as_head_nurses": "nora"}

    def write(detail: Any) -> None:
        task = detail.task_instance.task_id
        (but or {}).get(task, answer(people[task], "Approve", comment=f"{task} is fine"))(detail)

    return write


def test_a_friday_is_waived_by_name_agreed_to_booked_and_signed(harbour: Callable[[date], Migration]) -> None:
    moved = harbour(FRIDAY)
    ran = run(moved, "implement", answer=answers())
    assert ran.state == "success", ran.errors
    with moved.ledger as ledger:
        waiver = ledger.last("harbour", "waiver")
        assert waiver is not None and (waiver.actor, waiver.payload["what"]) == ("ruth", "calendar/weekday")
        assert waiver.payload["reason"] == "waive_calendar is fine"
        assert waiver.payload["expires"] == FRIDAY.isoformat()
        assert slots.booked(ledger, "harbour") == FRIDAY
        agreement = ledger.last("harbour", "agreement")
        assert agreement is not None and agreement.payload["version"] == 1 and agreement.evidence_hash is not None
        evidence = ledger.evidence(agreement.evidence_hash)
        assert isinstance(evidence, dict) and "Set aside by ruth: The go-live is on Friday" in evidence["text"]
        said = {
            entry.payload["question"]: entry.actor
            for entry in ledger.entries("harbour", kind="approval")
            if entry.payload["verdict"] == "approved"
        }
        assert said == {
            "waive_calendar": "ruth",
            "agree_to_day/head_office": "olaf",
            "agree_to_day/head_nurses": "nora",
            "sign_off/sponsor": "ruth",
            "sign_off/lead": "ann",
        }
        closed = ledger.last("harbour", "stage")
        assert closed is not None and closed.payload["state"] == "closed" and closed.evidence_hash is not None
        found = ledger.evidence(closed.evidence_hash)
        assert isinstance(found, dict)
        # What was signed names this very text.
        assert agreement.evidence_hash in [each["evidence_hash"] for each in found["found"]]
        before = len(ledger.entries())
    # The stage is complete: another run changes nothing.
    assert run(moved, "implement", answer=answers()).states["open_stage"] == "skipped"
    with moved.ledger as ledger:
        assert len(ledger.entries()) == before


def test_a_friday_that_nobody_waived_is_not_booked(harbour: Callable[[date], Migration]) -> None:
    moved = harbour(FRIDAY)
    ran = run(
        moved, "implement", answer=answers({"waive_calendar": answer("ruth", "Reject", comment="not on a Friday")})
    )
    assert ran.state == "failed" and "said no: not on a Friday" in ran.error("waive_calendar")
    # Marking the form as success sets nothing aside: the booking reads the ledger.
    ran = run(moved, "implement", answer=answers(), marked="waive_calendar")
    assert ran.states["waive_calendar"] == "success"
    assert "Friday" in ran.error("book_slot") and "ruth (sponsor) can set that aside" in ran.error("book_slot")
    with moved.ledger as ledger:
        assert slots.booked(ledger, "harbour") is None
        assert ledger.last("harbour", "waiver") is None
        assert ledger.last("harbour", "agreement") is None


def test_a_department_that_did_not_agree_keeps_the_day_open_and_a_full_day_is_refused(
    harbour: Callable[[date], Migration],
) -> None:
    moved = harbour(TUESDAY)
    ran = run(moved, "implement", answer=answers(), marked="agree_as_head_nurses")
    assert ran.state == "failed"
    assert "nora (head nurses) has not agreed to the day. Clear agree_as_head_nurses" in ran.error("book_slot")
    assert "waive_calendar" not in ran.errors
    with moved.ledger as ledger:
        assert slots.booked(ledger, "harbour") is None
        assert not [e for e in ledger.entries("harbour", kind="approval") if e.payload["question"] == "waive_calendar"]
        # Meanwhile another project takes the day.
        ledger.append(
            project="golive", kind="slot", actor="golive", once=f"slot/{TUESDAY}/1/0",
            payload={"day": str(TUESDAY), "place": 1, "generation": 0, "project": "lakeside", "state": "booked",
                     "reason": ""},
        )  # fmt: skip
    after = again(moved, "implement", ran.run_id, "agree_as_head_nurses", answer=answers())
    assert f"{TUESDAY} is full: its only place on the schedule went to lakeside" in after.error("book_slot")


def test_a_day_that_moves_needs_a_reason(harbour: Callable[[date], Migration]) -> None:
    from golive.project import files

    moved = harbour(TUESDAY)
    first = run(moved, "implement", answer=answers({"sign_as_lead": answer("ann", "Reject", comment="a week later")}))
    assert first.state == "failed"
    later = TUESDAY + timedelta(days=7)
    files.file_of("harbour").write_text(text_of(later))
    without = run(moved, "implement", answer=answers())
    assert "start a new run with `reason`" in without.error("book_slot")
    ran = run(moved, "implement", answer=answers(), reason="the hall is taken")
    assert ran.state == "success", ran.errors
    with moved.ledger as ledger:
        assert slots.booked(ledger, "harbour") == later
        slot, agreement = ledger.last("harbour", "slot"), ledger.last("harbour", "agreement")
        assert slot is not None and slot.payload["state"] == "moved"
        assert slot.payload["reason"] == f"from {TUESDAY}: the hall is taken"
        assert agreement is not None and agreement.payload["version"] == 2
        assert f"new: Users are let in: **Tuesday {later}**" in agreement.payload["changed"]
