"""docker-compose.yml, Dockerfile and requirements against the specification, Airflow's own settings, and the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from sqlalchemy.engine import make_url
from tests.deploy.composed import FILE, LOCAL_SETTINGS, ROOT, STANDING, faults, variables

COMPOSE = FILE.read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text()
MAKE_SECRETS = ROOT / "deploy" / "make-secrets"


def against_the_specification(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "docker-compose.yml"
    file.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_file_fits_the_compose_specification(tmp_path: Path) -> None:
    checked = against_the_specification(COMPOSE, tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    checked = against_the_specification(COMPOSE.replace("restart:", "restarts:"), tmp_path)
    assert checked.returncode == 1
    assert "restarts" in checked.stdout


def test_nothing_is_wrong_with_it() -> None:
    assert faults(COMPOSE, DOCKERFILE, IGNORED) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (r"    healthcheck:\n(?:.*\n){5}    shm_size", "    shm_size", "postgres has no health check"),
        ('restart: "no"', "restart: always", "init ends by itself"),
        ("restart: unless-stopped", "restart: on-failure", "redis is not started again"),
        (r"networks: \[data\]\n    healthcheck", 'ports: ["5432:5432"]\n    healthcheck', "redis publishes a port"),
        ("postgres: {condition: service_healthy}\n    redis", "postgresql: {condition: service_healthy}\n    redis",
         "scheduler waits for postgresql, which is no service"),
        ("init: {condition: service_completed_successfully}", "postgres: {condition: service_healthy}",
         "init has no health check, and nothing waits for its end"),
        ("data: {internal: true}", "inside: {internal: true}", "redis is in the network data, which is not declared"),
        ("./deploy/redis.sh:", "./deploy/none.sh:", "redis mounts ./deploy/none.sh, which does not exist"),
        ("redis.sh:ro", "redis.sh", "redis may write to ./deploy/redis.sh"),
        ("  logs: {}", "  log: {}", "are mounted, .*'log'"),
        ("POSTGRES_PASSWORD_FILE: .*", "POSTGRES_PASSWORD: golive", "postgres: POSTGRES_PASSWORD is no secret's file"),
        ("POSTGRES_PASSWORD_FILE: .*", "POSTGRES_PASSWORD: ${P:-golive}", "POSTGRES_PASSWORD is no secret's file"),
        ("AIRFLOW_CONN_GOLIVE_ALERTS_FILE: .*", "AIRFLOW_CONN_GOLIVE_ALERTS: postgres://a:b@c", "holds a password"),
        (r"deploy/secret fernet_key", "deploy/secret users", "FERNET_KEY_CMD reads a secret that scheduler does not"),
        (r"secrets: \[broker_url\]", "secrets: [brokers]", "redis has the secret brokers, which is not declared"),
        (r'users: \{file.*', 'users: {file: "./users"}', "the secret users is no file of GOLIVE_SECRETS"),
        (r"deploy/make-secrets filled\}/", "deploy/make-secrets filled}/the_", "postgres_password is no file of"),
        (r"\[sh, /opt/golive/deploy/redis.sh\]", "[redis-server, --requirepass, golive]", "redis: a password stands"),
        ('test: .CMD-SHELL, .redis-cli -u "[^"]*"', "test: [CMD-SHELL, 'redis-cli -u redis://:golive@redis",
         "redis: a password stands"),
        ("AIRFLOW__CORE__EXECUTOR", "AIRFLOW__CORE__EXECUTORS", "Airflow knows no AIRFLOW__CORE__EXECUTORS"),
        ("AIRFLOW__CELERY__WORKER_CONCURRENCY: .*", "AIRFLOW__CELERY__WORKER_CONCURRENCY_CMD: nproc",
         "Airflow takes no command for AIRFLOW__CELERY__WORKER_CONCURRENCY_CMD"),
        ("AIRFLOW__API__SECRET_KEY_CMD: .*", "AIRFLOW__API__SECRET_KEY: golive", "is a secret that stands in the file"),
        ('ALL_ADMINS: "False"', 'ALL_ADMINS: "True"', "scheduler: everybody is an admin"),
        ("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: .*", "TZ: UTC", "worker: whether everybody is an admin"),
        ("  AIRFLOW_CONN_GOLIVE_LEDGER_FILE: .*", "", "AIRFLOW_CONN_GOLIVE_LEDGER is not set for every process"),
        ("  AIRFLOW_CONN_GOLIVE_AIRFLOW_FILE: .*", "", "AIRFLOW_CONN_GOLIVE_AIRFLOW is not set for every process"),
        ("  GOLIVE_CONNECTIONS_FILE: .*", "", "the code reads GOLIVE_CONNECTIONS_FILE, and no service sets it"),
        ("GOLIVE_USERS_FILE:", "GOLIVE_PEOPLE_FILE:", "GOLIVE_PEOPLE_FILE is set, and nothing reads it"),
        ("/opt/golive/plugins", "/opt/golive/plug-ins", "/opt/golive/plug-ins is named, and plug-ins does not exist"),
        ("--queues, standing,", "--queues, stand,", "no worker takes the queue standing"),
        ("--queues, standing,", "--queues, 'standing,default',", "worker-standing takes the queue standing and others"),
        ("celery, worker, --queues", "celery, flower, --queues", "no worker takes the queue standing"),
        ("PYTHONPATH: /opt/golive/deploy", "PYTHONPATH: /opt/golive/dags", "worker does not find airflow_local"),
        ("uid=50000", "uid=1000", "the image's user and the owner of what it writes differ"),
        ("dockerfile: Dockerfile", "dockerfile: Containerfile", "is built from a Dockerfile that does not exist"),
    ],
)  # fmt: skip
def test_each_fault_of_the_compose_file_is_found(old: str, new: str, says: str) -> None:
    broken, replaced = re.subn(old, lambda _: new, COMPOSE)
    assert replaced
    found = faults(broken, DOCKERFILE, IGNORED)
    assert any(re.search(says, fault) for fault in found), found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("COPY requirements.txt", "COPY requirement.txt", "copies requirement.txt, which does not exist"),
        ("COPY requirements.txt", "COPY Makefile", "copies Makefile, which .dockerignore keeps out"),
        ("deploy/entrypoint.py", "deploy/start.py", "/opt/golive/deploy/start.py is named"),
        ("USER golive", "USER root", "the image runs as root"),
        ("!dags", "#", ".dockerignore keeps dags out"),
        ("*\n!dags", "!dags", ".dockerignore lets .env in"),
    ],
)
def test_each_fault_of_the_image_is_found(old: str, new: str, says: str) -> None:
    assert old in DOCKERFILE + IGNORED
    assert any(says in fault for fault in faults(COMPOSE, DOCKERFILE.replace(old, new), IGNORED.replace(old, new)))


def test_only_standing_jobs_get_the_queue_of_standing_jobs() -> None:
    for dag_id, queue in {
        "golive.watchdog": STANDING, "riverside.next": STANDING, "riverside.older_data": "default",
        "riverside.final_migration": "default", "next.discover": "default",
    }.items():  # fmt: skip
        task = SimpleNamespace(dag_id=dag_id, queue="default")
        LOCAL_SETTINGS["task_policy"](task)
        assert task.queue == queue, dag_id


def test_every_secret_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run(["sh", MAKE_SECRETS, folder, "maria"], check=True, capture_output=True)
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert made.keys() == yaml.safe_load(COMPOSE)["secrets"].keys()
    assert folder.stat().st_mode & 0o777 == 0o700
    again = subprocess.run(["sh", MAKE_SECRETS, folder, "tom"], check=True, capture_output=True, text=True)
    assert again.stdout == ""
    assert {file.name: file.read_text() for file in folder.iterdir()} == made
    random = re.findall(r"[0-9a-f]{48}", "".join(text for name, text in made.items() if name != "airflow_api"))
    assert len(random) == len(set(random)) == 9


def test_the_sign_in_that_sets_notes_is_among_the_users_and_an_ordinary_one(tmp_path: Path) -> None:
    subprocess.run(["sh", MAKE_SECRETS, tmp_path, "maria"], check=True, capture_output=True)
    users = json.loads((tmp_path / "users").read_text())
    url = make_url((tmp_path / "airflow_api").read_text())
    assert {name: user["role"] for name, user in users.items()} == {"maria": "admin", "golive": "user"}
    assert (url.drivername, url.username, url.password) == ("http", "golive", users["golive"]["password"])
    assert (url.host, url.port) == ("api-server", 8080)


@pytest.mark.parametrize("arguments", [[], ["folder"], ["folder", "a b"], ["folder", ""], ["folder", "golive"]])
def test_secrets_are_not_made_for_nobody(tmp_path: Path, arguments: list[str]) -> None:
    made = subprocess.run(["sh", MAKE_SECRETS, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 2 and made.stderr.startswith("make-secrets: ")
    assert list(tmp_path.iterdir()) == []


def test_the_page_explains_every_variable_and_every_secret() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text()
    names = variables(COMPOSE) | yaml.safe_load(COMPOSE)["secrets"].keys()
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_production_only_adds_to_what_is_pinned() -> None:
    base, production, dev = (
        (ROOT / f"requirements{kind}.txt").read_text().splitlines() for kind in ("", "-production", "-dev")
    )
    assert production[0] == "-r requirements.txt"
    names = [{line.partition("==")[0] for line in lines} for lines in (base, production[1:])]
    assert not names[0] & names[1]
    assert {*base, *production[1:]} <= {*dev}
