"""The days of the move: whether they keep the calendar's rules, which rules were set aside, and who agreed to them.

Everything is computed from the project file, the installation's schedule and the ledger, each time it
is asked. A waiver sets aside one rule as it is broken now, on just these days: another day, another waiver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from golive.errors import NotPermitted
from golive.project import Project
from golive.project.going_live import Calendar
from golive.project.schedule import load_schedule
from golive.readiness import slots
from golive.readiness.asked import holders, last_answer
from golive.readiness.rules import FIRM, OF_THE_DAY, RULES, in_words
from golive.readiness.site import Outcome, Site

if TYPE_CHECKING:
    from golive.ledger import Entry

# What a waiver of a rule begins with: issues, and days, are waived under names of their own.
CALENDAR = "calendar"
# Who may set a rule aside.
WAIVED_BY = "sponsor"
# The DAG that moves a day which was booked.
RESCHEDULE = "reschedule"

# A day is looked for this far ahead.
_FAR = 366


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
    return _broken(site, calendar_of(site))


def _broken(site: Site, calendar: Calendar) -> list[Broken]:
    schedule = load_schedule()
    found = [(rule, list(look(site, calendar, schedule))) for rule, look in RULES.items()]
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
        if not any(next(iter(look(site, tried, schedule)), None) for look in OF_THE_DAY):
            return tried.go_live
    return None


def _with_days(calendar: Calendar, day: date) -> Calendar:
    return calendar.model_copy(
        update={"go_live": day, "freeze": calendar.freeze or day - timedelta(days=calendar.dark_days)}
    )


def waived(site: Site, rules: Sequence[Broken]) -> list[Waiver]:
    """Which of these rules are set aside: by somebody who is a sponsor today, for just this, and not run out."""
    return _waived(site, calendar_of(site), rules)


def _waived(site: Site, calendar: Calendar, rules: Sequence[Broken]) -> list[Waiver]:
    newest = {entry.payload["what"]: entry for entry in site.ledger.latest(site.project.name, "waiver", by=("what",))}
    return [
        Waiver(rule, says, entry.actor, entry.payload["reason"])
        for rule, says in rules
        if rule not in FIRM and (entry := newest.get(_named(rule))) is not None and _stands(site, calendar, entry, says)
    ]


def unmet(site: Site) -> list[Broken]:
    """The rules that are broken and not set aside: with one of these no day is booked."""
    return _unmet(site, calendar_of(site))


def _unmet(site: Site, calendar: Calendar) -> list[Broken]:
    rules = _broken(site, calendar)
    aside = {each.rule for each in _waived(site, calendar, rules)}
    return [each for each in rules if each.rule not in aside]


def waiver(site: Site, rule: Broken, reason: str) -> dict[str, Any]:
    """The payload of a waiver of a rule as it is broken on these days; it ends with the day of the go-live.

    Raises NotPermitted while there is no such day: a waiver without an end would hold for any.
    """
    calendar = calendar_of(site)
    if calendar.go_live is None:
        raise NotPermitted(
            f"project {site.project.name}: the rule {rule.rule} cannot be set aside while the go-live has no day, with"
            f" which that ends. {holders(site, 'lead')} sets `go_live` under `calendar` in the project file",
            project=site.project.name,
        )
    return {
        "what": _named(rule.rule), "says": rule.says, "reason": reason, **_both(calendar),
        "expires": _text(calendar.go_live), "role": WAIVED_BY,
    }  # fmt: skip


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
    """What the roles agree to: the days, every team's own, and the rules that were set aside for them.

    Another day has the Success Agreement written anew without another signature: there its terms belong to it.
    """
    return _days_of(site, calendar_of(site))


def _days_of(site: Site, calendar: Calendar) -> dict[str, Any]:
    return {
        "project": site.project.name,
        **_both(calendar),
        "teams": [{"team": each.team, "lead": each.lead, "day": each.day.isoformat()} for each in site.project.waves],
        "set_aside": [
            {"rule": each.rule, "says": each.says, "by": each.by, "reason": each.reason}
            for each in _waived(site, calendar, _broken(site, calendar))
        ],
        **({"terms": _terms(site)} if site.stage == RESCHEDULE else {}),
    }


def _terms(site: Site) -> str:
    from golive.ledger import digest
    from golive.readiness import agreement

    return digest(agreement.terms(site))


def not_agreed(site: Site, to: Mapping[str, Any], also: Sequence[str] = ()) -> list[str]:
    """A sentence for every role that has not agreed, in this run, to these days: those of ``days_of``.

    ``also`` are roles that have to agree beside those of the project file.
    """
    from golive.ledger import digest

    agreed_to = digest(to)
    missing = []
    for role in dict.fromkeys((*agreeing(site.project), *also)):
        entry = last_answer(site, agreement_of(role))
        if entry is None:
            missing.append(f"{holders(site, role)} has not agreed to the day. Clear agree_as_{role}, which asks.")
        elif entry.payload["evidence_hash"] != agreed_to:
            missing.append(
                f"{site.project.called(entry.actor)} ({role}) agreed to other days, terms or rules set aside than stand"
                " now. Start a new run, which asks again."
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
    that this returns: see ``slots.book``. The evidence of the booking is what they agreed to.
    """
    # One reading: the day that is booked is the one that was looked at and agreed to, whatever changes meanwhile.
    calendar = calendar_of(site)
    day, agreed = calendar.go_live, _days_of(site, calendar)
    missing = [
        each.says
        if each.rule in FIRM
        else f"{each.says} {holders(site, WAIVED_BY)} can set that aside: clear waive_calendar, which asks. Or change"
        " the days in the project file and start a new run."
        for each in _unmet(site, calendar)
    ]
    missing += not_agreed(site, agreed, also)
    if day is None or missing:
        return Outcome(f"No day is booked. {_in_words(calendar)} does not stand.", missing=tuple(missing))
    outcome = slots.book(site, day, load_schedule().capacity, reason)
    return replace(outcome, records=tuple(replace(record, evidence=agreed) for record in outcome.records))


