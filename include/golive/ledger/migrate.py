"""Bringing the ledger's schema to the newest revision; the revisions lie in the package itself."""

from __future__ import annotations

import threading

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, func, select
from sqlalchemy.schema import CreateSchema

from golive.errors import Terminal
from golive.ledger.tables import SCHEMA

_LOCK = 7_061_001

# Alembic's context is one per process; the server's lock alone would not part two threads with two ledgers.
_in_this_process = threading.Lock()


def upgrade(connection: Connection) -> None:
    """Upgrade inside the connection's open transaction: all of it, or nothing.

    A second process waits for the first, then finds nothing to do. Raises Terminal for a database
    that cannot hold the ledger, or that a newer Golive has migrated.
    """
    config = Config()
    config.set_main_option("script_location", "golive.ledger:migrations")
    config.attributes["connection"] = connection
    with _in_this_process:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        encoding = connection.scalar(select(func.current_setting("server_encoding")))
        if encoding != "UTF8":
            raise Terminal(
                f"the ledger's database is encoded in {encoding}, which cannot hold every name. "
                "Right: create database ... encoding 'UTF8' template template0"
            )
        if not connection.dialect.has_schema(connection, SCHEMA):
            connection.execute(CreateSchema(SCHEMA))
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Terminal(
                f"the ledger was migrated by a newer Golive than this one ({error}). Install that release"
            ) from error
