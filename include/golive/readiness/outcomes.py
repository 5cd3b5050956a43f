"""What has to go on after the move: each outcome has an owner, and has been seen to happen since the opening."""

from __future__ import annotations

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


def check_outcomes(site: Site) -> Outcome:
    """Every outcome is owned by somebody, and its DAG has worked, or its owner stated it on the form of this run.

    A DAG has worked if one of its runs looked at everything that it had to since the new system was opened, and
    missed nothing: the ledger says so, whatever colour the run has.
    """
    outcomes = site.project.support.outcomes
    if not outcomes:
        return Outcome("No outcome is declared: nothing has to go on.")
    records, missing = [], []
    for one in outcomes:
        says, lacks = _seen(site, one)
        if not site.project.holders(one.owner, site.today):
            lacks = f"nobody holds the role {one.owner} that owns it: name somebody under `people`"
        state = "FAIL" if lacks else "PASS"
        records.append(Record("outcome", {"name": one.name, "owner": one.owner, "state": state, "says": lacks or says}))
        if lacks:
            missing.append(f"the outcome {one.name} ({one.says}): {lacks}; then clear check_outcomes")
    active = len(outcomes) - len(missing)
    return Outcome(f"{active} of {counted(len(outcomes), 'outcome')} active.", tuple(records), tuple(missing))


def _seen(site: Site, one: SustainmentOutcome) -> tuple[str, str]:
    """(what shows that it goes on, what is lacking); one of the two is empty."""
    if one.dag is not None:
        runs = _worked(site, one.dag)
        if runs:
            return f"{one.dag} worked {counted(runs, 'time')} since the opening", ""
        return "", f"{one.dag} did not work since the opening. {holders(site, one.owner)}: see that it runs"
    entry = answered(site, attesting(one.owner), to_attest(site, one.owner), one.owner)
    if entry is None:
        return "", f"its owner has not stated that it goes on. Clear attest_outcomes_{one.owner}"
    return f"stated by {site.project.called(entry.actor)}: {entry.payload.get('comment', '')}", ""


def _worked(site: Site, dag_id: str) -> int:
    """How many runs of a DAG of this project took every step since the opening, and missed nothing."""
    from golive.ledger import opened

    opening = opened(site.ledger, site.project.name)
    if opening is None:
        return 0
    runs: dict[str, dict[str, bool]] = {}
    for entry in site.ledger.entries(site.project.name, kind="step", after=opening.seq):
        if entry.run is not None and entry.run.partition("/")[0] == dag_id:
            runs.setdefault(entry.run, {})[entry.payload["task"]] = not entry.payload["missing"]
    return sum(all(steps.values()) for steps in runs.values())
