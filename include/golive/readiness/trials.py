"""Whether the way on which each level of support is called was tried: each level's word that a message reached it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project import Project
    from golive.project.going_live import Level
    from golive.readiness.site import Papers


def levels_of(project: Project) -> tuple[Level, ...]:
    """The levels of support; of two with one number, which check_roster does not let pass, the first."""
    return tuple({level.level: level for level in reversed(project.support.levels)}.values())[::-1]


def question_of(level: Level) -> str:
    """The ledger's word for the question whether a level's message arrived."""
    return f"trial/{level.level}"


def untried(site: Papers) -> list[str]:
    """The levels of which nothing shows that a message reaches them, and why: a few words for each.

    What shows it is the newest answer of the level's own trial, in any run: a yes, given within the days that
    a trial holds, by somebody who is on that level today.
    """
    answers: dict[str, Entry] = {}
    for entry in site.ledger.entries(site.project.name, kind="approval"):
        if entry.payload["verdict"] in ("approved", "rejected"):
            answers[str(entry.payload["question"])] = entry
    found = ((level, _lacks(site, level, answers.get(question_of(level)))) for level in levels_of(site.project))
    return [f"level {level.level}: {lacks}" for level, lacks in found if lacks]


def _lacks(site: Papers, level: Level, answer: Entry | None) -> str:
    if answer is None:
        return "never tried"
    on = answer.at.astimezone(ZoneInfo(site.project.timezone)).date()
    person, days = site.project.called(answer.actor), site.project.support.trial_days
    if answer.payload["verdict"] != "approved":
        return f"nothing arrived, {person} said on {on}"
    if site.today - on > timedelta(days=days):
        return f"last tried on {on}, which is more than {days} days ago"
    if answer.actor not in site.project.holders(level.role, site.today):
        return f"tried on {on} with {person}, who is not on that level today"
    return ""
