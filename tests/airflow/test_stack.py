"""Airflow as a person meets it: sign-ins and roles, an approval, one clear sentence for what goes wrong, no orphans."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from golive.demo import airflow, processes
from golive.demo.airflow import Airflow, Role
from golive.errors import ConnectionLost, Terminal
from golive.flow.rest import Refused, Rest

pytestmark = pytest.mark.airflow
SignIn = Callable[[str], Rest]

NOT_AIRFLOW = """
import sys
from pathlib import Path
from golive.demo import airflow
def wait(*_):
    print("up", flush=True)
    sys.stdin.read()
airflow._wait = wait
airflow._airflow = lambda *part: [sys.executable, "-c", "pass" if part[0] == "db" else "import time; time.sleep(3600)"]
airflow.start(Path(sys.argv[1]), dags=Path("/dags"), plugins=None, metadata_url="postgresql://none", connections={},
              port=None, users={}, say=lambda said: print(said, file=sys.stderr))
"""


@pytest.fixture(scope="module")
def waiting(sign_in: SignIn) -> str:
    """A run of three_steps whose approval form is up."""
    head = sign_in("head")
    head.wait_for_dag("three_steps")
    run_id = head.trigger("three_steps")
    form = head.wait_for_form("three_steps", run_id, "approve")
    assert (form.subject, form.body, form.options) == ("Go?", "**3 tables**", ("Approve", "Reject"))
    assert form.assigned == ("head",)
    return run_id


@pytest.mark.parametrize("name", ["guest", "teacher", "operator"])
def test_a_person_who_is_not_assigned_cannot_answer(waiting: str, sign_in: SignIn, name: str) -> None:
    with pytest.raises(Refused) as refused:
        sign_in(name).answer("three_steps", waiting, "approve", -1, "Approve")
    assert refused.value.status == 403
    assert name in str(refused.value)
    assert sign_in(name).run("three_steps", waiting) == "running"


def test_a_viewer_reads_and_does_nothing_else(waiting: str, sign_in: SignIn) -> None:
    guest = sign_in("guest")
    assert [form.run_id for form in guest.pending("three_steps")] == [waiting]
    for act in (
        lambda: guest.trigger("three_steps"),
        lambda: guest.clear("three_steps", waiting, "look_around"),
        lambda: guest.mark_success("three_steps", waiting, "approve"),
        lambda: guest.set_note("three_steps", waiting, "mine"),
        lambda: guest.ensure_pool("mine", 1),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 403


def test_nobody_is_let_in_without_a_password(stack: Airflow) -> None:
    assert httpx.get(f"{stack.url}/api/v2/dags", trust_env=False).status_code == 401
    with Rest(stack.url, "head", "wrong") as rest, pytest.raises(Refused, match="did not let head in") as refused:
        rest.pending()
    assert refused.value.status == 401
    assert "wrong" not in str(refused.value)


def test_the_approver_answers_and_the_run_goes_on(waiting: str, sign_in: SignIn) -> None:
    head = sign_in("head")
    head.answer("three_steps", waiting, "approve", -1, "Approve")
    assert head.wait("three_steps", waiting) == "success"
    assert {task["task_id"]: task["state"] for task in head.task_instances("three_steps", waiting)} == {
        "look_around": "success", "approve": "success", "act": "success",
    }
    assert head.xcom("three_steps", waiting, "act") == "done"
    assert head.xcom("three_steps", waiting, "approve")["responded_by_user"] == {"id": "head", "name": "head"}
    assert "acted after the approval" in head.log("three_steps", waiting, "act")
    with pytest.raises(Refused) as refused:
        head.answer("three_steps", waiting, "approve", -1, "Reject")
    assert refused.value.status == 409


def test_tasks_see_the_connections_and_nothing_of_the_caller(waiting: str, sign_in: SignIn) -> None:
    seen = sign_in("head").xcom("three_steps", waiting, "look_around")
    assert seen == {"pytest": [], "host": "old.example", "paused": "False"}


def test_a_cleared_task_asks_again_and_a_marked_one_does_not(waiting: str, sign_in: SignIn) -> None:
    head = sign_in("head")
    head.wait("three_steps", waiting)
    assert head.clear("three_steps", waiting, "approve") == 2
    assert head.wait_for_form("three_steps", waiting, "approve").task_id == "approve"
    head.mark_success("three_steps", waiting, "approve")
    head.set_note("three_steps", waiting, "went round the form")
    assert head.wait("three_steps", waiting) == "success"
    assert head.pending("three_steps", waiting) == []


def test_a_pool_is_made_and_resized(sign_in: SignIn) -> None:
    operator = sign_in("operator")
    operator.ensure_pool("source", 2, "spares the old system")
    operator.ensure_pool("source", 3)
    assert operator._call("GET", "pools", "source")["slots"] == 3


def test_what_does_not_exist_is_said(stack: Airflow, waiting: str, sign_in: SignIn) -> None:
    head = sign_in("head")
    with pytest.raises(Refused, match="404"):
        head.xcom("three_steps", waiting, "nothing")
    with pytest.raises(Terminal, match="did not appear within 0 s: look for its file"):
        head.wait_for_dag("nothing", timeout=0)
    with pytest.raises(Terminal, match=f"the run {waiting.replace('+', '.')} of three_steps is"):
        head.wait("three_steps", waiting, states=("failed",), timeout=0)


def test_no_answer_is_worth_another_try() -> None:
    with (
        Rest("http://127.0.0.1:1", "head", "-", reconnect_within=0) as rest,
        pytest.raises(ConnectionLost, match="still running"),
    ):
        rest.pending()


def test_a_second_start_in_the_same_folder_says_who_runs_there(stack: Airflow) -> None:
    with pytest.raises(Terminal, match=f"runs in {stack.home} already, started by process {os.getpid()}"):
        _start(stack.home)


def test_secrets_are_readable_by_their_owner_alone(stack: Airflow) -> None:
    for name in ("keys.json", "passwords.json"):
        assert (stack.home / name).stat().st_mode & 0o777 == 0o600
    assert json.loads((stack.home / "passwords.json").read_text()) == stack.passwords
    assert stack.passwords.keys() == {"operator", "head", "teacher", "guest"}
    logs = "".join(log.read_text() for log in stack.logs.glob("*.log"))
    assert not [name for name, password in stack.passwords.items() if password in logs]


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Terminal, match=f"^port {port} of 127.0.0.1 is in use: stop what listens there, or give"):
            _start(tmp_path, port=port)
    assert _processes_of(tmp_path) == {}


@pytest.mark.parametrize(
    ("part", "script", "says"),
    [
        ("db", "import nothing_of_that_name", "db migrate ended with exit code 1: the module nothing_of_that_name is"),
        ("scheduler", "import nothing_of_that_name", "scheduler ended with exit code 1: the module nothing_of_that"),
        ("api-server", "raise OSError('address already in use')", "ended with exit code 1: port .* is in use"),
        ("dag-processor", "print('the reason'); exit(3)", "(?s)dag-processor ended with exit code 3.*reason"),
    ],
)
def test_a_part_that_ends_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, script: str, says: str
) -> None:
    def command(name: str, *_: str) -> list[str]:
        idle = "" if name == "db" else "import time; time.sleep(3600)"
        return [sys.executable, "-c", script if name == part else idle]

    monkeypatch.setattr(airflow, "_airflow", command)
    with pytest.raises(Terminal, match=says):
        _start(tmp_path)
    assert _processes_of(tmp_path) == {}


def test_a_user_name_that_would_break_the_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="'a:admin,b'"):
        _start(tmp_path, users={"a:admin,b": Role.VIEWER})


def test_what_a_killed_start_left_is_ended_by_the_next(tmp_path: Path) -> None:
    with _owner(tmp_path) as first:
        assert first.stdout and first.stdout.readline() == "up\n"
        first.kill()
    left = _processes_of(tmp_path).keys()
    assert len(left) == 3
    with _owner(tmp_path) as second:
        assert second.stdout and second.stdout.readline() == "up\n"
        assert len(_processes_of(tmp_path)) == 3
        assert not left & _processes_of(tmp_path).keys()
        second.kill()
        assert second.stderr and f"an earlier Airflow in {tmp_path} was not stopped" in second.stderr.read()
    processes.end(processes.recorded(tmp_path / "processes.json"))
    assert _processes_of(tmp_path) == {}


def test_control_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with _owner(tmp_path) as owner:
        assert owner.stdout and owner.stdout.readline() == "up\n"
        owner.send_signal(signal.SIGINT)
        assert owner.wait() != 0
    assert _processes_of(tmp_path) == {}


def test_passwords_stay_from_start_to_start_and_leave_with_their_user(tmp_path: Path) -> None:
    file = tmp_path / "passwords.json"
    first = airflow._passwords(file, {"a": Role.USER, "b": Role.USER})
    second = airflow._passwords(file, {"a": Role.USER, "c": Role.USER})
    assert second["a"] == first["a"] and second.keys() == {"a", "c"}
    assert len({*first.values(), *second.values()}) == 3
    assert json.loads(file.read_text()) == second


def test_a_process_in_a_group_of_its_own_that_ignores_sigterm_ends_too(tmp_path: Path) -> None:
    deaf = "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child = f"{deaf}; print('deaf', flush=True); signal.pause()"
    parent = f"{deaf}; subprocess.Popen([sys.executable, '-c', {child!r}], process_group=0); signal.pause()"
    log = tmp_path / "log"
    started = processes.start("deaf", [sys.executable, "-c", parent], {"AIRFLOW_HOME": str(tmp_path)}, log)
    while not log.read_text():
        assert started.code() is None
    assert len(_processes_of(tmp_path)) == 2
    assert processes.end([started], grace=0) == 2
    assert _processes_of(tmp_path) == {}
    assert started.code() == -signal.SIGKILL


def test_an_id_that_was_used_again_is_left_alone(tmp_path: Path) -> None:
    stranger = processes.start("stranger", ["sleep", "3600"], {}, tmp_path / "log")
    try:
        record = [{"name": "old", "pid": stranger.pid, "created": stranger.created - 100, "log": "log"}]
        (tmp_path / "processes.json").write_text(json.dumps(record))
        assert processes.end(processes.recorded(tmp_path / "processes.json")) == 0
        assert stranger.code() is None
    finally:
        processes.end([stranger], grace=0)


def test_stop_ends_a_running_task_and_leaves_nothing(stack: Airflow, sign_in: SignIn) -> None:
    head = sign_in("head")
    head.wait_for_dag("endless")
    run_id = head.trigger("endless")
    while not any("sleep 3600" in command for command in _processes_of(stack.home).values()):
        assert head.run("endless", run_id) in ("queued", "running")
    airflow.stop(stack)
    assert _processes_of(stack.home) == {}
    assert airflow._is_free(int(stack.url.rpartition(":")[2]))
    airflow.stop(stack)


def _start(home: Path, **changed: Any) -> Airflow:
    given: dict[str, Any] = {
        "dags": home, "plugins": None, "metadata_url": "postgresql://127.0.0.1:1/none", "connections": {}, "port": None,
        "users": {},
    }
    return airflow.start(home, **(given | changed))


def _processes_of(home: Path) -> dict[int, str]:
    """Command lines of the living processes whose AIRFLOW_HOME this is."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if process.environ().get("AIRFLOW_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = " ".join(process.cmdline())
    return found


@contextmanager
def _owner(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that starts what stands in for Airflow, and holds it until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", NOT_AIRFLOW, str(home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
