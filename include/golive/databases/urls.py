"""Database URLs from Airflow's connection variables, for what runs outside of Airflow's own tasks.

There Airflow searches only the environment and secrets backends; Golive's commands take the
environment, or a URL. No message here shows a URL: it holds a password.
"""

from __future__ import annotations

import json
import os
from typing import Any

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from golive.errors import Terminal

# Extras that Airflow's own hook reads; a database driver does not know them.
_OF_THE_HOOK = frozenset({"cursor", "iam", "redshift", "aws_conn_id", "region_name", "sqlalchemy_scheme", "schema"})


def variable(connection_id: str) -> str:
    """The environment variable in which Airflow looks for this connection."""
    return f"AIRFLOW_CONN_{connection_id.upper()}"


def from_environment(connection_id: str) -> str:
    """The SQLAlchemy URL, password included, of an Airflow connection in the environment.

    Reads Airflow's URI form and its JSON form. Raises Terminal, naming the variable and both forms,
    if it is missing or is neither.
    """
    name = variable(connection_id)
    text = os.environ.get(name, "")
    if not text.strip():
        raise _refuse(f"the environment variable {name}", "is not set")
    return normal(text, f"the environment variable {name}")


def normal(text: str, name: str) -> str:
    """A connection in Airflow's URI or JSON form as SQLAlchemy's URL, password included.

    ``name`` says in messages where it comes from. Raises Terminal for what is neither form.
    """
    text = text.strip()
    url = _from_json(name, text) if text.startswith("{") else _from_uri(name, text)
    return url.render_as_string(hide_password=False)


def _from_uri(name: str, text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Without its cause: that one may quote the URL.
        raise _refuse(name, "is not a URI") from None
    extra = url.query.get("__extra__")
    plain = url.difference_update_query(["__extra__"]).set(drivername=_driver(url.drivername))
    return plain.update_query_dict(_options(name, extra)) if extra else plain


def _from_json(name: str, text: str) -> URL:
    try:
        data: Any = json.loads(text)
        url = URL.create(
            _driver(str(data["conn_type"])),
            username=data.get("login"),
            password=data.get("password"),
            host=data.get("host"),
            port=int(data["port"]) if data.get("port") else None,
            database=data.get("schema"),
        )
    except (ValueError, TypeError, KeyError, ArgumentError):
        raise _refuse(name, "is not JSON of a connection") from None
    return url.update_query_dict(_options(name, data.get("extra") or {}))


def _driver(scheme: str) -> str:
    return "postgresql" if scheme in ("postgres", "postgresql") else scheme


def _options(name: str, extra: object) -> dict[str, str]:
    """The driver's options in ``extra``, which is a mapping or the JSON text of one."""
    try:
        data = json.loads(extra) if isinstance(extra, str) else extra
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise _refuse(name, "has an `extra` that is not a JSON object")
    return {
        str(key): str(value)
        for key, value in data.items()
        if isinstance(value, str | int | float) and key not in _OF_THE_HOOK
    }


def _refuse(name: str, what: str) -> Terminal:
    return Terminal(
        f"{name} {what}. Right: postgresql://login:password@host:5432/database, special"
        ' characters as %XX, or {"conn_type": "postgres", "host": "...", "port": 5432, "login": "...",'
        ' "password": "...", "schema": "database", "extra": {"sslmode": "require"}}'
    )
