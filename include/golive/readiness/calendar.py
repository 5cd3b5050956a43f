"""The days of the move: whether they keep the calendar's rules, which rules were set aside, and who agreed to them.

Everything is computed from the project file, the installation's schedule and the ledger, each time it
is asked. A waiver sets aside one rule as it is broken now: another day, another waiver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from golive.project import Project
from golive.project.going_live import Blackout, Calendar, Sprints
from golive.project.schedule import Schedule, load_schedule
from golive.readiness import slots
from golive.readiness.asked import answered, holders
from golive.readiness.site import Outcome, Site

if TYPE_CHECKING:
    from golive.ledger import Entry

# Who may set a rule aside.
WAIVED_BY = "sponsor"
# Without a day nothing can be booked, a day that is over does not come back, and a place that
# another project has is its own: nobody can set these aside.
FIRM = frozenset({"days", "ahead", "capacity"})

# A day is looked for this far ahead.
_FAR = 366

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Broken(NamedTuple):
    """A rule that is not kept, and how, in one or more sentences."""

    rule: str
    says: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A broken rule that somebody set aside."""

    rule: str
    says: str
    by: str
    reason: str


def broken(site: Site) -> list[Broken]:
    """Every rule that the project's days break, waived or not, each once, in the order of looking.

    Days from the freeze to the go-live, both included, are kept free of blackouts. Raises ProjectError
    if the installation's schedule is wrong.
    """
    schedule, calendar = load_schedule(), calendar_of(site)
    found = [(rule, list(look(site, calendar, schedule))) for rule, look in _RULES.items()]
    return [Broken(rule, " ".join(says)) for rule, says in found if says]


def calendar_of(site: Site) -> Calendar:
    """The project's calendar with the days of the move in it, as far as there are any.

    The file's own day; else the one that this run proposed; else the one that is booked; else the first
    day to come that keeps every rule and has a place free. The cut-over is the file's, or ``dark_days``
    before the go-live.
    """
    calendar = site.project.calendar
    if calendar.go_live is not None:
        return _with_days(calendar, calendar.go_live)
    day = slots.proposed(site) or slots.booked(site.ledger, site.project.name) or first_that_fits(site, site.today)
    return calendar if day is None else _with_days(calendar, day)


def first_that_fits(site: Site, since: date) -> date | None:
    """The first day, from one on and for a year, that keeps every rule and has a place free; None if none does.

    Rules that no other day would mend do not count. Its cut-over, ``dark_days`` before, is still to come.
    """
    calendar, schedule = site.project.calendar, load_schedule()
    first = max(since, site.today + timedelta(days=calendar.dark_days + 1))
    for ahead in range(_FAR):
        tried = _with_days(calendar, first + timedelta(days=ahead))
        if not any(next(iter(look(site, tried, schedule)), None) for look in _OF_THE_DAY):
            return tried.go_live
    return None


def _with_days(calendar: Calendar, day: date) -> Calendar:
    return calendar.model_copy(
        update={"go_live": day, "freeze": calendar.freeze or day - timedelta(days=calendar.dark_days)}
    )


def waived(site: Site, rules: Sequence[Broken]) -> list[Waiver]:
    """Which of these rules are set aside: by somebody who is a sponsor today, for just this, and not run out."""
    newest = {entry.payload["what"]: entry for entry in site.ledger.latest(site.project.name, "waiver", by=("what",))}
    return [
        Waiver(rule, says, entry.actor, entry.payload["reason"])
        for rule, says in rules
        if rule not in FIRM and (entry := newest.get(rule)) is not None and _stands(site, entry, says)
    ]


def unmet(site: Site) -> list[Broken]:
    """The rules that are broken and not set aside: with one of these no day is booked."""
    rules = broken(site)
    aside = {each.rule for each in waived(site, rules)}
    return [each for each in rules if each.rule not in aside]


def waiver(site: Site, rule: Broken, reason: str) -> dict[str, Any]:
    """The payload of a waiver of a rule as it is broken now; it ends with the day of the go-live."""
    day = calendar_of(site).go_live
    return {
        "what": rule.rule,
        "says": rule.says,
        "reason": reason,
        "expires": day.isoformat() if day else "",
        "role": WAIVED_BY,
    }


