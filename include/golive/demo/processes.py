"""Child processes with all that they start: each is a session of its own, and ends as a whole.

Airflow's workers leave their parent's process group but not its session, so the session is what is
ended. Which sessions were started is recorded in a file, with the time at which each leader was
created, because a process id is used again: a later start can end what a killed one left.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

GRACE = 5.0  # seconds between asking and killing


@dataclass(frozen=True)
class Started:
    """A process and the session that it leads; ``created`` is in seconds since 1970."""

    name: str
    pid: int
    created: float
    log: Path
    _child: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)

    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._child.poll() if self._child else None

    def wait(self) -> int:
        """The exit code once it has ended by itself."""
        return self._child.wait() if self._child else 0


def start(name: str, command: list[str], environment: Mapping[str, str], log: Path) -> Started:
    """Start a command in a session of its own; what it prints replaces the log file."""
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, env=dict(environment), cwd=log.parent, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
    created = time.time()
    with suppress(psutil.NoSuchProcess):  # one that ended at once is told by its exit code
        created = psutil.Process(child.pid).create_time()
    return Started(name, child.pid, created, log, child)


def record(file: Path, started: Iterable[Started]) -> None:
    """Write down what runs; the file is complete or the one before."""
    content = [{"name": one.name, "pid": one.pid, "created": one.created, "log": str(one.log)} for one in started]
    new = file.with_suffix(".new")
    new.write_text(json.dumps(content))
    new.replace(file)


def recorded(file: Path) -> list[Started]:
    """What the file says was started, by whomever; nothing if there is no file."""
    if not file.exists():
        return []
    content = json.loads(file.read_text())
    return [Started(one["name"], one["pid"], one["created"], Path(one["log"])) for one in content]


def end(started: Iterable[Started], grace: float = GRACE) -> int:
    """End the sessions: SIGTERM to their groups, and SIGKILL to whatever is left after ``grace`` seconds.

    Gives the number of processes that ran. A session that is gone already is fine.
    """
    sessions = list(started)
    running = _members(sessions)
    for one in sessions:
        if any(process.pid == one.pid for process in running):
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGTERM)
    until = time.monotonic() + grace
    while (left := _members(sessions)) and time.monotonic() < until:
        time.sleep(0.05)
    # A process may start another one while the list is made: until a list is empty.
    while left:
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.02)
        left = _members(sessions)
    for one in sessions:
        one.wait()  # no longer than its last thread takes to go: an exit code that nobody asked for is a warning later
    return len(running)


def _members(sessions: Iterable[Started]) -> list[psutil.Process]:
    """The living processes of these sessions, and none whose leader's id was used again."""
    leaders = {one.pid: one.created for one in sessions if not _used_again(one)}
    members = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            created = leaders.get(os.getsid(process.pid))
            alive = process.status() != psutil.STATUS_ZOMBIE
            if created is not None and alive and process.create_time() >= created - 1:
                members.append(process)
    return members


def _used_again(one: Started) -> bool:
    try:
        created: float = psutil.Process(one.pid).create_time()
    except psutil.NoSuchProcess:
        return False
    return abs(created - one.created) > 1
