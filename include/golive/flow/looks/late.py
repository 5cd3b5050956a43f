"""What is past its day: meetings, communications, obligations, documents to read, texts to release."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from golive.flow.escalation import FOLLOW_UP
from golive.flow.incident import Incident

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project


def late(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Everything that has to be followed up, each told once for its day."""
    from golive.readiness.follow_up import overdue

    for each in overdue(project, book, now.astimezone(ZoneInfo(project.timezone)).date()):
        yield Incident(f"{FOLLOW_UP}{each.name}", each.title, each.says, each.do)