def moved_since(site: Site) -> list[str]:
    """In words, what of the days is not as everybody agreed to it when the day was booked."""
    entries = site.ledger.entries(site.project.name, kind="slot")
    last = next((entry for entry in reversed(entries) if entry.payload["state"] in ("booked", "moved")), None)
    if last is None or last.evidence_hash is None:
        return ["to which days everybody agreed is not known"]
    then, now = site.ledger.evidence(last.evidence_hash), days_of(site)
    assert isinstance(then, dict)
    said = [
        f"{what} was agreed for {then[part] or 'no day'}, and is on {now[part] or 'no day'} now"
        for part, what in (("freeze", "the cut-over"), ("go_live", "the go-live"))
        if then[part] != now[part]
    ]
    said += ["the days of the teams are not those that were agreed to"] if then["teams"] != now["teams"] else []
    # A rule that is kept by now need not be set aside any more.
    new = [each["rule"] for each in now["set_aside"] if each not in then["set_aside"]]
    return said + [f"the rule {rule} was set aside since everybody agreed" for rule in new]


def days(site: Site) -> str:
    """Both days in words."""
    return _in_words(calendar_of(site))


def _in_words(calendar: Calendar) -> str:
    if calendar.go_live is None:
        return "A go-live without a day"
    freeze = f", cut-over on {in_words(calendar.freeze)}" if calendar.freeze else ""
    return f"Go-live on {in_words(calendar.go_live)}{freeze}"


def _stands(site: Site, calendar: Calendar, entry: Entry, says: str) -> bool:
    """Whether a waiver is about just this, on just these days: the sentences of some rules name none."""
    expires = entry.payload["expires"]
    return (
        entry.payload.get("says") == says
        and {each: entry.payload.get(each) for each in ("freeze", "go_live")} == _both(calendar)
        and entry.actor in site.project.holders(WAIVED_BY, site.today)
        and bool(expires)
        and site.today <= date.fromisoformat(expires)
    )


def _named(rule: str) -> str:
    return f"{CALENDAR}/{rule}"


def _both(calendar: Calendar) -> dict[str, str]:
    return {"freeze": _text(calendar.freeze), "go_live": _text(calendar.go_live)}


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
