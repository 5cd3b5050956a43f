"""The calendar's rules: each looks at the days of a move, and says in a sentence how they break it.

A rule knows nothing of waivers, and asks only what it is given, the project file and the ledger; which
day is looked at, and who sets a rule aside, is ``golive.readiness.calendar``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from golive.project.going_live import Blackout, Calendar, Sprints
from golive.project.schedule import Schedule
from golive.readiness import slots
from golive.readiness.asked import holders
from golive.readiness.site import Site

# Without a day nothing can be booked, a day that is over does not come back, and a place that
# another project has is its own: nobody can set these aside.
FIRM = frozenset({"days", "ahead", "capacity"})

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def in_words(day: date) -> str:
    """A day with its weekday."""
    return f"{_WEEKDAYS[day.weekday()].title()} {day.isoformat()}"


def _unset(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.go_live is None:
        yield (
            "calendar.go_live, the day on which users are let in, is not set, and no day within a year keeps every rule"
            f" and has a place free: {holders(site, 'lead')} sets one in the project file."
        )


def _over(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.go_live and calendar.go_live < site.today:
        lead = holders(site, "lead")
        yield f"The go-live on {in_words(calendar.go_live)} is over: {lead} sets a day to come in the project file."


# The sentences of what can be set aside name no holder of a role: a waiver stands for just this sentence.


def _cut_over_missed(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    from golive.ledger import frozen

    # Once the source stands frozen, its day is over as it should be.
    if calendar.freeze and calendar.freeze < site.today and frozen(site.ledger, site.project.name) is None:
        yield f"The cut-over was to be on {in_words(calendar.freeze)}, which is over, and nothing is frozen."


def _wrong_weekday(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.go_live and _WEEKDAYS[calendar.go_live.weekday()] not in calendar.weekdays:
        right = ", ".join(day.title() for day in calendar.weekdays)
        yield f"The go-live is on {in_words(calendar.go_live)}, and users are let in only on: {right}."


def _within_sprint(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.sprints is not None and calendar.go_live is not None:
        yield from _off_sprint(calendar.sprints, calendar.go_live, f"The go-live on {in_words(calendar.go_live)}")


def _team_within_sprint(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.sprints is None:
        return
    for wave in site.project.waves:
        what = f"The start of the team {wave.team} ({wave.lead}) on {in_words(wave.day)}"
        yield from _off_sprint(calendar.sprints, wave.day, what)


def _off_sprint(sprints: Sprints, day: date, what: str) -> Iterator[str]:
    """Nothing for the first day of a sprint, else a sentence that begins with ``what`` is on that day."""
    late = timedelta(days=(day - sprints.first).days % sprints.days)
    if day < sprints.first:
        yield f"{what} is before the first sprint, which begins on {in_words(sprints.first)}."
    elif late:
        begun = day - late
        yield (
            f"{what} is within a sprint: sprints begin on {in_words(begun)} and on"
            f" {in_words(begun + timedelta(days=sprints.days))}."
        )


def _blacked_out(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.go_live is None:
        return
    first, last = calendar.freeze or calendar.go_live, calendar.go_live
    whose: tuple[tuple[str, Sequence[Blackout]], ...] = (
        ("of this project", calendar.blackouts),
        ("of all projects", schedule.blackouts),
    )
    for name, blackouts in whose:
        for each in blackouts:
            if each.since <= last and first <= each.until:
                yield f"{in_words(each.since)} to {in_words(each.until)} is a blackout {name}: {each.why}."


def _nobody_at_hand(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    for role in calendar.at_hand:
        for day in dict.fromkeys(day for day in (calendar.freeze, calendar.go_live) if day):
            if not site.project.holders(role, day):
                yield f"Nobody holds the role {role} on {in_words(day)}: the lead names somebody under `people`."


def _team_too_early(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    for wave in site.project.waves:
        if calendar.go_live and wave.day < calendar.go_live:
            yield f"The team {wave.team} ({wave.lead}) starts on {in_words(wave.day)}, before the go-live."


def _no_place(site: Site, calendar: Calendar, schedule: Schedule) -> Iterator[str]:
    if calendar.go_live:
        yield from slots.taken(site, calendar.go_live, schedule.capacity)


# The name under which a waiver sets each aside.
RULES: dict[str, Callable[[Site, Calendar, Schedule], Iterator[str]]] = {
    "days": _unset,
    "ahead": _over,
    "freeze": _cut_over_missed,
    "weekday": _wrong_weekday,
    "sprint": _within_sprint,
    "blackout": _blacked_out,
    "at_hand": _nobody_at_hand,
    "waves": _team_too_early,
    "team_sprint": _team_within_sprint,
    "capacity": _no_place,
}
# What another day of going live could mend; a team's own day is the file's alone.
OF_THE_DAY = tuple(look for look in RULES.values() if look is not _team_within_sprint)
