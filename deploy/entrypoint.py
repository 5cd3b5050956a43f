"""What a container runs first: connections and users out of their secrets, then its command in its own place.

Airflow reads its other secrets itself, by the ``_CMD`` form of its options. Connections have no such
form, and the users of its sign-in stand in a setting and in a file that it opens for writing. A secret
that is missing or wrong ends the container with one sentence, which never holds a secret's value.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from golive.errors import Terminal

CONNECTIONS = "GOLIVE_CONNECTIONS_FILE"
USERS = "GOLIVE_USERS_FILE"
PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
_CONNECTION = re.compile(r"AIRFLOW_CONN_[A-Z0-9_]+")


class User(BaseModel):
    """A person of the file ``users``; each role may do what those before it may."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["viewer", "user", "op", "admin"]
    password: Annotated[str, Field(min_length=12)]


_USERS = TypeAdapter(dict[Annotated[str, StringConstraints(pattern=r"^[\w.@-]+$")], User])


def prepared(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the command: every connection in place, the users in Airflow's own two forms.

    Writes the passwords, readable by this user alone, into the file that Airflow's setting names. Raises
    Terminal, naming the secret and what would be right, for one that cannot be read or is wrong.
    """
    made = dict(environment)
    for name in [name for name in made if _CONNECTION.fullmatch(name) and name.endswith("_FILE")]:
        path = made.pop(name)
        value = _read(path)
        if not value:
            raise Terminal(f"the secret {path} is empty. Right: a connection as URL or JSON")
        made[name.removesuffix("_FILE")] = value
    if CONNECTIONS in made:
        made |= _connections(made[CONNECTIONS], made)
    if USERS in made:
        made |= _users(made[USERS], Path(made[PASSWORDS]))
    return made


def _connections(path: str, taken: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(_read(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, value = (part.strip() for part in line.partition("="))
        if not _CONNECTION.fullmatch(name) or not value:
            raise Terminal(f"the secret {path}, line {number}, is no connection. Right: AIRFLOW_CONN_NAME=URL or JSON")
        if name in found or name in taken:
            raise Terminal(f"the secret {path}, line {number}: {name} is set already. Right: each connection once")
        found[name] = value
    return found


def _users(path: str, passwords: Path) -> dict[str, str]:
    try:
        users = _USERS.validate_json(_read(path))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}" for item in error.errors())
        right = 'Right: {"maria": {"role": "viewer, user, op or admin", "password": "12 characters or more"}}'
        # Without its cause: that one may quote a password.
        raise Terminal(f"the secret {path} is wrong. {faults}. {right}") from None
    if not any(user.role == "admin" for user in users.values()):
        raise Terminal(f"the secret {path} names no person with the role admin: nobody could change anything")
    with os.fdopen(os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump({name: user.password for name, user in users.items()}, out)
    return {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{user.role}" for name, user in users.items())}


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Terminal(f"the secret {path} cannot be read ({error.strerror}): run deploy/make-secrets") from error
    except UnicodeDecodeError as error:
        raise Terminal(f"the secret {path} is not UTF-8 (byte {error.start}). Right: saved as UTF-8") from None


if __name__ == "__main__":
    try:
        chosen = prepared(os.environ)
    except Terminal as refused:
        sys.exit(refused.message)
    # Looked up on this environment's PATH; signals reach the command itself.
    os.execvpe(sys.argv[1], sys.argv[1:], chosen)
