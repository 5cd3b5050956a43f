"""Messages that the system sends by itself: each address takes each of them once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from golive.flow.escalation import UNSENT
from golive.flow.incident import Incident

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project
    from golive.readiness.messages import Message


def deliver(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Send what is due to every address that has not taken it yet; gives what did not go out, told once a day.

    The entry is written after the sending, so that a message is rather sent twice than never. What an
    address did not take is tried again with the next look.
    """
    from golive.flow.alerts import addresses
    from golive.flow.connections import ALERTS
    from golive.readiness.messages import due_now

    today = now.astimezone(ZoneInfo(project.timezone)).date()
    for message in due_now(project, book, today):
        connection = message.alerts or ALERTS
        urls = addresses(connection)
        left = _send(project, book, message, urls)
        if left or not (urls or message.shown):
            what = f"{left} of {len(urls)} addresses of connection {connection} did not take it" if urls else (
                f"connection {connection} is not there, or holds no address"
            )  # fmt: skip
            yield Incident(
                f"{UNSENT}{message.name}/{today}",
                f"a message did not go out: {message.title}",
                f"It is for {message.to}, and {what}.",
                "test the addresses with the apprise command, and correct the connection: the watchdog tries again"
                f" every minute. Who cannot wait tells people, and enters that with `{project.name}.record`",
            )


def _send(project: Project, book: Ledger, message: Message, urls: list[str]) -> int:
    """Send to those that have not taken it; writes an entry if anything is new; returns how many are left."""
    from golive.flow.alerts import post

    before = _before(project, book, message)
    took: list[str] = list(before.payload["took"]) if before is not None else []
    channels: list[str] = list(before.payload["channels"]) if before is not None else []
    title = f"{project.title or project.name}: {message.title}"
    sent = post(urls, title, message.text, skip=frozenset(took))
    new = [each for each in sent if each.taken]
    left = len(sent) - len(new)
    if new or (before is None and message.shown):
        book.append(
            project=project.name,
            kind=message.kind,
            actor="golive",
            payload={
                **message.payload,
                "message": message.name,
                "took": [*took, *(each.address for each in new)],
                "channels": list(dict.fromkeys((*channels, *(each.channel for each in new)))),
                "left": left,
            },
            evidence=message.evidence,
        )
    return left


def _before(project: Project, book: Ledger, message: Message) -> Entry | None:
    """The last entry about this very message."""
    entries = book.entries(project.name, kind=message.kind)
    return next((each for each in reversed(entries) if each.payload.get("message") == message.name), None)
