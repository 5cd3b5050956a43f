"""Support: everything that is missing is said at once; put right, it is handed over and the report is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, run
from tests.dags.test_watchdog import received
from tests.migration import Migration

from golive.flow.escalation import escalate
from golive.ledger import Entry
from golive.project import files
from golive.readiness.stages import complete

# The address to which messages go; Apprise asks for a module that Python 3.13 has no more.
__all__ = ["received"]

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], sponsor: [sam], data_engineer: [daniel], operations: [omar], go_live: [maria], registrar: [ruth]}
stages: [support]
support:
  levels:
    - {level: 1, role: registrar, hours: "Mon-Fri", escalate_minutes: 30}
    - {level: 2, role: operations, hours: always, escalate_minutes: 60, alerts: on_call}
    - {level: 3, role: data_engineer, hours: always, escalate_minutes: 240}
  figures: [{name: families, says: All families, at_most_ms: 60000, query: "select * from family"}]
  outcomes:
    - {name: lists, says: The lists are drawn, owner: operations, dag: harbour.review}
    - {name: reports, says: The state gets its reports, owner: registrar}
  credentials: [golive_no_such_login]
  hand_over: {to: Harbour IT}
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """The new system is open, one calm day's tickets were entered, and the lists were not drawn since."""
    small.make(*pair)
    made = migration("harbour", TEXT, *pair)
    with made.ledger as book:
        opening = book.append(
            project="harbour", stage="final_migration", kind="opening", actor="golive",
            payload={"step": "project team", "approved_by": "maria"},
        )  # fmt: skip
        ticket = {"on": f"{opening.at:%Y-%m-%d}", "level": 1, "opened": 2, "closed": 2, "open": 0}
        book.append(project="harbour", kind="ticket", actor="omar", payload=ticket)
    return made


def people(detail: Any) -> None:
    who = {"attest_outcomes_registrar": "ruth", "sign_as_operations": "omar"}
    answer(who.get(detail.task_instance.task_id, "sam"), "Approve", comment="so it is")(detail)


def test_it_is_handed_over_once_nothing_is_missing(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://golive.test/")
    ran = run(harbour, "support", answer=people)
    assert ran.state == "failed"
    assert "the connection on_call, which holds no address" in ran.error("check_roster")
    assert "harbour.review did not work since the opening" in ran.error("check_outcomes")
    assert "the DAGs still belong to golive. lena (lead): write `owner: Harbour IT`" in ran.error("check_owner")
    file = files.PROJECTS / "harbour" / "project.yaml"
    file.write_text(f"owner: Harbour IT\n{file.read_text()}")
    assert ran.states["settle_hyper_care"] == ran.states["measure_figures"] == "success", ran.errors
    assert "was ended early by sam: so it is" in ran.said["settle_hyper_care"]
    monkeypatch.setenv("AIRFLOW_CONN_ON_CALL", '{"conn_type": "generic", "extra": {"urls": ["json://localhost"]}}')
    with harbour.ledger as book:
        drawn = {"task": "draw_work_lists", "says": "Nothing is to be looked at.", "missing": []}
        book.append(
            project="harbour", stage="review", kind="step", actor="golive", run="harbour.review/1", payload=drawn
        )
    no = answer("omar", "Reject", comment="one login is left")
    ran = again(
        harbour, "support", ran.run_id, "check_roster", "check_outcomes", "check_owner",
        answer=lambda detail: (no if detail.task_instance.task_id == "sign_as_operations" else people)(detail),
    )  # fmt: skip
    assert ran.state == "failed" and ran.states["write_closing_report"] == "success", ran.errors
    # Written and sent before the no; looked at again, the report stands, and nobody is sent it twice.
    ran = again(harbour, "support", ran.run_id, "write_closing_report", answer=people)
    assert ran.state == "success", ran.errors
    sent = [message for message in received if message["title"] == "Golive harbour: the move is over"]
    assert len(sent) == 1 and "# Harbour: the move is over" in sent[0]["message"]
    link = f"http://golive.test/golive/run/harbour.support/{quote(ran.run_id, safe='')}"
    assert f"To do: read the whole report and everything behind it: {link}" in sent[0]["message"]
    with harbour.ledger as book:
        assert complete(book, "harbour", "support") is not None
        (report,) = book.entries("harbour", kind="report")
        assert report.evidence_hash is not None
        evidence = book.evidence(report.evidence_hash)
        figures = book.latest("harbour", "figure", by=("name",))
    assert isinstance(evidence, dict) and evidence["text"].startswith("# Harbour: the move is over")
    assert [entry.payload["state"] for entry in figures] == ["PASS"]


def test_no_door_opens_by_a_mark(harbour: Migration) -> None:
    ran = run(harbour, "support", answer=people, marked="end_hyper_care|check_roster|check_outcomes")
    assert ran.state == "failed" and "nobody agreed to end it before" in ran.error("settle_hyper_care")
    with harbour.ledger as book:
        assert complete(book, "harbour", "support") is None


def calls(harbour: Migration, minutes: int) -> list[tuple[str, str | None]]:
    """Who would be called so many minutes from now."""
    with harbour.ledger as book:
        found = escalate(harbour.project, book, datetime.now(UTC) + timedelta(minutes=minutes))
        return [(incident.title, incident.to) for incident in found]


def alarm(harbour: Migration, once: str, title: str = "a lane is silent") -> Entry:
    with harbour.ledger as book:
        payload = {"title": title, "what": "It is.", "do": "Look", "table": "", "delivered": True}
        return book.append(project="harbour", kind="alarm", actor="golive", payload=payload, once=f"alarm/{once}")


def test_each_level_is_called_in_its_time_and_once(harbour: Migration) -> None:
    assert calls(harbour, 1000) == []
    entry = alarm(harbour, "silent/harbour.older_data/r/1/x")
    assert calls(harbour, 29) == []
    second, third = ("level 2: a lane is silent", "on_call"), ("level 3: a lane is silent", None)
    assert calls(harbour, 31) == [second]
    assert calls(harbour, 91) == [second, third]
    alarm(harbour, f"escalated/{entry.seq}/2", "level 2: a lane is silent")
    assert calls(harbour, 1000) == [third]


def test_what_was_taken_up_calls_nobody_else(harbour: Migration) -> None:
    alarm(harbour, "unseen/lanes/0")
    alarm(harbour, "seen/lanes/7")
    alarm(harbour, "closing/7", "the move is over")
    assert calls(harbour, 1000) == []
    alarm(harbour, "harbour.older_data/r1/move_rows/1")
    with harbour.ledger as book:
        entry = {"project": "harbour", "kind": "increment", "payload": {}}
        book.append(**entry, actor="golive", run="harbour.older_data/r2")
        assert len(calls(harbour, 1000)) == 2
        book.append(**entry, actor="golive", run="harbour.older_data/r1")
        assert calls(harbour, 1000) == []
        alarm(harbour, "frozen/1")
        assert len(calls(harbour, 1000)) == 2
        book.append(project="harbour", kind="ticket", actor="omar", payload={"on": "2026-06-02", "level": 1})
    assert calls(harbour, 1000) == []


def test_before_the_opening_nobody_is_called(migration: Callable[..., Migration], pair: tuple[str, str]) -> None:
    small.make(*pair)
    shut = migration("harbour", TEXT, *pair)
    alarm(shut, "frozen/1")
    assert calls(shut, 1000) == []
