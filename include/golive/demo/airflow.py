"""Airflow's three parts as child processes of one folder: started, watched until healthy, ended without a trace.

Everything is configured through the children's environment, so that an airflow.cfg or a variable of
the person at the keyboard changes nothing. The parts listen on 127.0.0.1 alone, users have their own
roles and passwords, and nobody is let in without one.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import socket
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import httpx

from golive.demo import processes
from golive.demo.processes import Started
from golive.demo.server import free_port
from golive.errors import Terminal

HOST = "127.0.0.1"
USUAL_PORT = 8080
HEALTHY_WITHIN = 240.0  # seconds; a quiet machine needs 10
PARTS: Mapping[str, tuple[str, ...]] = {
    # Task logs are read from the folder that all parts share: the scheduler need not serve them.
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
# Of the caller's environment, what would change Airflow or Python under our hands.
_NOT_PASSED_ON = re.compile(r"_?AIRFLOW|PYTEST|COV_CORE|PYTHON(WARNINGS|DEVMODE|DONTWRITEBYTECODE|HOME)$|DEV_MODE$")
_LAST_LINES = 12


class Role(StrEnum):
    """What a user may do; each may do what those before it may."""

    VIEWER = "viewer"  # read
    USER = "user"  # trigger, clear and answer
    OP = "op"  # pools, connections, variables
    ADMIN = "admin"


@dataclass(frozen=True)
class Airflow:
    """A running Airflow; ``passwords`` are by user name, ``logs`` holds one file per part."""

    home: Path
    url: str
    passwords: Mapping[str, str]
    _parts: tuple[Started, ...]
    _lock: IO[str]

    @property
    def logs(self) -> Path:
        return self.home / "logs"


def start(
    home: Path,
    *,
    dags: Path,
    plugins: Path | None,
    metadata_url: str,
    connections: Mapping[str, str],
    port: int | None,
    users: Mapping[str, Role],
    parallelism: int = 4,
    paused: bool = False,
    read_again: int = 30,
    notes_by: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Airflow:
    """Migrate the metadata database, start the parts in ``home``, and return when all are healthy.

    ``metadata_url`` is an existing PostgreSQL database; ``connections`` are URLs by Airflow connection
    id; ``port`` None is 8080, or any free port if that one is in use; ``paused`` is how a new DAG
    begins; ``read_again`` is after how many seconds a DAG file that did not change is read anew, and with it
    the project files; ``notes_by`` is the user whose sign-in writes the notes of runs. Secrets and passwords are
    made once and kept in ``home``, readable by their owner only, so a second start leaves sign-ins
    valid. What an earlier start left behind because it was killed is ended first, and ``say`` tells so.

    Raises Terminal, with nothing left running, if Airflow runs in ``home`` already, if the port is in
    use, or if a part ends or does not become healthy: the message is one sentence that says why, and
    then the end of that part's log.
    """
    home = home.resolve()
    (home / "logs").mkdir(parents=True, exist_ok=True)
    lock = _lock(home)
    try:
        left = processes.end(processes.recorded(home / "processes.json"))
        if left:
            say(f"an earlier Airflow in {home} was not stopped: ended {left} processes of it")
        chosen = _port(port)
        url = f"http://{HOST}:{chosen}"
        passwords = _passwords(home / "passwords.json", users)
        environment = _inherited() | _settings(
            home, url=url, port=chosen, dags=dags, plugins=plugins, metadata_url=metadata_url, users=users,
            parallelism=parallelism, paused=paused, read_again=read_again,
        )
        environment |= {f"AIRFLOW_CONN_{name.upper()}": value for name, value in connections.items()}
        if notes_by is not None:
            environment["AIRFLOW_CONN_GOLIVE_AIRFLOW"] = f"http://{notes_by}:{passwords[notes_by]}@{HOST}:{chosen}"
        say("Airflow: the metadata database")
        _migrate(home, environment)
        parts: list[Started] = []
        try:
            say("Airflow: api-server, scheduler and dag-processor")
            since = datetime.now(UTC)
            for name, arguments in PARTS.items():
                parts.append(processes.start(name, _airflow(*arguments), environment, home / "logs" / f"{name}.log"))
                processes.record(home / "processes.json", parts)
            _wait(url, chosen, parts, since)
        except BaseException:
            processes.end(parts)
            raise
        return Airflow(home, url, passwords, tuple(parts), lock)
    except BaseException:
        lock.close()
        raise


def stop(airflow: Airflow) -> None:
    """End all parts and every process that they started; one that is stopped already is fine."""
    processes.end(airflow._parts)
    airflow._lock.close()


def _lock(home: Path) -> IO[str]:
    """Hold the folder until the process ends, however it ends: the kernel lets go of it."""
    owner = (home / "owner").open("a+")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner.seek(0)
        process = owner.read()
        owner.close()
        raise Terminal(
            f"Airflow runs in {home} already, started by process {process}: stop that one, or give another folder"
        ) from None
    owner.truncate(0)
    owner.write(str(os.getpid()))
    owner.flush()
    return owner


def _port(wanted: int | None) -> int:
    if _is_free(wanted or USUAL_PORT):
        return wanted or USUAL_PORT
    if wanted is None:
        return free_port()
    raise Terminal(_port_in_use(wanted))


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _port_in_use(port: int) -> str:
    return f"port {port} of {HOST} is in use: stop what listens there, or give another port"


def _passwords(file: Path, users: Mapping[str, Role]) -> Mapping[str, str]:
    """One password per user, kept from start to start, in the file that Airflow's sign-in reads."""
    for name in users:
        if not re.fullmatch(r"[\w.@-]+", name):
            raise Terminal(f"the user name {name!r} has characters that Airflow's sign-in cannot hold: use letters")
    kept = json.loads(file.read_text()) if file.exists() else {}
    passwords = {name: kept.get(name) or secrets.token_urlsafe(12) for name in users}
    _write_secret(file, passwords)
    return passwords


