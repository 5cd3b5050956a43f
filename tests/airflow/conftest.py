"""The real Airflow, started once: three processes, a metadata database, people with their own roles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from golive.demo import airflow
from golive.demo.airflow import Airflow, Role
from golive.demo.server import free_port
from golive.flow.rest import Rest

USERS = {"operator": Role.OP, "head": Role.USER, "teacher": Role.USER, "guest": Role.VIEWER}


@pytest.fixture(scope="module")
def stack(server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """A healthy Airflow of this module's own: what its tests do to it, stopping it too, troubles no other."""
    name = f"golive_test_{os.getpid()}_airflow"
    with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    running = airflow.start(
        tmp_path_factory.mktemp("airflow"),
        dags=Path(__file__).parent / "dags",
        plugins=None,
        metadata_url=server_url(name),
        connections={"the_source": "postgresql://reader@old.example:5432/sms"},
        port=free_port(),
        users=USERS,
    )
    try:
        yield running
    finally:
        airflow.stop(running)
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            admin.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="module")
def sign_in(stack: Airflow) -> Iterator[Callable[[str], Rest]]:
    """Gives the session of a person by name."""
    opened: dict[str, Rest] = {}

    def session(name: str) -> Rest:
        if name not in opened:
            opened[name] = Rest(stack.url, name, stack.passwords[name])
        return opened[name]

    yield session
    for rest in opened.values():
        rest.close()
