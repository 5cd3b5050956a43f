"""Addresses for messages that a test can look into: real HTTP servers, one path for each address."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Receiver:
    """What arrived, by address; an address of ``refusing`` answers with an error, and takes nothing."""

    patch: pytest.MonkeyPatch
    port: int = 0
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)

    def address(self, connection: str, *names: str) -> None:
        """Make an Airflow connection that holds these addresses."""
        extra = json.dumps({"urls": [f"json://user:secret@127.0.0.1:{self.port}/{name}" for name in names]})
        value = json.dumps({"conn_type": "generic", "extra": extra})
        self.patch.setenv(f"AIRFLOW_CONN_{connection.upper()}", value)

    def titles(self, name: str) -> list[str]:
        """The titles of what an address took since this was last asked."""
        return [message["title"] for message in self.messages.pop(name, [])]


@contextmanager
def receiving(patch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A server for the block's messages, with one address, ``on_call``, behind the connection golive_alerts."""
    receiver = Receiver(patch)

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = self.path.strip("/")
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if name not in receiver.refusing:
                receiver.messages.setdefault(name, []).append(message)
            self.send_response(500 if name in receiver.refusing else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    receiver.port = server.server_port
    receiver.address("golive_alerts", "on_call")
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
