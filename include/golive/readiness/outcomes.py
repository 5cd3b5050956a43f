"""What has to go on after the move: each outcome has an owner, and has been seen to happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import answered, counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.project.going_live import SustainmentOutcome
    from golive.readiness.site import Site


def attesting(owner: str) -> str:
    """The ledger's word for the question to an owner of outcomes."""
    return f"outcomes/{owner}"


def attested_by(project: Project) -> list[str]:
    """The roles that are asked about outcomes which no DAG shows, in the file's order."""
    return list(dict.fromkeys(one.owner for one in project.support.outcomes if one.dag is None))


def to_attest(site: Site, owner: str) -> dict[str, Any]:
    """What an owner is asked about."""
    outcomes = [one for one in site.project.support.outcomes if one.owner == owner and one.dag is None]
    return {"owner": owner, "outcomes": [{"name": one.name, "says": one.says} for one in outcomes]}


def check_outcomes(site: Site, successes: Callable[[str], int]) -> Outcome:
    """Every outcome is owned by somebody, and its DAG succeeded once, or its owner stated it on the form of this run.

    ``successes`` counts the successful runs of a DAG.
    """
    outcomes = site.project.support.outcomes
    if not outcomes:
        return Outcome("No outcome is declared: nothing has to go on.")
    records, missing = [], []
    for one in outcomes:
        says, lacks = _seen(site, one, successes)
        if not site.project.holders(one.owner, site.today):
            lacks = f"nobody holds the role {one.owner} that owns it: name somebody under `people`"
        state = "FAIL" if lacks else "PASS"
        records.append(Record("outcome", {"name": one.name, "owner": one.owner, "state": state, "says": lacks or says}))
        if lacks:
            missing.append(f"the outcome {one.name} ({one.says}): {lacks}; then clear check_outcomes")
    active = len(outcomes) - len(missing)
    return Outcome(f"{active} of {counted(len(outcomes), 'outcome')} active.", tuple(records), tuple(missing))


def _seen(site: Site, one: SustainmentOutcome, successes: Callable[[str], int]) -> tuple[str, str]:
    """(what shows that it goes on, what is lacking); one of the two is empty."""
    if one.dag is not None:
        runs = successes(one.dag)
        if runs:
            return f"{one.dag} succeeded {runs} time{'s' if runs > 1 else ''}", ""
        return "", f"{one.dag} has no successful run. {holders(site, one.owner)}: see that it runs"
    entry = answered(site, attesting(one.owner))
    if entry is None:
        return "", f"its owner has not stated that it goes on. Clear attest_outcomes_{one.owner}"
    return f"stated by {site.project.called(entry.actor)}: {entry.payload.get('comment', '')}", ""
