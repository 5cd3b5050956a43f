"""How soon tickets were answered first, level by level, against what was agreed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from golive.readiness.asked import counted, holders
from golive.readiness.trials import levels_of

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project.going_live import Level
    from golive.readiness.site import Papers

_DAY = 24 * 60


def answering(site: Papers, first: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what is known, what does not hold) of every level with an agreed time, since a day.

    A ticket was answered in time if the minutes entered for it are within the level's. One that was opened
    so long ago that its time is over, and of which no answer was entered, counts as late: whole days are
    counted, since a day's tickets are entered together. Where nothing was to be answered, nothing is lacking.
    """
    entries = [
        entry
        for entry in site.ledger.latest(site.project.name, "ticket", by=("on", "level"))
        if first.isoformat() <= str(entry.payload["on"]) <= site.today.isoformat()
    ]
    said, lacking = [], []
    for level in levels_of(site.project):
        if level.answer_minutes is not None:
            says, lacks = _level(site, level, [e for e in entries if e.payload["level"] == level.level])
            said.append(says)
            lacking += lacks
    return tuple(said), tuple(lacking)


def _level(site: Papers, level: Level, entries: list[Entry]) -> tuple[str, list[str]]:
    assert level.answer_minutes is not None
    agreed = f"{level.answer_percent} % within {level.answer_minutes} min agreed"
    taken = [minutes for entry in entries for minutes in _minutes(entry)]
    over = (site.today - timedelta(days=-(-level.answer_minutes // _DAY))).isoformat()
    due = sum(int(entry.payload["opened"]) for entry in entries if str(entry.payload["on"]) <= over)
    unanswered = max(0, due - len(taken))
    looked_at = len(taken) + unanswered
    if not looked_at:
        return f"level {level.level}: no ticket had to be answered yet, {agreed}", []
    within = sum(minutes <= level.answer_minutes for minutes in taken)
    share = 100 * within // looked_at
    says = f"level {level.level}: {share} % of {counted(looked_at, 'ticket')} answered in time, {agreed}"
    if unanswered:
        says += f"; of {unanswered} no answer was entered"
    if 100 * within >= level.answer_percent * looked_at:
        return says, []
    enter = f", and enter when the others were answered with {site.project.name}.record" if unanswered else ""
    return says, [f"{says}. {holders(site, level.role)}: see what keeps them waiting{enter}"]


def _minutes(entry: Entry) -> Iterator[int]:
    yield from map(int, entry.payload.get("answered", ()))
