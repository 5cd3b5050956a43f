"""The days that everybody agreed to, on the day itself: whether the go-live begins on one of them.

The days bind the night as well: a run that begins on another day is refused, unless the sponsor says by name
that it may begin on this very day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.readiness.asked import holders
from golive.readiness.calendar import WAIVED_BY, calendar_of, days
from golive.readiness.moving import BOOKING
from golive.readiness.rules import in_words
from golive.readiness.slots import booked

if TYPE_CHECKING:
    from golive.project import Project
    from golive.readiness.site import Site


def kept_by(project: Project) -> bool:
    """Whether the project's roadmap books a day at all."""
    return project.stage(BOOKING) is not None


def beside_today(site: Site) -> str:
    """The booked days and today, in a sentence; '' where none are booked."""
    if not kept_by(site.project) or booked(site.ledger, site.project.name) is None:
        return ""
    return f"{days(site)}; today is {in_words(site.today)}."


def off_day(site: Site) -> str:
    """In a sentence, that today is none of the days from the cut-over to the go-live; '' if it is, or none is booked.

    That no day is booked, or another than the calendar's, the criterion ``slot`` says.
    """
    calendar, said = calendar_of(site), beside_today(site)
    if not said or calendar.go_live is None or (calendar.freeze or calendar.go_live) <= site.today <= calendar.go_live:
        return ""
    return said


def waiver(site: Site, reason: str) -> dict[str, Any]:
    """The payload with which the sponsor lets it begin today, on other days than booked: it ends with this day."""
    today = site.today.isoformat()
    return {"what": f"day/{today}", "says": off_day(site), "reason": reason, "expires": today, "role": WAIVED_BY}


def refused(site: Site) -> str:
    """Why nothing may be frozen today; '' on a booked day, and where a sponsor of today waived just this."""
    says = off_day(site)
    if not says:
        return ""
    what = f"day/{site.today.isoformat()}"
    waivers = [w for w in site.ledger.latest(site.project.name, "waiver", by=("what",)) if w.payload["what"] == what]
    sponsors = site.project.holders(WAIVED_BY, site.today)
    if any(waiver.payload["says"] == says and waiver.actor in sponsors for waiver in waivers):
        return ""
    return (
        f"today is not one of the days that were agreed to: {says} Start a new run on one of them, or one in which"
        f" {holders(site, WAIVED_BY)} lets it begin today, on the form waive_day; or move the day with"
        f" {site.project.name}.reschedule"
    )
