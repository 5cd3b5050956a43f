"""Who is called when something is wrong after the opening: three levels, each held by somebody, each one later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from golive.readiness.asked import holders
from golive.readiness.site import Outcome

if TYPE_CHECKING:
    from golive.project.going_live import Level
    from golive.readiness.site import Site

LEVELS = (1, 2, 3)
# Where the messages of a level go that names no connection of its own.
ALERTS = "golive_alerts"


def check_roster(site: Site, reachable: Callable[[str], bool]) -> Outcome:
    """Levels 1 to 3 are there, somebody holds each today, and each waits longer than the one before it.

    ``reachable`` tells whether a connection holds an address for messages. One that a level names must;
    without ``golive_alerts`` nobody hears of anything by message, which is said.
    """
    levels = sorted(site.project.support.levels, key=lambda level: level.level)
    said = [_says(site, level) for level in levels]
    if not reachable(ALERTS):
        said.append(f"no connection {ALERTS} holds an address: what goes there stands in the ledger and the log alone")
    return Outcome(
        "; ".join(said) + "." if said else "Nobody is declared to support the new system.",
        missing=tuple(_missing(site, levels, reachable)),
    )


def _says(site: Site, level: Level) -> str:
    people = " or ".join(map(site.project.called, site.project.holders(level.role, site.today))) or "nobody"
    agreed = f", {level.answer_percent} % answered within {level.answer_minutes} min" if level.answer_minutes else ""
    return (
        f"level {level.level}: {people} ({level.role.replace('_', ' ')}), {level.hours}{agreed}, the next after"
        f" {level.escalate_minutes} min, messages to {level.alerts or ALERTS}"
    )


def _missing(site: Site, levels: list[Level], reachable: Callable[[str], bool]) -> Iterator[str]:
    lead = holders(site, "lead")
    numbers = [level.level for level in levels]
    for number in LEVELS:
        if numbers.count(number) != 1:
            what = "nobody is declared for" if number not in numbers else "two entries are declared for"
            yield f"{what} level {number} of support. {lead}: give it one entry under `support.levels`"
    for level in levels:
        if not site.project.holders(level.role, site.today):
            yield (
                f"nobody holds the role {level.role} of level {level.level} today. {lead}: name somebody under `people`"
            )
        if level.alerts is not None and not reachable(level.alerts):
            yield (
                f"the messages of level {level.level} are to go to the connection {level.alerts}, which holds no"
                f' address. {holders(site, level.role)}: add it in Airflow, with {{"urls": [...]}} as its extra'
            )
    for lower, higher in pairwise(levels):
        if lower.level < higher.level and higher.escalate_minutes <= lower.escalate_minutes:
            yield (
                f"level {higher.level} waits {higher.escalate_minutes} min and level {lower.level}"
                f" {lower.escalate_minutes} min. {lead}: give each level more time than the one before it"
            )
