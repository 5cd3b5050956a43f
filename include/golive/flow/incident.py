"""What people are told of, and what finds it: an incident, and a look at one thing of a project."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project


@dataclass(frozen=True)
class Incident:
    """One thing to tell: ``name`` is the same for the same incident, ``to`` a connection other than the usual one."""

    name: str
    title: str
    what: str
    do: str
    table: str | None = None
    to: str | None = None


@dataclass(frozen=True)
class Look:
    """One thing to look at in a project.

    ``name`` stands in the names of alarms, ``subject`` in messages; ``connection`` is what the look
    needs, ``find`` gives what is wrong at a moment.
    """

    name: str
    subject: str
    connection: Callable[[Project], str]
    find: Callable[[Project, Ledger, datetime], Iterator[Incident]]


def hash_of(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
