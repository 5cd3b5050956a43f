"""What a container does with its secrets before its command: connections, users, and one sentence for a fault."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deploy.composed import ROOT

PASSWORD = "correct horse battery"
USERS = json.dumps({
    "maria": {"role": "admin", "password": PASSWORD}, "tom@school": {"role": "user", "password": PASSWORD},
})  # fmt: skip
PRINT = "import json, os; print(json.dumps(dict(os.environ)))"


def started(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Run it with these secrets, before a command that prints its environment."""
    paths = {}
    for name, text in given.items():
        paths[name] = str(folder / name)
        if text:
            (folder / name).write_text(text)
    environment = paths | {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"), "PATH": "/usr/bin",
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "deploy" / "entrypoint.py"), sys.executable, "-c", PRINT]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_connections_and_users_are_where_airflow_looks(tmp_path: Path) -> None:
    done = started(
        tmp_path,
        AIRFLOW_CONN_GOLIVE_LEDGER_FILE="postgresql://golive_ledger:secret@postgres/golive_ledger\n",
        GOLIVE_CONNECTIONS_FILE='# ours\n\nAIRFLOW_CONN_OLD=postgresql://a:b@c/d?x=1\nAIRFLOW_CONN_NEW={"a": "="}\n',
        GOLIVE_USERS_FILE=USERS,
    )
    seen = json.loads(done.stdout)
    assert seen["AIRFLOW_CONN_GOLIVE_LEDGER"] == "postgresql://golive_ledger:secret@postgres/golive_ledger"
    assert "AIRFLOW_CONN_GOLIVE_LEDGER_FILE" not in seen
    assert (seen["AIRFLOW_CONN_OLD"], seen["AIRFLOW_CONN_NEW"]) == ("postgresql://a:b@c/d?x=1", '{"a": "="}')
    assert seen["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "maria:admin,tom@school:user"
    passwords = tmp_path / "passwords.json"
    assert json.loads(passwords.read_text()) == {"maria": PASSWORD, "tom@school": PASSWORD}
    assert passwords.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("secret", "text", "says"),
    [
        ("AIRFLOW_CONN_GOLIVE_LEDGER_FILE", "", "cannot be read (No such file or directory): run deploy/make-secrets"),
        ("AIRFLOW_CONN_GOLIVE_LEDGER_FILE", " \n", "is empty. Right: a connection as URL or JSON"),
        ("GOLIVE_CONNECTIONS_FILE", f"# ours\nOLD={PASSWORD}", "line 2, is no connection. Right: AIRFLOW_CONN_NAME="),
        ("GOLIVE_CONNECTIONS_FILE", "AIRFLOW_CONN_OLD=", "line 1, is no connection"),
        ("GOLIVE_CONNECTIONS_FILE", "AIRFLOW_CONN_A=1\nAIRFLOW_CONN_A=2", "line 2: AIRFLOW_CONN_A is set already"),
        ("GOLIVE_USERS_FILE", f"maria: {PASSWORD}", "the file: Invalid JSON"),
        ("GOLIVE_USERS_FILE", '{"maria": {"role": "admin", "password": "battery"}}', "maria.password: String should"),
        ("GOLIVE_USERS_FILE", USERS.replace("admin", "boss"), "maria.role: Input should be 'viewer', 'user', 'op' or"),
        ("GOLIVE_USERS_FILE", USERS.replace("tom@school", "tom:op,x"), "tom:op,x"),
        ("GOLIVE_USERS_FILE", USERS.replace("admin", "op"), "names no person with the role admin"),
    ],
)
def test_a_wrong_secret_is_one_sentence_without_its_value(tmp_path: Path, secret: str, text: str, says: str) -> None:
    done = started(tmp_path, **{secret: text})
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"the secret {tmp_path / secret}") and says in done.stderr
    assert "battery" not in done.stderr
