"""Airflow connections as databases: the only way in which a URL reaches Golive inside Airflow."""

from __future__ import annotations

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from golive.databases import Database, connect
from golive.databases.urls import normal
from golive.errors import Terminal
from golive.ledger import Ledger

LEDGER = "golive_ledger"
ALERTS = "golive_alerts"


def database(connection_id: str, timezone: str) -> Database:
    """The database behind an Airflow connection; Terminal if Airflow has none of this id."""
    return connect(url(connection_id), name=connection_id, timezone=timezone)


def ledger() -> Ledger:
    """The ledger of this installation."""
    return Ledger(url(LEDGER))


def url(connection_id: str) -> str:
    """A connection's URL as SQLAlchemy reads it. Never log it: it holds the password."""
    found = find(connection_id)
    if found is None:
        raise Terminal(
            f"Airflow has no connection {connection_id!r}. Add it under Admin > Connections, or set"
            f" AIRFLOW_CONN_{connection_id.upper()}, then clear this task"
        )
    return normal(found.get_uri(), connection_id)


def find(connection_id: str) -> Connection | None:
    """The connection of this id, or None."""
    try:
        return Connection.get(connection_id)
    except AirflowNotFoundException:
        return None
