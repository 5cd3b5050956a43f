"""How quick the new system is: each figure's query, run several times, against what was agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.errors import Terminal
from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project.going_live import Figure
    from golive.readiness.site import Site

RUNS = 20
LIMIT_SECONDS = 60
OWNER = "operations"


def measure_figures(site: Site) -> Outcome:
    """Time every figure's query over the target; its 95th percentile is to be at most what the file allows.

    From this machine, so the way there is in it. A query that fails is no figure: its state is ERROR.
    """
    figures = site.project.support.figures
    if not figures:
        return Outcome("No figure is declared: nothing was measured.")
    records, missing, said = [], [], []
    for figure in figures:
        record, says = _measured(site, figure)
        records.append(record)
        said.append(f"{figure.name} {says}")
        if record.payload["state"] != "PASS":
            missing.append(
                f"the figure {figure.name} ({figure.says}): {says}. {holders(site, OWNER)}: see what slows it, or"
                " correct its query, then clear measure_figures"
            )
    return Outcome(f"{counted(len(figures), 'figure')}: {'; '.join(said)}.", tuple(records), tuple(missing))


def percentile(taken: list[int], percent: int) -> int:
    """The smallest of the values that so many percent of them do not exceed (nearest rank); 0 of none."""
    ordered = sorted(taken)
    return ordered[max(-(-percent * len(ordered) // 100) - 1, 0)] if ordered else 0


def _measured(site: Site, figure: Figure) -> tuple[Record, str]:
    state, value, taken = "ERROR", 0, list[int]()
    try:
        with site.target.session(read_only=True) as connection:
            taken = site.target.aftercare.timed(connection, figure.query, RUNS, LIMIT_SECONDS)
    except Terminal as error:
        says = f"could not be measured: {error.message}"
    else:
        value = -(-percentile(taken, 95) // 1_000)
        state = "PASS" if value <= figure.at_most_ms else "FAIL"
        says = f"takes {value} ms (p95 of {counted(len(taken), 'run')}), {figure.at_most_ms} ms agreed"
    payload = {"name": figure.name, "value": value, "limit": figure.at_most_ms, "unit": "ms", "state": state}
    return Record("figure", payload, {"says": says, "microseconds": taken}), says
