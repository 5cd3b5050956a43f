"""What people are told, once each, through a real HTTP server: by the watchdog, and by tasks that fail."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run, turn, write_past
from tests.migration import Migration

from golive.flow import watchdog
from golive.flow.alerts import in_words
from golive.project import files

SECRET = "hunter2"

# Apprise asks for a module that Python 3.13 has no more.


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What arrived at the one address of the connection golive_alerts."""
    messages: list[dict[str, Any]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _address(monkeypatch, f"json://127.0.0.1:{server.server_port}")
    yield messages
    server.shutdown()
    thread.join()
    server.server_close()


def _address(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    connection = {"conn_type": "generic", "extra": json.dumps({"urls": urls})}
    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_ALERTS", json.dumps(connection))


def look() -> tuple[str, str]:
    """One turn of the watchdog: its state, and what it said as it failed."""
    ran = turn("golive.watchdog")
    return ran.state, str(ran.errors.get("look", ""))


def later(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    """Let the watchdog look so long after now."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + passed

    monkeypatch.setattr(watchdog, "datetime", Clock)


@contextmanager
def cut_off(connection: str) -> Iterator[None]:
    """A connection whose server nobody finds: its URL names a port at which nothing listens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_CONN_{connection.upper()}", f"postgresql://golive:{SECRET}@127.0.0.1:1/none")
        yield


def alps(migration: Migration, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second project, which comes first by its name, between the same databases."""
    (files.PROJECTS / "alps").mkdir()
    (files.PROJECTS / "alps" / "project.yaml").write_text(small.TEXT.replace("harbour", "alps"))
    monkeypatch.setenv("AIRFLOW_CONN_ALPS_OLD", migration.source_url)
    monkeypatch.setenv("AIRFLOW_CONN_ALPS_NEW", migration.target_url)


def beat(migration: Migration, minutes: int, *, ended: bool = False) -> None:
    """A lane that was last heard of so long ago."""
    with migration.target.session() as connection:
        migration.target.state.prepare(connection)
        migration.target.state.beat(
            connection, "harbour", "harbour.older_data/r", 2, "child", "load 100..200", 7, ended=ended
        )
    execute(migration.target_url, f"update golive.heartbeat set at = at - interval '{minutes} minutes'")


@pytest.fixture
def stands(airflow_home: Path) -> Iterator[Callable[[str, str], None]]:
    """Makes a run that goes on in Airflow; it is gone after the test."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType
    from sqlalchemy import delete

    made: list[tuple[str, str]] = []

    def make(dag_id: str, run_id: str) -> None:
        with create_session() as session:
            session.add(DagRun(
                dag_id=dag_id, run_id=run_id, run_type=DagRunType.MANUAL, state=DagRunState.RUNNING,
                run_after=datetime.now(UTC),
            ))  # fmt: skip
        made.append((dag_id, run_id))

    yield make
    with create_session() as session:
        for dag_id, run_id in made:
            session.execute(delete(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))


def test_a_project_that_never_ran_is_quiet(harbour: Migration, received: list[dict[str, Any]]) -> None:
    assert look() == ("success", "")
    assert received == []


def test_a_silent_lane_is_told_once(harbour: Migration, received: list[dict[str, Any]]) -> None:
    beat(harbour, 4)
    look()
    beat(harbour, 60, ended=True)
    look()
    assert received == []
    beat(harbour, 6)
    assert look() == ("success", "")
    (message,) = received
    assert message["title"] == "Golive harbour: lane 2 is silent"
    for said in ("Project: harbour", "Table: child", "load 100..200", "To do: open the run in Airflow"):
        assert said in message["message"]
    look()
    assert len(received) == 1


def test_a_form_that_waits_and_a_freeze_that_lasts_or_was_broken(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch,
    stands: Callable[[str, str], None],
) -> None:
    """One message each, at its time and not before."""

    def look_at(*minutes: int) -> list[dict[str, Any]]:
        """What is told so many minutes later, turn by turn."""
        received.clear()
        for each in minutes:
            later(monkeypatch, timedelta(minutes=each))
            look()
        return list(received)

    with harbour.ledger as book:
        book.append(
            project="harbour", kind="approval", actor="golive", run="harbour.final_migration/r",
            payload={"question": "go_live", "verdict": "asked", "evidence_hash": "x", "people": ["maria", "tom"]},
        )
    stands("harbour.final_migration", "r")
    assert look_at(59) == []
    (message,) = look_at(61, 70)
    assert message["title"] == "Golive harbour: a form waits for an answer"
    assert "maria, tom" in message["message"] and "Required Actions" in message["message"]

    plant = partial(execute, harbour.target_url, "delete from child where child_id = 7")
    assert run(harbour, "final_migration", before={"finish_tables": plant}).state == "failed"
    assert look_at(239) == []
    (message,) = look_at(241, 250)
    assert message["title"] == "Golive harbour: the old system is frozen for too long"
    assert "golive unfreeze harbour" in message["message"]
    write_past(harbour.source_url, "kid")
    (message,) = look_at(251, 252)
    assert message["title"] == "Golive harbour: the freeze was broken"
    assert "kid" in message["message"] and "A new run of final_migration" in message["message"]


def test_a_broken_project_file_is_told_and_the_others_are_looked_at(
    harbour: Migration, received: list[dict[str, Any]]
) -> None:
    (files.PROJECTS / "valley").mkdir()
    (files.PROJECTS / "valley" / "project.yaml").write_text(small.TEXT.replace("project: harbour", "project: 7"))
    beat(harbour, 6)
    assert look() == ("success", "")
    assert sorted(message["title"] for message in received) == [
        "Golive harbour: lane 2 is silent", "Golive valley: its project file is wrong"
    ]
    look()
    assert len(received) == 2


def test_a_connection_that_is_missing_is_told_and_hides_no_other_project(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once somebody began with it: a sample beside one's own projects has no connections, and is no outage."""
    alps(harbour, monkeypatch)
    monkeypatch.delenv("AIRFLOW_CONN_ALPS_NEW")
    assert look() == ("success", "")
    assert received == []
    with harbour.ledger as book:
        book.append(project="alps", kind="stage", actor="golive", payload={"state": "opened"}, stage="discover")
    beat(harbour, 6)
    state, said = look()
    assert state == "failed"
    assert "alps: the lanes could not be looked at: Airflow has no connection 'alps_new'" in said
    assert sorted(message["title"] for message in received) == [
        "Golive alps: the lanes cannot be watched", "Golive harbour: lane 2 is silent"
    ]


def test_an_outage_is_told_as_it_begins_every_day_and_as_it_ends(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch,
    stands: Callable[[str, str], None],
) -> None:
    """All other looks at the project, and at the other one, go on; the task fails as long as it lasts."""
    alps(harbour, monkeypatch)
    with harbour.ledger as book:
        book.append(
            project="alps", kind="approval", actor="golive", run="alps.final_migration/r",
            payload={"question": "go_live", "verdict": "asked", "evidence_hash": "x"},
        )
    stands("alps.final_migration", "r")
    beat(harbour, 66)
    hour = timedelta(hours=1)
    told: list[list[str]] = []

    def look_at(*hours: int) -> list[str]:
        """The states, turn by turn; what was told stands in ``told``."""
        states = []
        for each in hours:
            later(monkeypatch, each * hour)
            state, said = look()
            assert state == "success" or "alps: the lanes could not be looked at: connection alps_new: " in said
            assert SECRET not in said
            states.append(state)
            told.append(sorted(message["title"].removeprefix("Golive ") for message in received))
            assert SECRET not in json.dumps(received)
            received.clear()
        return states

    def what_was_told() -> list[list[str]]:
        found = list(told)
        told.clear()
        return found

    with cut_off("alps_new"):
        later(monkeypatch, timedelta(0))
        look()
        (message,) = [each for each in received if "alps" in each["title"]]
        for said in ("Project: alps", "port 1", "Connection refused", "the server of connection alps_new runs"):
            assert said in message["message"]
        # An alarm's time is the ledger's own: after the one of hour 25 a day has yet to pass.
        assert look_at(0, 2, 23, 25, 23) == ["failed"] * 5
    begins, ends = "alps: the lanes cannot be watched", "alps: the lanes can be watched again"
    form = "alps: a form waits for an answer"
    assert what_was_told() == [[begins, "harbour: lane 2 is silent"], [form], [], [begins], []]
    later(monkeypatch, timedelta(0))
    assert look_at(0, 0) == ["success"] * 2
    assert what_was_told() == [[ends], []]
    with cut_off("alps_new"):
        assert look_at(0, 0) == ["failed"] * 2
    assert what_was_told() == [[begins], []]


def test_the_freeze_is_watched_while_the_target_is_gone(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = partial(execute, harbour.target_url, "delete from child where child_id = 7")
    assert run(harbour, "final_migration", before={"finish_tables": plant}).state == "failed"
    received.clear()

    def look_at(minutes: int) -> list[str]:
        later(monkeypatch, timedelta(minutes=minutes))
        received.clear()
        assert look()[0] == "failed"
        return sorted(message["title"].removeprefix("Golive harbour: ") for message in received)

    with cut_off("harbour_new"):
        assert look_at(0) == ["the lanes cannot be watched"]
        write_past(harbour.source_url, "kid")
        assert look_at(1) == ["the freeze was broken"]
        # How long it lasts stands in the ledger: that is seen without either database.
        with cut_off("harbour_old"):
            assert look_at(241) == ["the freeze cannot be watched", "the old system is frozen for too long"]
            assert "connection harbour_old" in received[-1]["message"]


def test_without_the_ledger_that_alone_is_told_and_the_watchdog_fails(
    harbour: Migration, received: list[dict[str, Any]]
) -> None:
    beat(harbour, 6)
    with cut_off("golive_ledger"):
        state, said = look()
    assert state == "failed" and "harbour: connection golive_ledger: " in said and SECRET not in said
    assert [message["title"] for message in received] == ["Golive harbour: the ledger cannot be read"]
    received.clear()
    assert look() == ("success", "")
    assert [message["title"] for message in received] == ["Golive harbour: lane 2 is silent"]


def test_an_address_that_cannot_be_reached_fails_the_watchdog(
    harbour: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    _address(monkeypatch, "json://127.0.0.1:1")
    beat(harbour, 6)
    state, said = look()
    assert state == "failed" and "no address of connection golive_alerts took the message" in said
    # It is told as soon as somebody can be reached, and so long the watchdog says so.
    with harbour.ledger as book:
        assert [entry.payload["delivered"] for entry in book.entries("harbour", kind="alarm")] == [False]
    assert look()[0] == "failed"


def test_a_task_that_fails_tells_what_happened_and_what_to_do(
    harbour: Migration, received: list[dict[str, Any]]
) -> None:
    execute(harbour.target_url, "alter table child drop column birth_date")
    assert run(harbour, "final_migration").state == "failed"
    (message,) = received
    assert message["title"] == "Golive harbour: check_gate of harbour.final_migration failed"
    assert "Project: harbour" in message["message"] and "birth_date" in message["message"]
    assert "To do: May this run begin?" in message["message"]


def test_no_value_of_a_row_leaves_the_house(harbour: Migration, received: list[dict[str, Any]]) -> None:
    """Neither in the message about a difference, nor in an error of the server's own words."""
    ran = run(
        harbour, "final_migration",
        before={
            "finish_tables": lambda: execute(
                harbour.target_url, "update child set birth_date = '1911-11-11' where child_id = 7"
            )
        },
    )
    assert ran.state == "failed"
    texts = [json.dumps(message) for message in received]
    assert any("Table: public.child" in text for text in texts)
    assert not [text for text in texts if "1911" in text or "2012-01-08" in text]
    received.clear()
    with psycopg.connect(harbour.target_url) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("insert into child values (7777, 777777, '1911-11-11', 'old')")
    assert "777777" in str(refused.value)
    assert in_words(refused.value).startswith("ForeignKeyViolation (SQLSTATE 23503). ")
    assert "777777" not in in_words(refused.value)


def test_a_no_is_told_too(harbour: Migration, received: list[dict[str, Any]]) -> None:
    assert run(harbour, "final_migration", answer=answer("tom", "Reject", comment="no")).state == "failed"
    (message,) = received
    assert "tom said no" in message["message"]


def test_what_is_late_is_told_once_a_period_and_calls_no_level_of_support(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "meetings: [{name: core_team, every_days: 4, roles: [go_live]}]\n"
    more += "support: {levels: [{level: 1, role: go_live, hours: always, escalate_minutes: 30},"
    more += " {level: 2, role: operations, hours: always, escalate_minutes: 60}]}\n"
    (files.PROJECTS / "harbour" / "project.yaml").write_text(small.TEXT + more)
    with harbour.ledger as book:
        book.append(project="harbour", kind="stage", actor="golive", payload={"state": "opened"}, stage="discover")
        book.append(project="harbour", kind="opening", actor="golive", payload={"step": "project team"})
    told = []
    for days in (3, 5, 6, 9):
        later(monkeypatch, timedelta(days=days))
        assert look() == ("success", "")
        told.append([message["title"] for message in received])
        received.clear()
    late = ["Golive harbour: the meeting core team was not held"]
    assert [[title for title in titles if "agenda" not in title] for titles in told] == [[], late, [], late]


def test_an_alarm_that_nobody_takes_up_calls_the_next_level_at_its_own_address(
    harbour: Migration, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = "support: {levels: [{level: 1, role: go_live, hours: always, escalate_minutes: 30},"
    levels += " {level: 2, role: operations, hours: always, escalate_minutes: 60, alerts: on_call}]}\n"
    (files.PROJECTS / "harbour" / "project.yaml").write_text(small.TEXT + levels)
    with harbour.ledger as book:
        book.append(project="harbour", kind="opening", actor="golive", payload={"step": "project team"})
    beat(harbour, 6)
    look()
    assert [message["title"] for message in received] == ["Golive harbour: lane 2 is silent"]
    monkeypatch.setenv("AIRFLOW_CONN_ON_CALL", os.environ["AIRFLOW_CONN_GOLIVE_ALERTS"])
    _address(monkeypatch)
    later(monkeypatch, timedelta(minutes=31))
    look()
    look()
    assert [message["title"] for message in received[1:]] == ["Golive harbour: level 2: lane 2 is silent"]
    assert "operations (always)" in received[1]["message"]
