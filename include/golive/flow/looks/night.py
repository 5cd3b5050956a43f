"""A freeze that lasts too long, was broken, or stands without the ledger's knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from golive.flow.incident import Incident, hash_of

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project

# Proof and record come after the last writer has gone.
_SETS_OUT = timedelta(minutes=2)


def lasting(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """The freeze, once it has lasted longer than the project allows and the new system is not open."""
    from golive.ledger import frozen, opened

    entry, minutes = frozen(book, project.name), project.limits.frozen_minutes
    if entry is None or opened(book, project.name) is not None:
        return
    if now - entry.at > timedelta(minutes=minutes):
        yield Incident(
            f"frozen/{entry.seq}",
            "the old system is frozen for too long",
            f"{project.source.connection} has been read-only since {entry.at:%Y-%m-%d %H:%M} UTC, longer than the"
            f" {minutes} minutes the project allows, and the new system is not open.",
            f"decide: clear what failed in {entry.run}, or go back with `golive unfreeze {project.name}`",
        )


def broken(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """What of the freeze that stands is no longer in force, or was written past it.

    Until support is complete: from then on the old system may be switched off.
    """
    from golive.flow.connections import database
    from golive.freeze import Freeze, watch
    from golive.ledger import frozen, opened
    from golive.readiness.stages import complete

    entry = frozen(book, project.name)
    if entry is None or entry.evidence_hash is None:
        return
    last = "support" if project.stage("support") is not None else project.stages[-1].name
    if opened(book, project.name) is not None and complete(book, project.name, last) is not None:
        return
    record = book.evidence(entry.evidence_hash)
    assert isinstance(record, dict)
    found = watch(database(project.source.connection, project.timezone), Freeze.from_dict(record))
    if found:
        yield Incident(
            f"broken/{entry.seq}/{hash_of('; '.join(found))}",
            "the freeze was broken",
            "; ".join(found[:10]),
            "find out who did it. "
            + (
                "A new run of final_migration freezes again and compares everything again"
                if opened(book, project.name) is None
                else "The new system is open: what is written there does not arrive in it"
            ),
        )


def unknown(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """A freeze that stands in the source and not in the ledger: what set it was killed before it could say so.

    Looked for from the opening of the final migration until that of the new system, and not while the
    freeze may still be under way.
    """
    from golive.flow.connections import database
    from golive.freeze import standing
    from golive.ledger import frozen, opened
    from golive.readiness.stages import begun

    if frozen(book, project.name) is not None or opened(book, project.name) is not None:
        return
    if begun(book, project.name, "final_migration") is None:
        return
    state = standing(database(project.source.connection, project.timezone))
    if state.project != project.name or not state.refusing or state.since is None:
        return
    since = datetime.fromisoformat(state.since)
    if now - since > timedelta(seconds=project.limits.freeze_wait_seconds) + _SETS_OUT:
        yield Incident(
            f"unknown/{since:%Y%m%dT%H%M%S}",
            "the old system is frozen, and the ledger does not know of it",
            f"{project.source.connection} refuses writes since {since:%Y-%m-%d %H:%M} UTC, on {len(state.covered)}"
            " tables, and the ledger holds no freeze: the task that set it was killed in the middle.",
            "decide: clear freeze_source in the run of final_migration, which completes it, or go back with"
            f" `golive unfreeze {project.name}`",
        )