def check_calendar(site: Site) -> Outcome:
    """Look at every rule; missing is only what nobody can set aside: the sponsor is asked about the rest."""
    rules = broken(site)
    aside = {each.rule: each.by for each in waived(site, rules)}
    said = [
        f"{each.says} (set aside by {site.project.called(aside[each.rule])})" if each.rule in aside else each.says
        for each in rules
    ]
    says = " ".join((f"{days(site)}: {'every rule is kept' if not rules else 'not every rule is kept'}.", *said))
    return Outcome(says, missing=tuple(each.says for each in rules if each.rule in FIRM))


def agreeing(project: Project) -> tuple[str, ...]:
    """The roles that have to agree to the day: the file's, or the head of every department and lead of every team."""
    named = project.calendar.agreed_by
    if named is None:
        named = (*(each.head for each in project.departments), *(wave.lead for wave in project.waves))
    return tuple(dict.fromkeys(named))


def agreement_of(role: str) -> str:
    """The ledger's name for the question whether a role agrees to the day."""
    return f"agree_to_day/{role}"


def days_of(site: Site) -> dict[str, Any]:
    """What the roles agree to: the days, every team's own, and the rules that were set aside for them."""
    calendar = calendar_of(site)
    return {
        "project": site.project.name,
        "freeze": _text(calendar.freeze),
        "go_live": _text(calendar.go_live),
        "teams": [{"team": each.team, "lead": each.lead, "day": each.day.isoformat()} for each in site.project.waves],
        "set_aside": [
            {"rule": each.rule, "says": each.says, "by": each.by, "reason": each.reason}
            for each in waived(site, broken(site))
        ],
    }


def not_agreed(site: Site, also: Sequence[str] = ()) -> list[str]:
    """A sentence for every role that has not agreed, in this run, to the days as they are now.

    ``also`` are roles that have to agree beside those of the project file.
    """
    from golive.ledger import digest

    agreed_to = digest(days_of(site))
    missing = []
    for role in dict.fromkeys((*agreeing(site.project), *also)):
        entry = answered(site, agreement_of(role))
        if entry is None:
            missing.append(f"{holders(site, role)} has not agreed to the day. Clear agree_as_{role}, which asks.")
        elif entry.payload["evidence_hash"] != agreed_to:
            missing.append(
                f"{site.project.called(entry.actor)} ({role}) agreed to other days, or to other rules set aside, than"
                " stand now. Start a new run, which asks again."
            )
        elif entry.actor not in site.project.holders(role, site.today):
            missing.append(
                f"{site.project.called(entry.actor)} agreed to the day as {role}, but does not hold that role today."
                f" Clear agree_as_{role}, so that {holders(site, role)} is asked."
            )
    return missing


def book_day(site: Site, reason: str, also: Sequence[str] = ()) -> Outcome:
    """Book the day if every rule is kept or set aside and every role has agreed; otherwise nothing is booked.

    ``also`` are roles that have to agree beside those of the project file. The place is taken by the time
    that this returns: see ``slots.book``.
    """
    day = calendar_of(site).go_live
    missing = [
        each.says
        if each.rule in FIRM
        else f"{each.says} {holders(site, WAIVED_BY)} can set that aside: clear waive_calendar, which asks. Or change"
        " the days in the project file and start a new run."
        for each in unmet(site)
    ]
    missing += not_agreed(site, also)
    if day is None or missing:
        return Outcome(f"No day is booked. {days(site)} does not stand.", missing=tuple(missing))
    return slots.book(site, day, load_schedule().capacity, reason)


def days(site: Site) -> str:
    """Both days in words."""
    calendar = calendar_of(site)
    if calendar.go_live is None:
        return "A go-live without a day"
    freeze = f", cut-over on {in_words(calendar.freeze)}" if calendar.freeze else ""
    return f"Go-live on {in_words(calendar.go_live)}{freeze}"


def in_words(day: date) -> str:
    """A day with its weekday."""
    return f"{_WEEKDAYS[day.weekday()].title()} {day.isoformat()}"


def _stands(site: Site, entry: Entry, says: str) -> bool:
    expires = entry.payload["expires"]
    return (
        entry.payload.get("says") == says
        and entry.actor in site.project.holders(WAIVED_BY, site.today)
        and (not expires or site.today <= date.fromisoformat(expires))
    )


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
_RULES: dict[str, Callable[[Site, Calendar, Schedule], Iterator[str]]] = {
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
_OF_THE_DAY = tuple(look for look in _RULES.values() if look is not _team_within_sprint)


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
