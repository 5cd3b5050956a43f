"""The first sprints after the opening, in which everybody stays close: how they go, and when they may end.

They may end when their time is over and every threshold holds: in the newest sprint's worth of days no day
brought more tickets than the file allows, each level of support answered as soon as it was agreed, and no
critical issue has been open for longer than the file allows.
A day for which nobody entered tickets counts as neither calm nor busy; unless they were entered for most days,
nothing shows that it is calm. An issue is set aside by a waiver that holds, and by nothing else. While time is
left, a sponsor may end it early once all of them hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from golive.readiness.answering import answering
from golive.readiness.asked import counted, holders
from golive.readiness.findings import waivers
from golive.readiness.site import Outcome
from golive.readiness.trials import levels_of

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.readiness.site import Site

QUESTION = "end_hyper_care"
ENDED_BY = "sponsor"


@dataclass(frozen=True, slots=True)
class Course:
    """How hyper-care goes today. ``until`` is its first day that is free again; ``lacking`` is what does not hold."""

    since: date
    until: date
    over: bool
    says: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def calm(self) -> bool:
        return not self.lacking


def course(site: Site) -> Course | None:
    """How it goes; None while the new system is not open."""
    from golive.ledger import opened

    entry, care = opened(site.ledger, site.project.name), site.project.support.hyper_care
    if entry is None:
        return None
    since = entry.at.astimezone(ZoneInfo(site.project.timezone)).date()
    until = since + timedelta(days=care.sprints * care.sprint_days)
    first = max(since, site.today - timedelta(days=care.sprint_days - 1))
    tickets, busy = _tickets(site, first)
    answers, late = answering(site, first)
    issues, old = _issues(site)
    return Course(since, until, site.today >= until, (tickets, *answers, issues), (*busy, *late, *old))


def check_hyper_care(site: Site) -> Outcome:
    """Report how it goes: tickets a day, how soon each level answers, ages of critical issues, days left.

    Nothing of it is missing yet: only that the new system is open.
    """
    now = course(site)
    if now is None:
        return Outcome("The new system is not open.", missing=(_NOT_OPEN,))
    left = (now.until - site.today).days
    time = "its time is over" if now.over else f"{counted(left, 'day')} left, until {now.until}"
    held = "every threshold holds" if now.calm else f"not yet calm: {'; '.join(now.lacking)}"
    return Outcome(f"Hyper-care since {now.since}, {time}; {'; '.join(now.says)}; {held}.")


def to_end(site: Site) -> dict[str, Any] | None:
    """What a sponsor is asked: to end it before its time. None where that is over, or it is not calm.

    Only what decides stands in it, so that a day that passes, as calm as the others, voids no answer.
    """
    now = course(site)
    if now is None or now.over or not now.calm:
        return None
    care = site.project.support.hyper_care
    return {
        "since": now.since.isoformat(),
        "until": now.until.isoformat(),
        "tickets_a_day": care.tickets_a_day,
        "issue_days": care.issue_days,
        "answering": [
            {"level": level.level, "minutes": level.answer_minutes, "percent": level.answer_percent}
            for level in levels_of(site.project)
            if level.answer_minutes is not None
        ],
    }


def settle_hyper_care(site: Site) -> Outcome:
    """It is over, or a sponsor agreed in this run to end it early; and it is calm."""
    now = course(site)
    if now is None:
        return Outcome("The new system is not open.", missing=(_NOT_OPEN,))
    missing = [f"hyper-care cannot end: {each}" for each in now.lacking]
    agreed = None if now.over else _agreed(site)
    if not now.over and not missing and agreed is None:
        missing.append(
            f"hyper-care lasts until {now.until}, and nobody agreed to end it before. {holders(site, ENDED_BY)}: start"
            f" a new run of {site.project.name}.{site.stage} that day, or clear {QUESTION} and agree"
        )
    elif not now.over and missing:
        missing.append(f"its time is over on {now.until}: start a new run of {site.project.name}.{site.stage} then")
    if agreed is not None and not missing:
        return Outcome(
            f"Hyper-care since {now.since} was ended early by {site.project.called(agreed.actor)}:"
            f" {agreed.payload['comment']}"
        )
    return Outcome(f"Hyper-care from {now.since} to {now.until}: {'; '.join(now.says)}.", missing=tuple(missing))


def _tickets(site: Site, first: date) -> tuple[str, list[str]]:
    """What is known of the days since ``first``, and what of it does not hold."""
    limit = site.project.support.hyper_care.tickets_a_day
    days: dict[str, int] = {}
    for entry in site.ledger.latest(site.project.name, "ticket", by=("on", "level")):
        day = str(entry.payload["on"])
        if first.isoformat() <= day <= site.today.isoformat():
            days[day] = days.get(day, 0) + int(entry.payload["opened"])
    enter = f"{holders(site, 'operations')}: enter each day's with {site.project.name}.record, 0 where there were none"
    if not days:
        lacking = f"nobody entered tickets since {first}, so nothing shows that it is calm. {enter}"
        return f"no tickets entered since {first}", [lacking]
    # A day is known when it is over; today counts once somebody entered it.
    known = (site.today - first).days + (site.today.isoformat() in days)
    few = []
    if 2 * len(days) <= known:
        few = [
            f"tickets were entered for {len(days)} of {counted(known, 'day')} since {first}, and most of them have to"
            f" be known. {enter}"
        ]
    busiest = max(days, key=lambda day: days[day])
    says = (
        f"tickets of {counted(len(days), 'day')} since {first}, at most {days[busiest]} a day ({busiest}),"
        f" {limit} allowed"
    )
    return says, few + [
        f"{counted(number, 'ticket')} on {day}, {limit} a day allowed. {holders(site, 'operations')}: find what they"
        " have in common"
        for day, number in sorted(days.items())
        if number > limit
    ]


def _issues(site: Site) -> tuple[str, list[str]]:
    """What is known of critical issues that are open and not waived, and which have been open for too long."""
    waived = waivers(site)
    limit, zone = site.project.support.hyper_care.issue_days, ZoneInfo(site.project.timezone)
    since: dict[str, Entry] = {}
    now: dict[str, Entry] = {}
    for entry in site.ledger.entries(site.project.name, kind="issue"):
        name = str(entry.payload["id"])
        now[name] = entry
        if entry.payload["state"] == "closed":
            since.pop(name, None)
        else:
            since.setdefault(name, entry)
    ages = {
        name: (site.today - first.at.astimezone(zone).date()).days
        for name, first in since.items()
        if now[name].payload["severity"] == "critical" and name not in waived
    }
    oldest = max(ages.values(), default=0)
    says = f"{counted(len(ages), 'critical issue')} open" + (
        f", the oldest for {counted(oldest, 'day')}" if ages else ""
    )
    return says, [
        f"the critical issue {name} ({now[name].payload['title']}) has been open for {counted(age, 'day')}, {limit}"
        f" allowed. {holders(site, now[name].payload['owner'])}: close it"
        for name, age in ages.items()
        if age > limit
    ]


def _agreed(site: Site) -> Entry | None:
    """A sponsor's word, in this run, on hyper-care as it is now."""
    from golive.ledger import approval, digest

    shown = to_end(site)
    return None if shown is None else approval(site.ledger, site.project.name, site.run_name, digest(shown), QUESTION)


_NOT_OPEN = "the new system is not open: hyper-care begins with the first step of opening, in the final migration"
