"""What an engine must be able to do; the rest of Golive knows this and no engine's name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from sqlalchemy import URL, Engine

from golive.databases.comparing import Comparing
from golive.databases.configuring import Configuring
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
from golive.databases.profiling import Profiling, Reach


class Database(ABC):
    """One database of one side. Cheap to make: a connection is opened by ``session`` alone.

    The roles of ``golive.databases.operations`` are attributes: ``database.read.count(connection,
    relation, rows)``.
    """

    engine: ClassVar[str]
    catalog: ClassVar[Catalog]
    read: ClassVar[Reading]
    write: ClassVar[Writing]
    state: ClassVar[State]
    held: ClassVar[Quarantine]
    freezing: ClassVar[Freezing]
    inspect: ClassVar[Inspection]
    asking: ClassVar[Asking]
    comparing: ClassVar[Comparing]
    profiling: ClassVar[Profiling]
    reach: ClassVar[Reach]
    access: ClassVar[Access]
    aftercare: ClassVar[Aftercare]
    configuration: ClassVar[Configuring]
    masking: ClassVar[Masking]

    def __init__(self, url: URL, *, name: str, timezone: str = "UTC") -> None:
        self._url = url
        self.name = name
        self.timezone = timezone

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    @abstractmethod
    def session(self, *, read_only: bool = False) -> AbstractContextManager[Any]:
        """A connection of the engine's driver in autocommit, closed at the end of the block.

        Raises ConnectionLost when it cannot be opened or breaks, Busy for a lock that was not had.
        """

    @abstractmethod
    def reading_engine(self, *, seconds: int) -> AbstractContextManager[Engine]:
        """SQLAlchemy's engine, for a library that wants one: it only reads, and no statement runs longer than that.

        Every connection is closed at the end of the block. Errors are SQLAlchemy's own, with the server's
        message in them, which may hold values.
        """
