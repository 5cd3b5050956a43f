"""Places on the schedule of all projects: a day has as many as its capacity, and none is ever booked twice.

They stand in the ledger under the reserved project ``golive``, so that all projects share them. A place
is a day and a number from 1; each time it was released it begins another generation. Booking it is an
entry that may exist once, ``slot/<day>/<number>/<generation>``: of two projects that race for the last
place, the ledger gives it to one, and the other finds it taken. Releasing it is an entry of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from golive.readiness.asked import holders
from golive.readiness.site import Outcome, Record, Site

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger

# The reserved name: no project can have it.
SCHEDULE = "golive"
ACTOR = "golive"


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a project holds; ``seq`` is the ledger entry of its booking."""

    day: date
    number: int
    generation: int
    project: str
    seq: int

    @property
    def key(self) -> str:
        return f"slot/{self.day.isoformat()}/{self.number}/{self.generation}"


def held(ledger: Ledger) -> list[Place]:
    """Every place that a project holds now, in the order of booking."""
    places: dict[tuple[date, int], Place] = {}
    for entry in ledger.entries(SCHEDULE, kind="slot"):
        place = _place(entry)
        if entry.payload["state"] == "booked":
            places[place.day, place.number] = place
        else:
            del places[place.day, place.number]
    return sorted(places.values(), key=lambda place: place.seq)


def booked(ledger: Ledger, project: str) -> date | None:
    """The day that a project has on the schedule; None if it has none. The last one booked, while it moves."""
    own = _of(ledger, project)
    return own[-1].day if own else None


def booked_here(site: Site) -> date | None:
    """The day that this very run booked for the project; None if it booked none yet."""
    own = [
        _place(entry)
        for entry in site.ledger.entries(SCHEDULE, kind="slot", run=site.run_name)
        if entry.payload["state"] == "booked"
    ]
    return own[-1].day if own else None


def proposed(site: Site) -> date | None:
    """The day that this run proposed instead of the one booked; None if it proposed none."""
    own = [
        entry.payload["day"]
        for entry in site.ledger.entries(site.project.name, kind="slot", run=site.run_name)
        if entry.payload["state"] == "proposed"
    ]
    return date.fromisoformat(own[-1]) if own else None


def unexplained(site: Site, day: date, reason: str) -> list[str]:
    """A sentence if the project's booking would move to this day without a reason; else nothing."""
    before = booked(site.ledger, site.project.name)
    if reason or before in (None, day):
        return []
    return [f"The day moves from {before} to {day}, and the schedule keeps why: start a new run with `reason`."]


def taken(site: Site, day: date, capacity: int) -> list[str]:
    """A sentence if the day has no place for this project; nothing if it has one, or the project holds one."""
    there = [place for place in held(site.ledger) if place.day == day]
    if len(there) < capacity or any(place.project == site.project.name for place in there):
        return []
    whose = ", ".join(sorted({place.project for place in there}))
    places = "its only place" if capacity == 1 else f"all of its {capacity} places"
    return [
        f"{day.isoformat()} is full: {places} on the schedule went to {whose}. {holders(site, 'lead')} chooses another"
        f" day in the project file, or agrees with {whose} that it moves first."
    ]


def book(site: Site, day: date, capacity: int, reason: str) -> Outcome:
    """Take a place on a day for this project, and release those that it held on others.

    The one look that writes by itself: only the ledger can say who was first, so the place is taken
    here, before the record of it is handed back. Safe to repeat and to run at once with any other: a
    place that the project holds on that day is kept, and of two runs that move the day of one project at
    once the one that books last has it, which the other says. A day that moves needs a ``reason``; without
    one nothing changes. A capacity that was lowered later takes no place away.
    """
    ledger, project = site.ledger, site.project.name
    before = booked(ledger, project)
    silent = unexplained(site, day, reason)
    if silent:
        return Outcome(f"{before} stays booked", missing=tuple(silent))
    # What stood when this began is given up whenever it was booked; of what came since, only what was before ours.
    known = {place.key for place in _of(ledger, project)}
    while True:
        while not (own := [place for place in _of(ledger, project) if place.day == day]):
            full = taken(site, day, capacity)
            if full:
                return Outcome(f"No day is booked: {day} is full", missing=tuple(full))
            # Whoever is first has it. Read again, not believed: it may be another's, or released already.
            _take(site, day, capacity, reason)
        for place in _of(ledger, project):
            if place.key != own[-1].key and (place.key in known or place.seq < own[-1].seq):
                _write(site, place, "released", reason)
        left = _of(ledger, project)
        if left:
            break
        # Two runs that each gave up what the other had booked.
        known.clear()
    last = left[-1]
    if last.day != day:
        return Outcome(
            f"{last.day} is booked",
            missing=(
                f"Another run of this project booked {last.day} while this one booked {day}: that stays. If {day} is"
                " right, start a new run.",
            ),
        )
    moved = before not in (None, day)
    says = f"{day} is booked, place {last.number} of {max(capacity, last.number)}"
    if moved:
        says += f"; {before} is free again: {reason}"
    payload = {
        "day": day.isoformat(), "project": project, "state": "moved" if moved else "booked",
        "reason": f"from {before}: {reason}" if moved else reason,
    }  # fmt: skip
    return Outcome(says, (Record("slot", payload),))


def _of(ledger: Ledger, project: str) -> list[Place]:
    return [place for place in held(ledger) if place.project == project]


def _take(site: Site, day: date, capacity: int, reason: str) -> None:
    """Ask for the first place of the day that is free; who has it shows when the schedule is read again."""
    generations = dict.fromkeys(range(1, capacity + 1), 0)
    free = set(generations)
    for entry in site.ledger.entries(SCHEDULE, kind="slot"):
        place = _place(entry)
        if place.day != day or place.number not in generations:
            continue
        if entry.payload["state"] == "booked":
            free.discard(place.number)
        else:
            free.add(place.number)
            generations[place.number] = place.generation + 1
    if free:
        number = min(free)
        _write(site, Place(day, number, generations[number], site.project.name, 0), "booked", reason)


def _write(site: Site, place: Place, state: str, reason: str) -> None:
    site.ledger.append(
        project=SCHEDULE,
        stage=site.stage,
        kind="slot",
        actor=ACTOR,
        run=site.run_name,
        once=place.key if state == "booked" else f"{place.key}/{state}",
        payload={
            "day": place.day.isoformat(), "place": place.number, "generation": place.generation,
            "project": place.project, "state": state, "reason": reason,
        },
    )  # fmt: skip


def _place(entry: Entry) -> Place:
    said = entry.payload
    return Place(date.fromisoformat(said["day"]), said["place"], said["generation"], said["project"], entry.seq)
