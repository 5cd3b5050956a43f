"""Where the demo's messages arrive: each is kept as a line, and a server that was left behind is ended."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from golive.demo import messages, processes
from golive.errors import Terminal


def address(box: messages.Box) -> str:
    """The one to which the connection has messages sent, as Apprise sends them."""
    (url,) = json.loads(box.connection)["extra"]["urls"]
    return str(url).replace("json://", "http://")


def test_each_message_is_kept_until_the_server_is_ended(tmp_path: Path) -> None:
    box = messages.start(tmp_path)
    try:
        for title in ("one", "two"):
            sent = {"title": title, "message": "It is a trial.", "type": "info"}
            assert httpx.post(address(box), json=sent, trust_env=False).status_code == 200
    finally:
        messages.stop(box)
    kept = [json.loads(line) for line in box.file.read_text().splitlines()]
    assert kept == [{"title": title, "message": "It is a trial."} for title in ("one", "two")]
    with pytest.raises(httpx.ConnectError):
        httpx.post(address(box), json={}, trust_env=False)


def test_a_new_start_ends_the_last_one_and_begins_a_new_file(tmp_path: Path) -> None:
    left = messages.start(tmp_path)
    box = messages.start(tmp_path)
    try:
        assert left._server.code() is not None
        assert box.file.read_text() == "" and httpx.post(address(box), json={}, trust_env=False).status_code == 200
    finally:
        messages.stop(box)


def test_one_that_does_not_listen_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages.sys, "executable", "/bin/false")
    with pytest.raises(Terminal, match="nowhere to go"):
        messages.start(tmp_path)
    (server,) = processes.recorded(tmp_path / "processes.json")
    assert processes.end([server]) == 0
