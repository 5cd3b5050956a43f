"""The Compose file's own processes, started on this machine, run a stage: Redis and a Celery worker included."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.dags import small
from tests.deploy.natively import ONCE, Deployment, prepared
from tests.migration import rows

from golive.flow.rest import Refused, Rest
from golive.ledger import Ledger

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]

PROJECT = "harbour"
DAG, STAGE = f"{PROJECT}.older_data", f"{PROJECT}.final_migration"
ADMIN = "maria"
WITHIN = 180  # seconds; a quiet machine needs 20
BY_HAND = small.TEXT.replace('schedule: "0 2 * * *", window: "02:00-03:00"', "max_minutes: 5")
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker", "worker-standing")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Everything of the Compose file, started in its order and healthy, and a migration's two databases."""
    folder = tmp_path_factory.mktemp("deployed")
    with prepared(folder, admin=ADMIN, project=PROJECT, text=BY_HAND) as deployment:
        small.make(deployment.database("harbour_old"), deployment.database("harbour_new"))
        deployment.start("redis")
        assert deployment.start(ONCE).wait() == 0, deployment.log(ONCE).read_text()
        for service in AIRFLOW:
            deployment.start(service)
        _wait_until_healthy(deployment)
        yield deployment


@pytest.fixture(scope="module")
def sides(deployed: Deployment) -> tuple[str, str]:
    """The old and the new system."""
    return deployed.postgres.url("harbour_old"), deployed.postgres.url("harbour_new")


@pytest.fixture(scope="module")
def maria(deployed: Deployment) -> Iterator[Rest]:
    password = json.loads(deployed.secret("users"))[ADMIN]["password"]
    with Rest(deployed.url, ADMIN, password) as rest:
        yield rest


def test_a_stage_runs_through_them(deployed: Deployment, maria: Rest, sides: tuple[str, str]) -> None:
    maria.wait_for_dag(DAG)
    maria.unpause(DAG)
    run_id = maria.trigger(DAG)
    assert maria.wait(DAG, run_id, timeout=WITHIN) == "success"
    for table, (old, new) in small.SIDES.items():
        expected = rows(sides[0], old)
        assert rows(sides[1], new) == (expected if table == "family" else [row for row in expected if row[0] <= 200])
    with Ledger(deployed.secret("ledger_url")) as ledger:
        assert [entry.run for entry in ledger.entries(PROJECT, kind="increment")] == [f"{DAG}/{run_id}"]
        ledger.verify()
    # Whose work it was: Celery writes down each task that a worker took.
    done = rows(deployed.secret("metadata_url").replace("+psycopg2", ""), "select status from celery_taskmeta")
    assert len(done) >= len(maria.task_instances(DAG, run_id))
    assert "'unfinished': 0" in maria.log(DAG, run_id, "settle_increment")


def test_a_run_says_in_its_note_what_it_waits_for(deployed: Deployment, maria: Rest) -> None:
    """Set by the sign-in that make-secrets made, over the address that the Compose file gives to every process."""
    maria.wait_for_dag(STAGE)
    maria.unpause(STAGE)
    run_id = maria.trigger(STAGE)
    password = json.loads(deployed.secret("users"))[ADMIN]["password"]
    until, note = time.monotonic() + WITHIN, ""
    with httpx.Client(base_url=deployed.url, timeout=30, trust_env=False) as client:
        token = client.post("/auth/token", json={"username": ADMIN, "password": password}).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        while not note.startswith("Waits for the answer of tom (go live)"):
            assert time.monotonic() < until, f"the note of {run_id} says {note!r}"
            time.sleep(0.2)
            found = client.get(f"/api/v2/dags/{STAGE}/dagRuns/{run_id}", headers=headers).raise_for_status().json()
            note = found["note"] or ""


def test_the_watchdog_runs_while_the_worker_of_the_lanes_takes_nothing(deployed: Deployment, maria: Rest) -> None:
    """Told to take nothing more, as when lanes fill all its slots."""
    watchdog = "golive.watchdog"
    program = Path(sys.executable).parent / "celery"
    celery = [program, "--app", "airflow.providers.celery.executors.celery_executor.app", "control"]
    environment = deployed.environment("worker")
    there = ["--destination", f"celery@{environment['HOSTNAME']}"]
    subprocess.run([*celery, *there, "cancel_consumer", "default"], env=environment, check=True, capture_output=True)
    try:
        maria.wait_for_dag(watchdog)
        maria.unpause(watchdog)
        run_id = maria.trigger(watchdog)
        assert maria.wait(watchdog, run_id, timeout=WITHIN) == "success"
    finally:
        subprocess.run([*celery, *there, "add_consumer", "default"], env=environment, check=True, capture_output=True)


def test_people_sign_in_with_their_own_password(deployed: Deployment) -> None:
    assert httpx.get(f"{deployed.url}/api/v2/dags", trust_env=False).status_code == 401
    assert httpx.get(f"{deployed.url}/golive/dag/{DAG}", trust_env=False).status_code == 401
    for name in (ADMIN, "admin"):
        with Rest(deployed.url, name, "admin") as rest, pytest.raises(Refused) as refused:
            rest.pending()
        assert refused.value.status == 401


def test_no_secret_stands_in_a_log(deployed: Deployment) -> None:
    logs = "".join(path.read_text(errors="replace") for path in deployed.folder.glob("*.log"))
    password = json.loads(deployed.secret("users"))[ADMIN]["password"]
    secrets = [deployed.secret(name) for name in ("fernet_key", "jwt_secret", "api_secret_key", "postgres_password")]
    urls = [deployed.secret(name) for name in ("metadata_url", "ledger_url", "broker_url")]
    held = [*secrets, password, *(url.split(":")[2].partition("@")[0] for url in urls)]
    assert [one for one in held if one in logs] == []


def test_every_health_check_answers(deployed: Deployment) -> None:
    checks = {service: deployed.check(service) for service in ("postgres", "redis", *AIRFLOW)}
    assert {service: check.wait() for service, check in checks.items()} == dict.fromkeys(checks, 0)


def test_a_worker_that_is_told_to_stop_ends_by_itself_and_its_check_says_no(deployed: Deployment) -> None:
    worker = deployed.started["worker"]
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait() == 0
    assert deployed.check("worker").wait() != 0


def _wait_until_healthy(deployment: Deployment) -> None:
    until = time.monotonic() + WITHIN
    waiting = {"metadatabase", "scheduler", "dag_processor", "triggerer"}
    with httpx.Client(base_url=deployment.url, timeout=10, trust_env=False) as client:
        while waiting:
            for service, started in deployment.started.items():
                assert service == ONCE or started.code() is None, f"{service}: {deployment.log(service).read_text()}"
            assert time.monotonic() < until, f"not healthy: {waiting}; the logs are in {deployment.folder}"
            time.sleep(0.2)
            try:
                health = client.get("/api/v2/monitor/health").json()
            except httpx.TransportError:
                continue
            waiting = {part for part in waiting if health[part]["status"] != "healthy"}
