"""The processes of docker-compose.yml on this machine: the same commands, settings and secrets, other places."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql
from tests.deploy.composed import FILE, ROOT, filled_in, lets_in, settings

from golive.demo import processes, server
from golive.demo.processes import Started
from golive.demo.server import Server, free_port

ONCE = "init"
_PORTS = {"8080": "AIRFLOW__API__PORT", "8974": "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT"}
# One machine stands for several: ports that containers have each for themselves.
_MORE_PORTS = ("AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT", "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT")


@dataclass
class Deployment:
    """What the Compose file says, translated to ``folder``; ``started`` is what runs of it, by service."""

    folder: Path
    postgres: Server
    redis_port: int
    ports: dict[str, str]
    compose: Mapping[str, Any]
    started: dict[str, Started] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['AIRFLOW__API__PORT']}"

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text()

    def database(self, connection: str) -> str:
        """Make an empty database, name it in the secret of connections, and give its URL."""
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(connection)))
        url = self.postgres.url(connection)
        with _writable(self.folder / "secrets" / "connections").open("a") as file:
            file.write(f"AIRFLOW_CONN_{connection.upper()}={url}\n")
        return url

    def here(self, text: str) -> str:
        """The text with the places of a container replaced by those of this machine."""
        places = {
            "/opt/golive": self.folder / "image", "/run/secrets": self.folder / "secrets",
            "/run/golive": self.folder / "run", "/var/lib/airflow": self.folder / "home",
            "/data": self.folder / "redis", "//api-server:": "//localhost:", "@api-server:": "@localhost:",
            "@postgres:5432": f"@127.0.0.1:{self.postgres.port}", "@redis:6379": f"@127.0.0.1:{self.redis_port}",
            "port 6379": f"port {self.redis_port}\nbind 127.0.0.1",
        }  # fmt: skip
        places |= {f"localhost:{inside}": f"localhost:{self.ports[name]}" for inside, name in _PORTS.items()}
        for there, place in places.items():
            text = text.replace(there, str(place))
        return text

    def environment(self, service: str) -> dict[str, str]:
        """What the service's process sees: its settings, and of the caller's environment only what finds programs."""
        given = {name: self.here(value) for name, value in settings(self.compose["services"][service]).items()}
        programs = [str(Path(sys.executable).parent), str(server.programs()), os.environ.get("PATH", os.defpath)]
        modules = [str(self.folder / "image" / "include"), *filter(None, [given.get("PYTHONPATH")])]
        return given | self.ports | {
            "PATH": os.pathsep.join(programs), "PYTHONPATH": os.pathsep.join(modules),
            "PYTHONUNBUFFERED": "1", "PGPORT": str(self.postgres.port), "HOME": str(self.folder),
            "HOSTNAME": socket.gethostname(), "NO_PROXY": "*", "no_proxy": "*",
        }  # fmt: skip

    def start(self, service: str) -> Started:
        """Start the service's command behind the entrypoint, if it runs our image, as a child of this process."""
        described = self.compose["services"][service]
        command = [self.here(word) for word in described["command"]]
        if "build" in described:
            command = [sys.executable, str(self.folder / "image" / "deploy" / "entrypoint.py"), *command]
        started = processes.start(service, command, self.environment(service), self.log(service))
        self.started[service] = started
        return started

    def log(self, service: str) -> Path:
        return self.folder / f"{service}.log"

    def check(self, service: str) -> subprocess.Popen[bytes]:
        """Ask for the service's health in the words of its health check; the exit code is the answer."""
        shell, line = self.compose["services"][service]["healthcheck"]["test"]
        assert shell == "CMD-SHELL"
        with self.log(f"{service}-check").open("wb") as out:
            return subprocess.Popen(
                ["sh", "-c", self.here(line)], env=self.environment(service), stdout=out, stderr=subprocess.STDOUT
            )


@contextmanager
def prepared(folder: Path, *, admin: str, project: str, text: str) -> Iterator[Deployment]:
    """The image's files with one project, the secrets, and a PostgreSQL server as databases.sh makes it.

    At the end everything that was started is stopped.
    """
    folder.chmod(0o755)
    for name in ("run", "home", "redis"):
        (folder / name).mkdir()
    ports = {name: str(free_port()) for name in (*_PORTS.values(), *_MORE_PORTS)}
    variables = {"GOLIVE_URL": f"http://localhost:{ports['AIRFLOW__API__PORT']}", "GOLIVE_SECRETS": "secrets"}
    variables["GOLIVE_WORKER_CONCURRENCY"] = "2"
    compose = filled_in(yaml.safe_load(FILE.read_text()), variables)
    deployment = Deployment(folder, server.start(folder / "postgres", durable=False), free_port(), ports, compose)
    try:
        _copy_image(deployment, project, text)
        secrets = folder / "secrets"
        subprocess.run(["sh", ROOT / "deploy" / "make-secrets", secrets, admin], check=True, capture_output=True)
        # Without an address nobody may go live; this one takes every message.
        _writable(secrets / "alerts").write_text('{"conn_type": "generic", "extra": {"urls": ["syslog://"]}}')
        _rewrite(deployment, secrets)
        _make_databases(deployment)
        yield deployment
    finally:
        processes.end(deployment.started.values())
        server.stop(deployment.postgres)


def _copy_image(deployment: Deployment, project: str, text: str) -> None:
    """What .dockerignore lets through, and no other project than the one."""
    image = deployment.folder / "image"
    ignored = (ROOT / ".dockerignore").read_text()
    image.mkdir()
    for path in ROOT.iterdir():
        if not lets_in(path.name, ignored):
            continue
        if path.is_dir():
            shutil.copytree(path, image / path.name, ignore=shutil.ignore_patterns("*.egg-info"))
        else:
            shutil.copy(path, image)
    shutil.rmtree(image / "include" / "projects")
    (image / "include" / "projects" / project).mkdir(parents=True)
    (image / "include" / "projects" / project / "project.yaml").write_text(text)
    _rewrite(deployment, image / "deploy")


def _rewrite(deployment: Deployment, folder: Path) -> None:
    for file in folder.iterdir():
        if file.is_file():
            _writable(file).write_text(deployment.here(file.read_text()))


def _writable(file: Path) -> Path:
    file.chmod(file.stat().st_mode | 0o200)
    return file


def _make_databases(deployment: Deployment) -> None:
    """Run databases.sh, and then let its two roles in by password alone."""
    port = str(deployment.postgres.port)
    programs = os.pathsep.join([str(server.programs()), os.environ.get("PATH", os.defpath)])
    subprocess.run(
        ["sh", deployment.folder / "image" / "deploy" / "databases.sh"], check=True, capture_output=True,
        env={"PATH": programs, "PGHOST": "127.0.0.1", "PGPORT": port},
    )  # fmt: skip
    rules = deployment.postgres.folder / "pg_hba.conf"
    roles = "host all airflow,golive_ledger 127.0.0.1/32 scram-sha-256\n"
    rules.write_text(roles + rules.read_text())
    with psycopg.connect(deployment.postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("select pg_reload_conf()")
