"""Where the demo's messages arrive: a small server that stands for on-call's telephone, and keeps each as a line.

It is a process of its own, so that a demo that is kept goes on telling people; the next start ends it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from golive.demo import processes
from golive.demo.processes import Started
from golive.demo.server import free_port
from golive.errors import Terminal

HOST = "127.0.0.1"
LISTENS_WITHIN = 30.0  # seconds
_MOST = 1_000_000


@dataclass(frozen=True)
class Box:
    """A server that takes messages. ``connection`` is the Airflow connection to it, ``file`` holds a line for each."""

    connection: str
    file: Path
    _server: Started


def start(home: Path) -> Box:
    """Take messages from now on, in a new file in ``home``; what an earlier demo left running there is ended.

    Raises Terminal, with nothing left running, if the server does not listen in its time.
    """
    home.mkdir(parents=True, exist_ok=True)
    running = home / "processes.json"
    processes.end(processes.recorded(running))
    file, port = home / "messages.jsonl", free_port()
    file.write_text("")
    command = [sys.executable, "-m", "golive.demo.messages", str(port), str(file)]
    server = processes.start("messages", command, os.environ, home / "messages.log")
    try:
        processes.record(running, [server])
        _wait(server, port)
    except BaseException:
        processes.end([server])
        raise
    extra = {"urls": [f"json://{HOST}:{port}"]}
    return Box(json.dumps({"conn_type": "generic", "extra": extra}), file, server)


def stop(box: Box) -> None:
    """End the server; one that has ended already is fine."""
    processes.end([box._server])


def serve(port: int, file: Path) -> None:
    """Append the title and the text of every message to a file, until the process is ended."""

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), _MOST)))
            line = json.dumps({"title": said.get("title"), "message": said.get("message")})
            with file.open("a") as out:
                out.write(f"{line}\n")
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer((HOST, port), Take) as server:
        server.serve_forever()


def _wait(server: Started, port: int) -> None:
    until = time.monotonic() + LISTENS_WITHIN
    while server.code() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Terminal(f"the demo's messages have nowhere to go: its server does not listen. Read {server.log}")


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
