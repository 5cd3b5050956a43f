"""The vendor's own validator of keys: a program that reads keys and says of each whether it is valid."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from golive.errors import Terminal

# What one answer may take beside its key.
_ROOM = 64


def run_validator(command: Sequence[str], keys: Sequence[str], folder: Path, seconds: int) -> dict[str, str]:
    """What a program says of these keys, each once: it reads a key a line, and writes ``key,answer`` for each.

    It runs in ``folder``, without a shell, and knows nothing of this process's environment, where connections
    stand, but the path to programs. Whatever it starts ends with it. Raises Terminal, without a key and without what
    the program wrote, if it cannot be started, runs longer than ``seconds``, ends with another code than 0, writes
    what is no such line, or does not answer each key once; or if a key holds a line's end, which no line can.
    """
    if any("\n" in key or "\r" in key for key in keys):
        raise Terminal("a key holds the end of a line, and the validator reads a key a line")
    sent = "".join(f"{key}\n" for key in keys).encode()
    return _answers(_written(command, sent, len(sent) + _ROOM * len(keys), folder, seconds), keys)


def _written(command: Sequence[str], sent: bytes, most: int, folder: Path, seconds: int) -> bytes:
    """All that the program writes; it is given no room for more than answers take."""
    try:
        process = subprocess.Popen(
            command, cwd=folder, env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise Terminal(f"the validator {command[0]} cannot be started ({error.strerror})") from error
    late = threading.Event()

    def too_late() -> None:
        late.set()
        _end(process)

    timer = threading.Timer(seconds, too_late)
    feeding = threading.Thread(target=_feed, args=(process, sent))
    with process:
        timer.start()
        feeding.start()
        try:
            assert process.stdout is not None
            written = process.stdout.read(most + 1)
            if len(written) > most:
                raise Terminal(f"the validator {command[0]} writes more than an answer a key")
            # Not reaped yet, so that its number is still its own when whatever it started is ended.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        finally:
            timer.cancel()
            timer.join()
            _end(process)
            feeding.join()
        code = process.wait()
    if late.is_set():
        raise Terminal(f"the validator {command[0]} did not end within {seconds} s")
    if code:
        raise Terminal(f"the validator {command[0]} ended with code {code}")
    return written


def _feed(process: subprocess.Popen[bytes], sent: bytes) -> None:
    """Hand the keys over. A program that reads no further is told by its answers."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(sent)
    with suppress(BrokenPipeError):
        process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _answers(written: bytes, keys: Sequence[str]) -> dict[str, str]:
    try:
        lines = written.decode().replace("\r\n", "\n").removesuffix("\n").split("\n") if written else []
    except UnicodeDecodeError as error:
        raise Terminal("the validator writes what is no UTF-8") from error
    answers: dict[str, str] = {}
    for line in lines:
        key, comma, said = line.rpartition(",")
        if not comma:
            raise Terminal("the validator writes a line that is no `key,true` and no `key,false`")
        answers[key] = said.strip()
    if len(lines) != len(keys) or answers.keys() != set(keys):
        raise Terminal(f"the validator was given {len(keys)} keys, and gave {len(lines)} answers, not one to each")
    return answers
