"""A trial of the alarms: each level of support is sent a message at its own address, and says that it arrived."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, run
from tests.migration import Migration

# Apprise asks for a module that Python 3.13 has no more.

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {go_live: [maria, tom], operations: [otto]}
stages: [support]
support:
  levels:
    - {level: 1, role: go_live, hours: always, escalate_minutes: 30}
    - {level: 2, role: operations, hours: "8-17", escalate_minutes: 60, alerts: on_call}
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    small.make(*pair)
    return migration("harbour", TEXT, *pair)


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """(path, message) of what arrived; each connection has a path of its own."""
    messages: list[tuple[str, dict[str, Any]]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        for name in ("golive_alerts", "on_call"):
            extra = json.dumps({"urls": [f"json://127.0.0.1:{server.server_port}/{name}"]})
            monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps({"conn_type": "generic", "extra": extra}))
        yield messages
        server.shutdown()
        thread.join()


def each_level(detail: Any) -> None:
    """Level 1 got its message; level 2 did not."""
    if detail.task_instance.task_id == "confirm_level_1":
        answer("maria", "Approve", comment="it rang")(detail)
    else:
        answer("otto", "Reject", comment="nothing came")(detail)


def test_each_level_is_sent_its_message_and_says_whether_it_arrived(
    harbour: Migration, received: list[tuple[str, dict[str, Any]]]
) -> None:
    ran = run(harbour, "try_escalation", answer=each_level)
    trials = [(path, message["title"]) for path, message in received if "trial for" in message["title"]]
    assert trials == [
        ("/golive_alerts", "Golive harbour: a trial for level 1 of support"),
        ("/on_call", "Golive harbour: a trial for level 2 of support"),
    ]
    assert ran.states["confirm_level_1"] == "success" and ran.states["confirm_level_2"] == "failed"
    assert "otto said no: nothing came" in ran.error("confirm_level_2")
    with harbour.ledger as book:
        words = [(e.payload["question"], e.payload["verdict"]) for e in book.entries("harbour", kind="approval")]
    assert ("trial/1", "approved") in words and ("trial/2", "rejected") in words
    # Cleared, it goes out to nobody twice.
    received.clear()
    assert again(harbour, "try_escalation", ran.run_id, "call_levels", answer=each_level).states["call_levels"] == (
        "success"
    )
    assert not [message for _, message in received if "trial for" in message["title"]]


def test_a_connection_without_an_address_sends_nobody_anything(
    harbour: Migration, received: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_ON_CALL")
    ran = run(harbour, "try_escalation", answer=None)
    assert ran.state == "failed" and "on_call holds no address for messages" in ran.error("call_levels")
    assert not [message for _, message in received if "trial for" in message["title"]]


def test_a_task_that_was_marked_as_success_sent_nothing(
    harbour: Migration, received: list[tuple[str, dict[str, Any]]]
) -> None:
    ran = run(harbour, "try_escalation", answer=None, marked="call_levels")
    assert ran.state == "failed" and "this run sent nothing to level 1" in ran.error("confirm_level_1")


def test_without_levels_nobody_is_sent_anything(migration: Callable[..., Migration], pair: tuple[str, str]) -> None:
    small.make(*pair)
    text = small.TEXT.replace("stages: [final_migration]", "stages: [support]")
    ran = run(migration("harbour", text, *pair), "try_escalation", answer=None)
    assert ran.state == "failed" and "no level of support is declared" in ran.error("call_levels")
