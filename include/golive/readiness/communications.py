"""Planned communications: when each is due, whether people were told, and whether its text may go out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from golive.readiness import slots

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project.people import Communication
    from golive.readiness.site import Papers

RELEASED, HELD = "released", "held"


def due_day(papers: Papers, one: Communication) -> date | None:
    """The day by which people are to be told; None while it is counted back from a go-live without a day."""
    return one.due or counted_back(papers, one.days_before or 0)


def counted_back(papers: Papers, days_before: int) -> date | None:
    """So many days before the go-live of the file, or else the booked one: a proposed day binds nobody yet."""
    go_live = papers.project.calendar.go_live or slots.booked(papers.ledger, papers.project.name)
    return go_live - timedelta(days=days_before) if go_live else None


def told(papers: Papers) -> set[str]:
    """The names of what people were told, by themselves or by the system; not of what reached only some addresses."""
    entries = papers.ledger.latest(papers.project.name, "communication", by=("what",))
    return {entry.payload["what"] for entry in entries if not entry.payload.get("left")}


def question(one: Communication) -> str:
    """The ledger's word for the question whether a text may go out."""
    return f"communication/{one.name}"


def worded(one: Communication) -> dict[str, Any]:
    """What is released: the text, and to whom it goes. Another text, or another address, has to be released anew."""
    return {"name": one.name, "what": one.what, "to": one.to, "text": one.text, "alerts": one.alerts}


def released(papers: Papers, one: Communication) -> Entry | None:
    """The owner's word that this very text may go out, or None; their last word counts."""
    from golive.ledger import digest

    entries = papers.ledger.latest(papers.project.name, "attestation", by=("question",))
    last = next((entry for entry in entries if entry.payload["question"] == question(one)), None)
    if last is None or last.payload["answers"]["state"] != RELEASED or last.evidence_hash != digest(worded(one)):
        return None
    return last


def short_hash(one: Communication) -> str:
    """A short name for the text as it stands, and those to whom it goes."""
    from golive.ledger import digest

    return digest(worded(one))[:12]
