"""What nobody else can report: a lane that died, a freeze that lasts or was broken, a form unanswered, what is late.

Each look at a project stands alone: one that cannot be done hides no other, and is told itself. An
outage is told as it begins, once in every day that it lasts, and as it ends; which of these comes
next is read from the ledger's alarms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context, task

from golive.flow.escalation import FOLLOW_UP

if TYPE_CHECKING:
    from golive.errors import ProjectError
    from golive.ledger import Entry, Ledger
    from golive.project import Project

TOLD_AGAIN = timedelta(days=1)

log = logging.getLogger(__name__)


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
    needs, ``find`` gives what is wrong now.
    """

    name: str
    subject: str
    connection: Callable[[Project], str]
    find: Callable[[Project, Ledger], Iterator[Incident]]


@task(retries=0)
def look() -> int:
    """Look at every project, and tell people of each incident once. Returns how many were told.

    If it fails, something could not be looked at, or a message not be sent: the message says which.
    People were told of the former too, unless it is the ledger that cannot be reached: who was told
    of what stands there, so without it nobody is told of anything, and this task fails every minute.
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
            found, unseen = [], [in_words(error)]
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

    alarms = book.entries(project.name, kind="alarm")
    found, unseen = list[Incident](), list[str]()
    for each in LOOKS:
        try:
            found += each.find(project, book)
        except Exception as error:
            if find(each.connection(project)) is None and not book.entries(project.name, limit=1):
                continue
            log.exception("Project %s: %s could not be looked at", project.name, each.subject)
            words = f"{each.subject} could not be looked at: {in_words(error)}"
            unseen.append(words)
            found += _outage(project, each, words, alarms)
        else:
            found += _back(project, each, alarms)
    return found, unseen


def _outage(project: Project, each: Look, words: str, alarms: Sequence[Entry]) -> Iterator[Incident]:
    """The outage of a look, if it has just begun or was last told a day ago."""
    last = _last_said(each, alarms)
    if last is not None and _is_outage(last) and datetime.now(UTC) - last.at < TOLD_AGAIN:
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
    about = [
        alarm for alarm in alarms if (alarm.once or "").split("/")[1:3] in (["unseen", each.name], ["seen", each.name])
    ]
    return about[-1] if about else None


def _is_outage(alarm: Entry) -> bool:
    return (alarm.once or "").startswith("alarm/unseen/")


def _wrong_file(error: ProjectError) -> Incident:
    return Incident(
        f"file/{hash_of(error.message)}",
        "its project file is wrong",
        error.message[:2000],
        "correct the file; the other projects go on meanwhile",
    )


def _silent(project: Project, book: Ledger) -> Iterator[Incident]:
    from golive.flow.connections import database

    target = database(project.target.connection, project.timezone)
    with target.session(read_only=True) as connection:
        silent = target.state.silent(connection, project.name, project.limits.silent_minutes)
    for run, lane, table, doing, at in silent:
        yield Incident(
            f"silent/{run}/{lane}/{at.isoformat()}",
            f"lane {lane} is silent",
            f"Lane {lane} of {run} was last heard of at {at.astimezone(UTC):%H:%M:%S} UTC, doing: {doing}."
            " Its process may have been killed, or it hangs.",
            "open the run in Airflow. If its task failed, clear it: it goes on behind the last checkpoint. If it"
            " still runs, look for a lock on the target, then mark it failed and clear it",
            table,
        )


def _lasting(project: Project, book: Ledger) -> Iterator[Incident]:
    from golive.ledger import frozen, opened

    entry, minutes = frozen(book, project.name), project.limits.frozen_minutes
    if entry is None or opened(book, project.name) is not None:
        return
    if datetime.now(UTC) - entry.at > timedelta(minutes=minutes):
        yield Incident(
            f"frozen/{entry.seq}",
            "the old system is frozen for too long",
            f"{project.source.connection} has been read-only since {entry.at:%Y-%m-%d %H:%M} UTC, longer than the"
            f" {minutes} minutes the project allows, and the new system is not open.",
            f"decide: clear what failed in {entry.run}, or go back with `golive unfreeze {project.name}`",
        )


def _broken(project: Project, book: Ledger) -> Iterator[Incident]:
    from golive.flow.connections import database
    from golive.freeze import Freeze, watch
    from golive.ledger import frozen, opened

    entry = frozen(book, project.name)
    if entry is None or entry.evidence_hash is None:
        return
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
                if opened(book, project.name) is None
                else "The new system is open: what is written there does not arrive in it"
            ),
        )


def _unanswered(project: Project, book: Ledger) -> Iterator[Incident]:
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
                f" {', '.join(entry.payload.get('people', ())) or 'anybody who may answer'}.",
                "answer it in Airflow under Required Actions",
            )


def _marked(project: Project, book: Ledger) -> Iterator[Incident]:
    """A stage whose run Airflow shows as over, although the ledger has not closed it."""
    from golive.readiness.stages import standing

    instance: Any = get_current_context()["ti"]
    for each in standing(book, project):
        if each.over or each.run is None:
            continue
        dag_id, _, run_id = each.run.partition("/")
        if instance.get_dagrun_state(dag_id, run_id) == "success":
            yield Incident(
                f"marked/{each.stage}/{hash_of(each.run)}",
                f"{each.shown} is green in Airflow, but not complete",
                f"Airflow shows {each.run} as a success, but the stage was not closed: the run or a task of it was"
                " marked by hand. Nothing moved on.",
                f"start a new run of {dag_id}, or clear what was marked",
            )


def _not_taken_up(project: Project, book: Ledger) -> Iterator[Incident]:
    from golive.flow.escalation import escalate

    return escalate(project, book, datetime.now(UTC))


def _late(project: Project, book: Ledger) -> Iterator[Incident]:
    """Meetings, communications, obligations and reading that are past their day, each told once for that day."""
    from golive.readiness.follow_up import overdue

    for each in overdue(project, book, datetime.now(ZoneInfo(project.timezone)).date()):
        yield Incident(f"{FOLLOW_UP}{each.name}", each.title, each.says, each.do)


def hash_of(text: str) -> str:
    """A short name for a text."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _ledger(_: Project) -> str:
    from golive.flow.connections import LEDGER

    return LEDGER


LOOKS = (
    Look("lanes", "the lanes", lambda project: project.target.connection, _silent),
    Look("frozen", "the time that the freeze lasts", _ledger, _lasting),
    Look("freeze", "the freeze", lambda project: project.source.connection, _broken),
    Look("stages", "the runs of the stages", _ledger, _marked),
    Look("forms", "forms that wait for an answer", _ledger, _unanswered),
    Look("levels", "alarms that nobody took up", _ledger, _not_taken_up),
    Look("late", "what has to be followed up", _ledger, _late),
)
