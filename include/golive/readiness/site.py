"""What a look at one project works with, and what it comes back with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.ledger import Ledger
    from golive.plan import Plan
    from golive.project import Project


class Papers(Protocol):
    """One project on a day, as its file and the ledger have it: what can be said without asking a database."""

    @property
    def project(self) -> Project: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def today(self) -> date: ...


class Site(Papers, Protocol):
    """One project as it is now. ``today`` is the day in the project's time zone; ``run`` has a name and a stage.

    ``staging`` is where configuration is made ahead; None where the project has no such database.
    ``hashes`` are the ``project_hash`` and ``code_hash`` of what is written now.
    """

    @property
    def source(self) -> Database: ...
    @property
    def target(self) -> Database: ...
    @property
    def staging(self) -> Database | None: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def stage(self) -> str: ...
    @property
    def run_name(self) -> str: ...
    @property
    def hashes(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Record:
    """An entry to be written: its kind, what it says, and the evidence beside it."""

    kind: str
    payload: Mapping[str, Any]
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a look found: one sentence, entries to be kept, and every missing thing in words.

    A missing thing is one sentence that names the thing, whose it is, and what to do. What is missing
    keeps the stage open; ``records`` are written all the same.
    """

    says: str
    records: tuple[Record, ...] = ()
    missing: tuple[str, ...] = ()
