"""When each team first worked with the new system, as the system itself shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from golive.errors import Terminal
from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project.going_live import Wave
    from golive.readiness.site import Site

# How a team stands; a query that tells nothing is an error.
USED, BEFORE, WAITING, LATE, ERROR = "used", "used before its day", "not yet", "late", "ERROR"


def measure_first_use(site: Site) -> Outcome:
    """Ask the new system for the first use of every team that declares how it is seen.

    A team without any use so many days after its own is said, and keeps nothing open: whether that matters is
    for whoever signs. Missing is only a query that does not give one time.
    """
    waves = [wave for wave in site.project.waves if wave.first_use]
    if not waves:
        return Outcome("No team declares how its first use is seen: nothing was looked at.")
    records, missing, said = [], [], []
    for wave in waves:
        record, says = _looked_at(site, wave)
        records.append(record)
        said.append(f"{wave.team} {says}")
        if record.payload["state"] == ERROR:
            missing.append(
                f"the first use of the team {wave.team} {says}. {holders(site, 'lead')}: correct `first_use` under"
                " `waves` in the project file, then clear measure_first_use"
            )
    unseen = [wave.team for wave in site.project.waves if not wave.first_use]
    if unseen:
        said.append(f"not looked at, because nothing declares how it is seen: {', '.join(unseen)}")
    return Outcome(f"First use: {'; '.join(said)}.", tuple(records), tuple(missing))


def _looked_at(site: Site, wave: Wave) -> tuple[Record, str]:
    at: datetime | None = None
    try:
        at = _first(site, wave)
    except Terminal as error:
        state, says = ERROR, f"could not be found out: {error.message}"
    else:
        state, says = _standing(site, wave, at)
    payload = {
        "team": wave.team, "lead": wave.lead, "day": wave.day.isoformat(),
        "first_use": at.isoformat(timespec="seconds") if at else "", "state": state, "says": says,
    }  # fmt: skip
    return Record("first_use", payload), says


def _standing(site: Site, wave: Wave, at: datetime | None) -> tuple[str, str]:
    if at is not None:
        early = at.date() < wave.day
        return BEFORE if early else USED, (
            f"began on {at:%Y-%m-%d %H:%M}" + (f", before its day, {wave.day}" if early else "")
        )
    if site.today < wave.day:
        return WAITING, f"starts on {wave.day}"
    since = f"has not worked with the new system since {wave.day}, its day"
    if site.today > wave.day + timedelta(days=wave.first_use_days):
        allowed = counted(wave.first_use_days, "day")
        return LATE, f"{since}: more than {allowed}. {holders(site, wave.lead)} finds out why"
    return WAITING, since


def _first(site: Site, wave: Wave) -> datetime | None:
    """The time in the project's zone; None if there is none. Terminal, without a value, for anything else."""
    assert wave.first_use is not None
    with site.target.session(read_only=True) as connection:
        asked = site.target.asking.rows(connection, wave.first_use, 2)
    if asked.count == 0:
        return None
    if asked.count > 1 or len(asked.examples[0]) != 1:
        raise Terminal("its query gives more than one value. Right: one row of one time, such as `select min(...)`")
    (value,) = asked.examples[0]
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise Terminal("its query gives something that is no time. Right: a timestamp or a date") from error
    zone = ZoneInfo(site.project.timezone)
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
