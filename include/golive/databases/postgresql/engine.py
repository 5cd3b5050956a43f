"""PostgreSQL behind the contract."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import psycopg

from golive.databases.contract import Database
from golive.databases.freezing import Freezing
from golive.databases.operations import Catalog, Inspection, Quarantine, Reading, State, Writing
from golive.databases.postgresql import catalog, connection, freeze, inspect, quarantine, read, state, write


class PostgreSQL(Database):
    """PostgreSQL 14 and later."""

    engine = "postgresql"
    catalog: ClassVar[Catalog] = catalog
    read: ClassVar[Reading] = read
    write: ClassVar[Writing] = write
    state: ClassVar[State] = state
    held: ClassVar[Quarantine] = quarantine
    freezing: ClassVar[Freezing] = freeze
    inspect: ClassVar[Inspection] = inspect

    def session(self, *, read_only: bool = False) -> AbstractContextManager[psycopg.Connection[Any]]:
        return connection.session(self._url, name=self.name, timezone=self.timezone, read_only=read_only)
