"""Alarms that reached nobody, and addresses that take no message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from golive.flow.escalation import REFUSED
from golive.flow.incident import Incident, hash_of

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project

# What is older is history: it stands in the ledger, and nobody needs to be woken for it.
_SENT_AGAIN = timedelta(days=7)
_REFUSED_SINCE = timedelta(days=1)


def undelivered(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Each alarm of the last week that reached nobody, as it was, once its connection holds an address."""
    from golive.flow.alerts import addresses, is_told
    from golive.flow.connections import ALERTS

    alarms = book.entries(project.name, kind="alarm")
    for alarm in alarms:
        once, said = alarm.once or "", alarm.payload
        if said["delivered"] or now - alarm.at > _SENT_AGAIN or is_told(once, alarms):
            continue
        to = str(said.get("to") or ALERTS)
        if addresses(to):
            yield Incident(
                once.removeprefix("alarm/"), said["title"], said["what"], said["do"], said["table"] or None, to
            )


def refusing(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Each address that took no message of the last day while another did, told once a day to those that do."""
    for alarm in book.entries(project.name, kind="alarm"):
        refused = alarm.payload.get("refused") or ()
        if now - alarm.at > _REFUSED_SINCE or not alarm.payload["delivered"] or REFUSED in (alarm.once or ""):
            continue
        to = str(alarm.payload["to"])
        for host in refused:
            yield Incident(
                f"{REFUSED}{to}/{hash_of(host)}/{alarm.at:%Y-%m-%d}",
                f"an address of {to} takes no message",
                f"{host} did not take the message {alarm.payload['title']!r}. Another address took it: without this"
                " one, those people hear of nothing.",
                f"test the addresses of connection {to} with the apprise command, and correct it in Airflow",
                to=to,
            )
