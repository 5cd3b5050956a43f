"""Golive as somebody installs it: the repository's own DAGs and plugin in a real Airflow, nothing set up by hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from golive.demo import airflow
from golive.demo.airflow import Airflow, Role
from golive.demo.server import free_port
from golive.flow.rest import Rest
from golive.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]
USERS = {"operator": Role.ADMIN, "maria": Role.USER, "guest": Role.VIEWER}


@dataclass(frozen=True)
class Installation:
    """A running Airflow with a copy of Golive of its own in ``home``, and a migrated ledger that it does not know."""

    home: Path
    airflow: Airflow
    ledger_url: str

    def get(self, path: str, user: str | None = "guest") -> httpx.Response:
        """What a person gets, or somebody who has not signed in."""
        with httpx.Client(base_url=self.airflow.url, timeout=30, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {self.token(user)}"} if user else {}
            return client.get(path, headers=headers)

    def token(self, user: str) -> str:
        sign_in = {"username": user, "password": self.airflow.passwords[user]}
        with httpx.Client(base_url=self.airflow.url, timeout=30, trust_env=False) as client:
            return str(client.post("/auth/token", json=sign_in).raise_for_status().json()["access_token"])

    def rest(self, user: str) -> Rest:
        return Rest(self.airflow.url, user, self.airflow.passwords[user])

    @contextmanager
    def connected(self, url: str) -> Iterator[None]:
        """The ledger's connection in Airflow's own metadata, as under Admin > Connections."""
        parts = make_url(url)
        body = {
            "connection_id": "golive_ledger", "conn_type": "postgres", "host": parts.host, "port": parts.port,
            "schema": parts.database, "login": parts.username, "password": parts.password,
        }
        headers = {"Authorization": f"Bearer {self.token('operator')}"}
        with httpx.Client(base_url=self.airflow.url, timeout=30, trust_env=False, headers=headers) as client:
            client.post("/api/v2/connections", json=body).raise_for_status()
            try:
                yield
            finally:
                client.delete("/api/v2/connections/golive_ledger").raise_for_status()

    def pools(self) -> dict[str, dict[str, Any]]:
        """All pools by name."""
        found = self.get("/api/v2/pools", "operator").raise_for_status().json()["pools"]
        return {pool["name"]: pool for pool in found}


@pytest.fixture(scope="module")
def installation(
    server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A fresh installation: what its tests put into its projects folder troubles no other."""
    home = tmp_path_factory.mktemp("installation")
    for name in ("dags", "plugins", "include"):
        shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    names = {which: f"golive_test_{os.getpid()}_web_{which}" for which in ("metadata", "ledger")}
    with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
        for name in names.values():
            admin.execute(f'create database "{name}"')
    with Ledger(server_url(names["ledger"])) as ledger:
        ledger.migrate()
    with pytest.MonkeyPatch.context() as patch:
        # Before the editable install of the repository.
        patch.setenv("PYTHONPATH", str(home / "include"))
        running = airflow.start(
            home / "home", dags=home / "dags", plugins=home / "plugins", metadata_url=server_url(names["metadata"]),
            connections={}, port=free_port(), users=USERS, paused=True,
        )
    try:
        yield Installation(home, running, server_url(names["ledger"]))
    finally:
        airflow.stop(running)
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            for name in names.values():
                admin.execute(f'drop database "{name}" with (force)')
