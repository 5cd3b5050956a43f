"""Alarms after the opening that nobody took up: the next level of support is called, each in its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from golive.flow.alerts import TOLD
from golive.flow.incident import Incident

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project

# Beginnings of the names of incidents that call nobody: what is late, reports, which go out as alarms do, trials, an
# agreement that no longer holds, a message that did not go out, an address that took none.
FOLLOW_UP = "follow_up/"
CLOSING = "closing/"
PASS = "pass/"
TRIAL = "trial/"
DRIFT = "drift/"
UNSENT = "unsent/"
REFUSED = "refused/"

_CALLS = "alarm/escalated/"
_OVER = "alarm/seen/"
# Neither do calls of a level themselves, the end of an outage, and an alarm's second entry, when it was told after all.
_QUIET = (_CALLS, _OVER, TOLD, *(f"alarm/{name}" for name in (FOLLOW_UP, CLOSING, PASS, TRIAL, DRIFT, UNSENT, REFUSED)))
_OUTAGE = "alarm/unseen/"


def escalate(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """The calls that are due now, each level of support once for an alarm.

    Level 1 is called at once, each other level once those below it had their ``escalate_minutes``; a level
    without a connection of its own is called where all alarms go, and level 1 has been by the alarm itself.
    An alarm is taken up by what the ledger holds after it: an entry by a person of the project, more of the
    run that it is about, or the end of the outage. Hours of duty are for people: nothing waits for them.
    """
    from golive.ledger import opened

    opening = opened(book, project.name)
    levels = sorted(project.support.levels, key=lambda level: level.level)
    if opening is None or not levels:
        return
    entries = book.entries(project.name, after=opening.seq)
    told = {entry.once for entry in entries}
    for place, alarm in enumerate(entries):
        if alarm.kind != "alarm" or (alarm.once or "").startswith(_QUIET):
            continue
        if _taken_up(project, alarm, entries[place + 1 :]):
            continue
        waited = timedelta()
        for level in levels:
            if now - alarm.at < waited:
                break
            waited += timedelta(minutes=level.escalate_minutes)
            name = f"escalated/{alarm.seq}/{level.level}"
            if (level is levels[0] and level.alerts is None) or f"alarm/{name}" in told:
                continue
            people = " or ".join(map(project.called, project.holders(level.role, now.date()))) or level.role
            yield Incident(
                name,
                f"level {level.level}: {alarm.payload['title']}",
                f"For {people} ({level.hours}). Told first at {alarm.at:%Y-%m-%d %H:%M} UTC, and nobody took it up"
                f" since.\n\n{alarm.payload['what']}",
                f"{alarm.payload['do']}. If nothing is to be done, enter that with {project.name}.record: then no"
                " further level is called",
                alarm.payload.get("table") or None,
                level.alerts,
            )


def _taken_up(project: Project, alarm: Entry, later: Sequence[Entry]) -> bool:
    people = {person for role in project.people.values() for person in (*role.holders, *role.deputies)}
    once = alarm.once or ""
    if once.startswith(_OUTAGE):
        over = f"{_OVER}{once.split('/')[2]}/"
        if any((entry.once or "").startswith(over) for entry in later):
            return True
    return any(
        entry.kind != "alarm"
        and (
            # What nobody said, or somebody whose word does not count, takes up nothing.
            (entry.actor in people and entry.payload.get("verdict") != "refused")
            or (entry.actor == "golive" and entry.run is not None and once.startswith(f"alarm/{entry.run}/"))
        )
        for entry in later
    )
