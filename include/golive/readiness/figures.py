"""How quick the new system is: each figure's query, run several times, against what was agreed.

Where the file says how the old system is asked for the same thing, its time stands beside the new one's. It
decides nothing, and an old system that is gone, or does not answer, is said and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.errors import GoliveError, Terminal
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

    From this machine, so the way there is in it. A query that fails is no figure: its state is ERROR. Both
    sides are timed read-only, one after the other, each run cut off after LIMIT_SECONDS.
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
    before, old, old_taken = _before(site, figure)
    payload = {
        "name": figure.name, "value": value, "limit": figure.at_most_ms, "unit": "ms", "state": state,
        "source_value": before, "source_says": old,
    }  # fmt: skip
    evidence = {"says": says, "microseconds": taken, "source_microseconds": old_taken}
    return Record("figure", payload, evidence), f"{says}{f', {old}' if old else ''}"


def _before(site: Site, figure: Figure) -> tuple[int | None, str, list[int]]:
    """(milliseconds, in words, microseconds of each run) of the old system; None where it was not measured."""
    if figure.source_query is None:
        return None, "", []
    try:
        with site.source.session(read_only=True) as connection:
            taken = site.source.aftercare.timed(connection, figure.source_query, RUNS, LIMIT_SECONDS)
    except GoliveError as error:
        # A system that was switched off is an end that a move may well have: nothing waits for it.
        return None, f"the old system could not be measured: {error.message}", []
    value = -(-percentile(taken, 95) // 1_000)
    return value, f"the old system {value} ms", taken
