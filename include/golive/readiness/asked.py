"""What a look asks: of a database by a query of the project file, and of people by the form that they answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golive.errors import Terminal

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.ledger import Entry
    from golive.project.preparing import Side
    from golive.readiness.site import Papers, Site


@dataclass(frozen=True, slots=True)
class Open:
    """How many things a query finds open; None if nobody knows, and then ``error`` says why. That is never zero."""

    count: int | None
    error: str = ""


def open_things(site: Site, side: Side, query: str) -> Open:
    """Ask one side a query each row of which is one thing open; its values are not read."""
    database = side_of(site, side)
    with database.session(read_only=True) as connection:
        try:
            return Open(database.asking.rows(connection, query, 0).count)
        except Terminal as error:
            return Open(None, error.message)


def side_of(site: Site, side: Side) -> Database:
    return site.source if side == "source" else site.target


def answered(site: Site, question: str, evidence: Mapping[str, Any], role: str) -> Entry | None:
    """The approval, in this run, of exactly this evidence, by somebody who holds the role today; or None.

    ``evidence`` is what the form would show now: an answer about anything else is none.
    """
    from golive.ledger import digest

    last = last_answer(site, question)
    if last is None or last.payload.get("evidence_hash") != digest(evidence):
        return None
    return last if last.actor in site.project.holders(role, site.today) else None


def ask_again(site: Site, question: str, evidence: Mapping[str, Any], form: str) -> str:
    """How to have a question answered that is not: by clearing its form, or in a new run, once it asks another thing.

    Airflow keeps the old text of a form that was shown.
    """
    from golive.ledger import digest

    last = last_answer(site, question)
    if last is None or last.payload.get("evidence_hash") == digest(evidence):
        return f"Clear {form}, which asks"
    return "What was answered was about something else than stands now: start a new run, which asks"


def last_answer(site: Site, question: str) -> Entry | None:
    """The approval of a question in this run, whatever it was about; asking again, or a no, takes it back."""
    entries = site.ledger.entries(site.project.name, kind="approval", run=site.run_name)
    last = next((entry for entry in reversed(entries) if entry.payload.get("question") == question), None)
    return last if last is not None and last.payload.get("verdict") == "approved" else None


def holders(site: Papers, role: str) -> str:
    """A role and who holds it today, as a sentence names them."""
    people = " or ".join(map(site.project.called, site.project.holders(role, site.today)))
    shown = role.replace("_", " ")
    return f"{people} ({shown})" if people else f"whoever will hold the role {shown}"


def counted(number: int, thing: str, things: str | None = None) -> str:
    """'1 rule', '3 rules'."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def named(names: Sequence[str], shown: int = 5) -> str:
    """The first of these names, and how many more there are."""
    return f"{', '.join(names[:shown])}{f' and {len(names) - shown} more' if len(names) > shown else ''}"
