"""What is told: to whom nobody could be reached, past an address that takes nothing, and without the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time.context import set_current_context
from tests.dags import small
from tests.dags.receiving import Receiver, receiving
from tests.integration.flow.acting import Run
from tests.integration.flow.test_opening import kinds
from tests.migration import Migration

from golive.errors import ChecksFailed, Terminal
from golive.flow import alerts, cutover, notes, watchdog
from golive.flow.escalation import escalate
from golive.flow.incident import Incident
from golive.flow.looks import forms, night, stages, told
from golive.freeze import freeze, unfreeze
from golive.ledger import Ledger
from golive.project.files import parse

# Apprise asks for a module that Python 3.13 has no more.
LEVELS = """\
support:
  levels:
    - {level: 1, role: go_live, hours: always, escalate_minutes: 30}
    - {level: 2, role: operations, hours: always, escalate_minutes: 60}
"""


@pytest.fixture
def received(harbour: Migration, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """The address ``on_call`` behind golive_alerts."""
    with receiving(monkeypatch) as receiver:
        yield receiver


def tell(incident: str = "one", **more: Any) -> bool:
    return alerts.send("harbour", incident, f"incident {incident}", "it broke", "mend it", **more)


def now() -> datetime:
    return datetime.now(UTC)


def again(migration: Migration, at: datetime) -> list[Incident]:
    with migration.ledger as book:
        return list(told.undelivered(migration.project, book, at))


def alarms(migration: Migration) -> list[tuple[str, bool]]:
    return [(entry.once or "", entry.payload["delivered"]) for entry in kinds(migration, "alarm")]


def test_what_reached_nobody_is_told_once_there_is_an_address(
    harbour: Migration, received: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_GOLIVE_ALERTS")
    assert tell() is False and tell() is False
    assert alarms(harbour) == [("alarm/one", False)] and again(harbour, now()) == []
    received.address("golive_alerts", "on_call")
    (incident,) = again(harbour, now())
    assert (incident.name, incident.what, incident.to) == ("one", "it broke", "golive_alerts")
    assert again(harbour, now() + timedelta(days=8)) == []
    assert tell() is True and tell() is False
    assert received.titles("on_call") == ["Golive harbour: incident one"]
    assert alarms(harbour) == [("alarm/one", False), ("told/one", True)] and again(harbour, now()) == []


@pytest.mark.parametrize("extra", [{"url": "json://127.0.0.1:1"}, {"urls": []}])
def test_a_connection_that_holds_no_address_is_no_success(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any]
) -> None:
    connection = json.dumps({"conn_type": "generic", "extra": json.dumps(extra)})
    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_ALERTS", connection)
    says = r"connection golive_alerts holds no address for the message .*\"urls\": \[...\]"
    with pytest.raises(Terminal, match=says):
        tell()
    assert alarms(harbour) == [("alarm/one", False)]
    run = Run(harbour)
    run.open()
    with pytest.raises(ChecksFailed, match="nobody would hear of what goes wrong: connection golive_alerts"):
        run.do(cutover.check_gate)


def test_a_failure_that_no_address_took_is_not_lost(harbour: Migration, received: Receiver) -> None:
    received.refusing.add("on_call")
    with pytest.raises(Terminal, match="no address of connection golive_alerts took the message 'incident one'"):
        tell()
    with pytest.raises(Terminal):
        tell()
    assert alarms(harbour) == [("alarm/one", False)] and len(again(harbour, now())) == 1
    received.refusing.clear()
    assert tell() is True and alarms(harbour)[1:] == [("told/one", True)]


def test_an_address_that_took_nothing_is_told_to_those_that_did(
    harbour: Migration, received: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    received.address("golive_alerts", "on_call", "office")
    received.refusing.add("office")
    assert tell() is True
    assert "did not take the message 'incident one': JSON at 127.0.0.1" in caplog.text and "secret" not in caplog.text
    with harbour.ledger as book:
        (found,) = told.refusing(harbour.project, book, now())
        assert found.title == "an address of golive_alerts takes no message"
        assert "JSON at 127.0.0.1 did not take the message 'incident one'" in found.what and "secret" not in found.what
        assert list(told.refusing(harbour.project, book, now() + timedelta(days=2))) == []
        tell(found.name)
        # What tells of it tells of nothing more.
        assert [each.name for each in told.refusing(harbour.project, book, now())] == [found.name]


def test_an_address_is_known_by_its_host_and_never_by_a_token() -> None:
    import apprise

    slack = apprise.Apprise.instantiate("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#x")
    said = alerts._host(slack, "Slack", 0)
    assert said.startswith("Slack at t") and "t1jj3t3l2" not in said.lower()
    (posted,) = alerts.post(["no"], "", "")
    assert (posted.taken, posted.host) == (False, "no address, the address number 1")


def test_without_the_ledger_people_are_told_once_an_hour(
    harbour: Migration, received: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path / "logs"))
    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_LEDGER", "postgresql://golive:hunter2@127.0.0.1:1/none")
    for _ in range(2):
        with pytest.raises(Terminal, match="harbour: connection golive_ledger: "):
            watchdog.look.function()
    (message,) = received.messages["on_call"]
    assert message["title"] == "Golive harbour: the ledger cannot be read" and "hunter2" not in json.dumps(message)
    assert received.titles("on_call") and tell("another") is True
    received.refusing.add("on_call")
    assert tell("a third") is False
    received.refusing.clear()
    assert tell("a third") is True and tell("a third") is False, "what reached nobody was not told"
    monkeypatch.setattr(alerts, "TOLD_AGAIN_SECONDS", 0)
    assert tell("another") is True


# Runs that nobody reports


class Instance(SimpleNamespace):
    """What Airflow says of runs: the state of each that it has."""

    runs: dict[str, str]

    def get_dr_count(self, *, dag_id: str, run_ids: list[str], states: list[str] | None = None) -> int:
        state = self.runs.get(f"{dag_id}/{run_ids[0]}")
        return int(state is not None and (states is None or state in states))

    def get_dagrun_state(self, dag_id: str, run_id: str) -> str:
        return self.runs[f"{dag_id}/{run_id}"]


def seen(migration: Migration, look: Any, runs: dict[str, str], at: datetime | None = None) -> list[Incident]:
    with set_current_context({"ti": Instance(runs=runs)}), migration.ledger as book:  # type: ignore[arg-type]
        return list(look(migration.project, book, at or now()))


def test_a_run_that_is_gone_or_failed_without_a_word_is_told(harbour: Migration, run: Run) -> None:
    run.open()
    name = "harbour.final_migration/one"
    assert seen(harbour, stages.stalled, {name: "running"}) == []
    (gone,) = seen(harbour, stages.stalled, {})
    assert "was deleted" in gone.title and gone.do.startswith("start a new run of harbour.final_migration")
    (failed,) = seen(harbour, stages.stalled, {name: "failed"})
    assert failed.title == "the run of final migration failed" and "the process of a task was killed" in failed.what
    alerts.send("harbour", failed.name, failed.title, failed.what, failed.do)
    assert seen(harbour, stages.stalled, {name: "failed"}) == []
    run.open()  # cleared, and killed once more
    (once_more,) = seen(harbour, stages.stalled, {name: "failed"})
    assert once_more.name != failed.name
    alerts.send("harbour", f"{name}/check_gate/1", "check_gate failed", "why", "do")
    assert seen(harbour, stages.stalled, {name: "failed"}) == []


def test_a_form_of_a_run_that_is_over_waits_for_nobody(harbour: Migration) -> None:
    with harbour.ledger as book:
        book.append(
            project="harbour", kind="approval", actor="golive", run="harbour.final_migration/one",
            payload={"question": "go_live", "verdict": "asked", "evidence_hash": "x", "people": ["maria"]},
        )  # fmt: skip
    later = now() + timedelta(hours=2)
    assert len(seen(harbour, forms.unanswered, {"harbour.final_migration/one": "running"}, later)) == 1
    for runs in ({}, {"harbour.final_migration/one": "failed"}):
        assert seen(harbour, forms.unanswered, runs, later) == []


def test_a_freeze_that_the_ledger_does_not_know_is_told(harbour: Migration, run: Run) -> None:
    """freeze_source was killed between the freeze and its entry."""
    freeze(harbour.source, "harbour", limit_seconds=20, by="maria")
    after = now() + timedelta(minutes=10)
    assert seen(harbour, night.unknown, {}, after) == []  # nobody began a go-live: it is not looked at
    run.open()
    assert seen(harbour, night.unknown, {}) == []  # it may be under way
    (found,) = seen(harbour, night.unknown, {}, after)
    assert found.title == "the old system is frozen, and the ledger does not know of it"
    assert "harbour_old refuses writes since" in found.what and "golive unfreeze harbour" in found.do
    unfreeze(harbour.source, "harbour")
    assert seen(harbour, night.unknown, {}, after) == []


def test_a_freeze_is_watched_until_support_is_complete(harbour: Migration, run: Run) -> None:
    run.night(skip=("increments", "sweep", "checks"))
    unfreeze(harbour.source, "harbour")
    assert len(seen(harbour, night.broken, {})) == 1
    with harbour.ledger as book:
        book.append(project="harbour", kind="opening", actor="golive", payload={"step": "project team"})
        assert len(seen(harbour, night.broken, {})) == 1
        book.append(
            project="harbour", kind="stage", stage="final_migration", actor="golive", payload={"state": "closed"}
        )
    assert seen(harbour, night.broken, {}) == []


# Who takes an alarm up


def test_an_alarm_is_taken_up_by_people_of_the_project_alone(harbour: Migration) -> None:
    text = small.TEXT.replace("people: {", "people: {operations: [omar], ") + LEVELS
    project = parse(text, "project.yaml", "harbour")

    def calls(book: Ledger) -> int:
        return len(list(escalate(project, book, now() + timedelta(minutes=31))))

    with harbour.ledger as book:
        book.append(project="harbour", kind="opening", actor="golive", payload={"step": "project team"})
        said = {"title": "a lane", "what": "is silent", "do": "look", "delivered": True, "table": ""}
        book.append(project="harbour", kind="alarm", actor="golive", once="alarm/silent/x", payload=said)
        assert calls(book) == 1
        refused = {"question": "sign_off/lead", "verdict": "refused", "evidence_hash": "", "comment": ""}
        for actor in ("nobody", "the migration's team", "maria"):
            book.append(project="harbour", kind="approval", actor=actor, payload=refused)
        book.append(project="harbour", kind="unfreeze", actor="the migration's team", payload={"did": []})
        assert calls(book) == 1
        book.append(project="harbour", kind="ticket", actor="maria", payload={"level": 1})
        assert calls(book) == 0


# Notes


def test_a_note_that_cannot_be_set_costs_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One try: whoever waited for a wrong host waited in every task."""
    from golive.errors import ConnectionLost
    from golive.flow import rest

    slept: list[float] = []
    monkeypatch.setattr(rest.time, "sleep", slept.append)
    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_AIRFLOW", "http://golive:secret@127.0.0.1:1")
    with pytest.raises(ConnectionLost):
        notes.set_note("harbour.discover", "one", "Waits.")
    assert slept == [] and notes.SECONDS <= 5