def _keys(file: Path) -> dict[str, str]:
    """The keys that sign and encrypt; a new home gets its own."""
    if not file.exists():
        _write_secret(
            file,
            {
                "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
                "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
                "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            },
        )
    keys: dict[str, str] = json.loads(file.read_text())
    return keys


def _write_secret(file: Path, content: Mapping[str, str]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(content, out)


def _inherited() -> dict[str, str]:
    """The caller's environment without what would change the children; our own programs come first."""
    kept = {name: value for name, value in os.environ.items() if not _NOT_PASSED_ON.match(name)}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    for name in ("NO_PROXY", "no_proxy"):  # tasks speak to the api-server: never through a proxy
        kept[name] = ",".join(filter(None, [kept.get(name), HOST, "localhost"]))
    return kept | {"PYTHONUNBUFFERED": "1"}


def _settings(
    home: Path,
    *,
    url: str,
    port: int,
    dags: Path,
    plugins: Path | None,
    metadata_url: str,
    users: Mapping[str, Role],
    parallelism: int,
    paused: bool,
    read_again: int,
) -> dict[str, str]:
    database = metadata_url.partition("://")[2]
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags.resolve()),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins.resolve() if plugins else home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(parallelism),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(paused),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in users.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        # SQLAlchemy's own choice of a driver for postgresql:// is not the one that Airflow is tested with.
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{database}",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        # A worker that was killed shows after a minute instead of five.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        # A process that has parked on its form is seen to have ended after a second instead of five: see FORM_SETTLES.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(read_again),
    } | _keys(home / "keys.json")


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def _migrate(home: Path, environment: Mapping[str, str]) -> None:
    migration = processes.start("db migrate", _airflow("db", "migrate"), environment, home / "logs" / "migrate.log")
    try:
        code = migration.wait()
    except BaseException:
        processes.end([migration])
        raise
    if code:
        raise Terminal(_ended(migration, code, None))


def _wait(url: str, port: int, parts: Iterable[Started], since: datetime) -> None:
    """Until every part says that it is healthy, by a heartbeat of this start and not of the last."""
    until = time.monotonic() + HEALTHY_WITHIN
    waiting = ["api-server"]
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
        while waiting:
            for part in parts:
                code = part.code()
                if code is not None:
                    raise Terminal(_ended(part, code, port))
            if time.monotonic() > until:
                missing = ", ".join(waiting)
                raise Terminal(
                    f"Airflow did not become healthy within {HEALTHY_WITHIN:.0f} s, waiting for {missing}: "
                    f"read the logs beside {next(iter(parts)).log}"
                )
            time.sleep(0.2)
            with suppress(httpx.TransportError):
                waiting = list(_unhealthy(client.get("/api/v2/monitor/health"), since))


def _unhealthy(response: httpx.Response, since: datetime) -> Iterable[str]:
    if response.status_code != httpx.codes.OK:
        yield "api-server"
        return
    health: dict[str, Any] = response.json()
    for part in ("metadatabase", "scheduler", "dag_processor"):
        state = health.get(part) or {}
        beat = state.get(f"latest_{part}_heartbeat")
        fresh = part == "metadatabase" or (beat is not None and datetime.fromisoformat(beat) >= since)
        if state.get("status") != "healthy" or not fresh:
            yield part.replace("_", "-")


def _ended(part: Started, code: int, port: int | None) -> str:
    """One sentence why a part ended, and the end of its log."""
    lines = [line for line in part.log.read_text(errors="replace").splitlines() if line.strip()][-_LAST_LINES:]
    text = "\n".join(lines)
    module = re.search(r"No module named '([^']+)'", text)
    if module:
        why = f"the module {module[1]} is missing: run `make install`"
    elif port is not None and "address already in use" in text.lower():
        why = _port_in_use(port)
    else:
        why = f"read {part.log}"
    return f"Airflow's {part.name} ended with exit code {code}: {why}\n{text}"
