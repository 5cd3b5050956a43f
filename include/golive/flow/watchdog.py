"""What nobody else can report: everything that ``golive.flow.looks`` finds in a project, told once each.

Each look at a project stands alone: one that cannot be done hides no other, and is told itself. An
outage is told as it begins, once in every day that it lasts, and as it ends; which of these comes
next is read from the ledger's alarms.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk import task

from golive.flow.incident import Incident, Look, hash_of
from golive.flow.looks import LOOKS

if TYPE_CHECKING:
    from golive.errors import ProjectError
    from golive.ledger import Entry, Ledger
    from golive.project import Project

TOLD_AGAIN = timedelta(days=1)

log = logging.getLogger(__name__)


@task(retries=0)
def look() -> int:
    """Look at every project, and tell people of each incident once. Returns how many were told.

    If it fails, something could not be looked at, or a message not be sent: the message says which.
    People were told of the former too. Without the ledger, in which stands who was told of what, they
    are told of that alone, once an hour, and this task fails every minute.
    """
    from golive.errors import ProjectError, Terminal
    from golive.flow.alerts import in_words, send
    from golive.flow.connections import ledger
    from golive.project import load, names

    told, failed = 0, list[str]()
    for name in names():
        try:
            with ledger() as book:
                found, unseen = incidents(load(name), book)
        except ProjectError as error:
            found, unseen = [_wrong_file(error)], []
        except Exception as error:
            # Whatever it is, the other projects are looked at.
            log.exception("Project %s could not be looked at", name)
            found, unseen = [_unread(in_words(error))], [in_words(error)]
        failed += [f"{name}: {words}" for words in unseen]
        for incident in found:
            try:
                told += send(
                    name,
                    incident.name,
                    incident.title,
                    incident.what,
                    incident.do,
                    table=incident.table,
                    to=incident.to,
                )
            except Exception as error:
                log.exception("An incident of project %s could not be told", name)
                failed.append(f"{name}: {in_words(error)}")
    if failed:
        raise Terminal("the watchdog could not do all of its work:\n" + "\n".join(failed))
    return told


def incidents(project: Project, book: Ledger) -> tuple[list[Incident], list[str]]:
    """What is wrong with a project now, and in words what could not be looked at.

    Of the latter, what people have yet to be told is among the incidents too. A missing connection of a
    project that never wrote into the ledger is no outage: nobody began with it. Raises what the ledger
    raises when it cannot be read; whatever else goes wrong in a look stays in that look.
    """
    from golive.flow.alerts import in_words
    from golive.flow.connections import find

    now, alarms = datetime.now(UTC), book.entries(project.name, kind="alarm")
    found, unseen = list[Incident](), list[str]()
    for each in LOOKS:
        try:
            found += each.find(project, book, now)
        except Exception as error:
            if find(each.connection(project)) is None and not book.entries(project.name, limit=1):
                continue
            log.exception("Project %s: %s could not be looked at", project.name, each.subject)
            words = f"{each.subject} could not be looked at: {in_words(error)}"
            unseen.append(words)
            found += _outage(project, each, words, alarms, now)
        else:
            found += _back(project, each, alarms)
    return found, unseen


def _outage(project: Project, each: Look, words: str, alarms: Sequence[Entry], now: datetime) -> Iterator[Incident]:
    """The outage of a look, if it has just begun or was last told a day ago."""
    last = _last_said(each, alarms)
    if last is not None and _is_outage(last) and now - last.at < TOLD_AGAIN:
        return
    connection = each.connection(project)
    yield Incident(
        f"unseen/{each.name}/{last.seq if last else 0}",
        f"{each.subject} cannot be watched",
        f"{words[:2000]}\n\nUntil this is put right, nobody hears of what goes wrong there. Everything else of the"
        " project is watched as before.",
        f"see whether the server of connection {connection} runs and lets Airflow's machine in, and whether that"
        " connection is right in Airflow; the log of the task `look` holds the whole error. The watchdog tries again"
        " every minute, says when it can look again, and repeats this every day until then",
    )


def _back(project: Project, each: Look, alarms: Sequence[Entry]) -> Iterator[Incident]:
    """The end of the outage that people were told of last, if there was one."""
    last = _last_said(each, alarms)
    if last is not None and _is_outage(last):
        yield Incident(
            f"seen/{each.name}/{last.seq}",
            f"{each.subject} can be watched again",
            f"Connection {each.connection(project)} answers, or nothing is left to look at through it. The outage was"
            f" last told on {last.at:%Y-%m-%d %H:%M} UTC.",
            "look into the runs of that time: what failed meanwhile may have to be cleared",
        )


def _last_said(each: Look, alarms: Sequence[Entry]) -> Entry | None:
    """The last alarm about the beginning or the end of an outage of this look."""
    names = (f"alarm/unseen/{each.name}/", f"alarm/seen/{each.name}/")
    about = [alarm for alarm in alarms if (alarm.once or "").startswith(names)]
    return about[-1] if about else None


def _is_outage(alarm: Entry) -> bool:
    return (alarm.once or "").startswith("alarm/unseen/")


def _unread(words: str) -> Incident:
    """The same for every project: one message an hour tells it."""
    from golive.flow.connections import LEDGER

    return Incident(
        "ledger",
        "the ledger cannot be read",
        f"{words}\n\nUntil this is put right, no door opens, nobody is asked, and nobody hears of what goes wrong.",
        f"see whether the server of connection {LEDGER} runs and lets Airflow's machines in; the log of the task `look`"
        " of golive.watchdog holds the whole error",
    )


def _wrong_file(error: ProjectError) -> Incident:
    return Incident(
        f"file/{hash_of(error.message)}",
        "its project file is wrong",
        error.message[:2000],
        "correct the file; the other projects go on meanwhile",
    )
