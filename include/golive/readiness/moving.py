"""A day that is booked becomes another: which one, why, and as long as that makes sense."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from golive.project import Project
from golive.readiness import calendar, slots
from golive.readiness.asked import holders
from golive.readiness.site import Outcome, Record, Site

if TYPE_CHECKING:
    from golive.ledger import Entry

BOOKING = "implement"
_GOING_LIVE = "final_migration"


def agreeing(project: Project) -> tuple[str, ...]:
    """The roles that have to agree to another day: those that agreed to the day, and those that signed it."""
    stage = project.stage(BOOKING)
    return tuple(dict.fromkeys((*calendar.agreeing(project), *(stage.signers if stage else ()))))


def settled(site: Site) -> Entry | None:
    """The entry since which no day can move: the first step of opening, or the end of the final migration."""
    from golive.ledger import opened
    from golive.readiness.stages import complete

    return opened(site.ledger, site.project.name) or complete(site.ledger, site.project.name, _GOING_LIVE)


def check_move(site: Site, reason: str, not_before: date | None) -> Outcome:
    """Look whether the day moves, and why; without a day in the project file, propose another one.

    The proposal is the first day from ``not_before`` on that keeps every rule and has a place free. It
    belongs to this run, and stands once the run booked it. Missing: a reason, a day that fits, or
    anything that changes.
    """
    from golive.readiness import agreement

    done = slots.booked_here(site)
    if done is not None:
        return Outcome(f"{done} was booked by this run")
    own, before = site.project.calendar.go_live, slots.booked(site.ledger, site.project.name)
    if own is not None and not_before is not None:
        return _stays(
            before,
            f"The project file itself says {own}, and `not_before` is for a project that leaves the day open:"
            f" {holders(site, 'lead')} sets another `go_live` under `calendar`, then start a new run without"
            " `not_before`.",
        )
    day = own or _another(site, before, not_before)
    if day is None:
        return _stays(
            before,
            f"No day within a year from {not_before or site.today} on keeps every rule and has a place free: start a"
            f" new run with another `not_before`, or {holders(site, 'lead')} sets a day in the project file.",
        )
    if day == before and not agreement.drift(site):
        how = (
            f"{holders(site, 'lead')} sets another `go_live` under `calendar` in the project file, then start a new run"
            if own
            else "start a new run with another `not_before`, the first day that would do"
        )
        return _stays(before, f"Nothing moves, {day} is booked already: {how}.")
    silent = slots.unexplained(site, day, reason)
    if silent:
        return _stays(before, *silent)
    proposal = {"day": day.isoformat(), "project": site.project.name, "state": "proposed", "reason": reason}
    return Outcome(_says(before, day, reason), () if own else (Record("slot", proposal),))


def render_agreement(site: Site) -> Outcome:
    """The Success Agreement anew, once this run booked the day and everybody agreed to all that goes into it.

    Nobody signs what a run like this writes, so what was changed after they agreed stays out of it.
    """
    from golive.readiness import agreement

    steps = site.ledger.entries(site.project.name, kind="step", run=site.run_name)
    booked = next((step.payload for step in reversed(steps) if step.payload["task"] == "book_slot"), None)
    missing = ["This run booked no day: clear book_slot."] if booked is None or booked["missing"] else []
    missing += calendar.not_agreed(site, calendar.days_of(site), agreeing(site.project))
    if missing:
        return Outcome("The Success Agreement stays as it is", missing=tuple(missing))
    return agreement.render_agreement(site)


def _another(site: Site, before: date | None, not_before: date | None) -> date | None:
    if before is not None and not_before is None:
        return before
    return calendar.first_that_fits(site, not_before or site.today)


def _says(before: date | None, day: date, reason: str) -> str:
    if before is None:
        return f"{day} is the first day to be booked"
    if before == day:
        return f"{day} stays, and what was agreed about it has changed"
    return f"From {before} to {day}: {reason}"


def _stays(before: date | None, *missing: str) -> Outcome:
    return Outcome(f"{before} stays booked" if before else "No day is booked", missing=missing)
