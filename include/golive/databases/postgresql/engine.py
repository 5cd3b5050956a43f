"""PostgreSQL behind the contract."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import psycopg
from sqlalchemy import Engine

from golive.databases.comparing import Comparing
from golive.databases.configuring import Configuring
from golive.databases.contract import Database
from golive.databases.freezing import Freezing
from golive.databases.masking import Masking
from golive.databases.operations import (
    Access,
    Aftercare,
    Asking,
    Catalog,
    Inspection,
    Quarantine,
    Reading,
    State,
    Writing,
)
from golive.databases.postgresql import (
    access,
    aftercare,
    asking,
    catalog,
    comparing,
    configuration,
    connection,
    freeze,
    inspect,
    masking,
    profiling,
    quarantine,
    reach,
    read,
    state,
    write,
)
from golive.databases.profiling import Profiling, Reach


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
    asking: ClassVar[Asking] = asking
    comparing: ClassVar[Comparing] = comparing
    profiling: ClassVar[Profiling] = profiling
    reach: ClassVar[Reach] = reach
    access: ClassVar[Access] = access
    aftercare: ClassVar[Aftercare] = aftercare
    configuration: ClassVar[Configuring] = configuration
    masking: ClassVar[Masking] = masking

    def session(self, *, read_only: bool = False) -> AbstractContextManager[psycopg.Connection[Any]]:
        return connection.session(self._url, name=self.name, timezone=self.timezone, read_only=read_only)

    def reading_engine(self, *, seconds: int) -> AbstractContextManager[Engine]:
        return connection.reading_engine(self._url, timezone=self.timezone, seconds=seconds)
