"""PostgreSQL behind the contract."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import psycopg

from golive.databases.contract import Database
from golive.databases.postgresql import connection


class PostgreSQL(Database):
    """PostgreSQL 14 and later."""

    engine = "postgresql"

    def session(self, *, read_only: bool = False) -> AbstractContextManager[psycopg.Connection[Any]]:
        return connection.session(self._url, name=self.name, timezone=self.timezone, read_only=read_only)
