"""Scenarios of the new system: which were tested, how that ended last, and whether they are enough.

Results are read out of JUnit files in every pass; how many of the scenarios have to pass before go-live stands
under `validation.scenarios` in the project file, and the last pass holds to it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders, named
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.readiness.site import Site


def read_scenarios(site: Site) -> Outcome:
    """Every declared scenario with its last result. Nothing is missing: how many are enough, the pass judges."""
    declared = site.project.validation.scenarios
    if declared is None:
        return Outcome("No scenario is declared.")
    from golive.project.files import file_of
    from golive.validation.scenarios import coverage

    training = site.project.training
    build = training.build if "build" in training.model_fields_set else None
    found = coverage(declared, file_of(site.project.name).parent, build)
    says = f"Scenarios: {counted(len(found.scenarios), 'scenario')}, {found.percent}% covered"
    if found.uncovered:
        says += f"; not covered: {named([f'{each.scenario} ({each.result})' for each in found.uncovered])}"
    if found.faults:
        says += f"; {'; '.join(found.faults)}"
    return Outcome(f"{says}.", tuple(Record("scenarios", asdict(each)) for each in found.scenarios))


def covered(site: Site, run: str | None = None) -> tuple[list[dict[str, Any]], int] | None:
    """Every declared scenario as it was last read, and how many of 100 are covered; None if none is declared.

    One that was not read, or whose test is another one now, is not covered. ``run``: only as that run read them.
    """
    declared = site.project.validation.scenarios
    if declared is None:
        return None
    entries = site.ledger.entries(site.project.name, kind="scenarios", run=run)
    last = {(entry.payload["scenario"], entry.payload["test"]): entry.payload for entry in entries}
    unread = {"result": "not read", "covered": False}
    now = [
        last.get((each.scenario, each.test), {"scenario": each.scenario, "test": each.test, **unread})
        for each in declared.names
    ]
    return now, 100 * sum(bool(each["covered"]) for each in now) // len(now)


def too_few(site: Site, run: str | None = None) -> tuple[str, ...]:
    """The scenarios that are not covered, with their results, where fewer are than have to be; else none."""
    found, declared = covered(site, run), site.project.validation.scenarios
    if found is None or declared is None or found[1] >= declared.at_least_percent:
        return ()
    return tuple(f"{each['scenario']} ({each['result']})" for each in found[0] if not each["covered"])


def lacking(site: Site) -> tuple[str, ...]:
    """What keeps the last pass open, in a sentence; empty if this run has seen enough scenarios covered."""
    few, declared = too_few(site, site.run_name), site.project.validation.scenarios
    found = covered(site, site.run_name)
    if not few or declared is None or found is None:
        return ()
    return (
        f"{found[1]}% of the scenarios are covered, and {declared.at_least_percent}% have to be: not covered are"
        f" {named(few)}. {holders(site, 'lead')}: have them tested, put the results at {declared.results}, then a new"
        f" run of {site.project.name}.{site.stage} reads them",
    )
