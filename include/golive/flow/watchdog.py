"""What nobody else can report: a lane that died, a freeze that lasts, a broken freeze, a form nobody answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import task

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incident:
    """One thing to tell: ``name`` is the same for the same incident."""

    name: str
    title: str
    what: str
    do: str
    table: str | None = None


@task(retries=0)
def look() -> int:
    """Look at every project, and tell people of each incident once. Returns how many were told.

    If it fails, a project could not be looked at, or a message not be sent: the message says which.
    """
    from golive.errors import ProjectError, Terminal
    from golive.flow.alerts import in_words, send
    from golive.project import load, names

    told, failed = 0, list[str]()
    for name in names():
        try:
            found = list(incidents(name, load))
        except ProjectError as error:
            found = [
                Incident(
                    f"file/{hash_of(error.message)}",
                    "its project file is wrong",
                    error.message[:2000],
                    "correct the file; the other projects go on meanwhile",
                )
            ]
        except Exception as error:
            # Whatever it is, the other projects are looked at.
            log.exception("Project %s could not be looked at", name)
            failed.append(f"{name}: {in_words(error)}")
            continue
        for incident in found:
            try:
                told += send(name, incident.name, incident.title, incident.what, incident.do, table=incident.table)
            except Exception as error:
                log.exception("An incident of project %s could not be told", name)
                failed.append(f"{name}: {in_words(error)}")
    if failed:
        raise Terminal("the watchdog could not do all of its work:\n" + "\n".join(failed))
    return told


def incidents(name: str, load: Callable[[str], Project]) -> Iterator[Incident]:
    """What is wrong with a project now."""
    from golive.flow.connections import database, ledger
    from golive.freeze import Freeze, watch
    from golive.ledger import frozen, opened

    project = load(name)
    limits = project.limits
    target = database(project.target.connection, project.timezone)
    with target.session(read_only=True) as connection:
        for run, lane, table, doing, at in target.state.silent(connection, name, limits.silent_minutes):
            yield Incident(
                f"silent/{run}/{lane}/{at.isoformat()}",
                f"lane {lane} is silent",
                f"Lane {lane} of {run} was last heard of at {at.astimezone(UTC):%H:%M:%S} UTC, doing: {doing}."
                " Its process may have been killed, or it hangs.",
                "open the run in Airflow. If its task failed, clear it: it goes on behind the last checkpoint. If it"
                " still runs, look for a lock on the target, then mark it failed and clear it",
                table,
            )
    with ledger() as book:
        entry = frozen(book, name)
        if entry is not None and entry.evidence_hash is not None:
            age, opening = datetime.now(UTC) - entry.at, opened(book, name)
            if opening is None and age > timedelta(minutes=limits.frozen_minutes):
                yield Incident(
                    f"frozen/{entry.seq}",
                    "the old system is frozen for too long",
                    f"{project.source.connection} has been read-only since {entry.at:%Y-%m-%d %H:%M} UTC,"
                    f" longer than the {limits.frozen_minutes} minutes the project allows, and the new system is"
                    " not open.",
                    f"decide: clear what failed in {entry.run}, or go back with `golive unfreeze {name}`",
                )
            record = book.evidence(entry.evidence_hash)
            assert isinstance(record, dict)
            broken = watch(database(project.source.connection, project.timezone), Freeze.from_dict(record))
            if broken:
                yield Incident(
                    f"broken/{entry.seq}/{hash_of('; '.join(broken))}",
                    "the freeze was broken",
                    "; ".join(broken[:10]),
                    "find out who did it. "
                    + (
                        "A new run of final_migration freezes again and compares everything again"
                        if opening is None
                        else "The new system is open: what is written there does not arrive in it"
                    ),
                )
        yield from _unanswered(book, project)


def _unanswered(book: Ledger, project: Project) -> Iterator[Incident]:
    last: dict[tuple[str | None, str], Entry] = {}
    for entry in book.entries(project.name, kind="approval"):
        last[entry.run, entry.payload.get("question", "go_live")] = entry
    for (run, question), entry in last.items():
        if entry.payload["verdict"] != "asked":
            continue
        age = datetime.now(UTC) - entry.at
        hours = project.limits.approval_hours
        if timedelta(minutes=project.limits.answer_minutes) < age < timedelta(hours=hours):
            yield Incident(
                f"unanswered/{entry.seq}",
                "a form waits for an answer",
                f"{run} asks since {entry.at:%H:%M} UTC ({question.replace('_', ' ')}); it waits for"
                f" {', '.join(project.people.get('go_live', ())) or 'anybody who may answer'}.",
                "answer it in Airflow under Required Actions",
            )


def hash_of(text: str) -> str:
    """A short name for a text."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:12]
