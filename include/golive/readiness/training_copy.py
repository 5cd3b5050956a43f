"""The training copy: the new system's own data, masked, for people to learn in; and who may see it.

It is made anew with the initial and the mid-cycle pass, and whenever somebody resets it. Each refresh is kept with
its day, the rows and masked columns of every table, what the check said, and everybody who may read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.project.preparing import TrainingCopy
    from golive.readiness.site import Site
    from golive.training_copy import Refreshed, Unmasked

REFRESHED, REFUSED = "refreshed", "not refreshed"
OWNER = "operations"
SHOWN = 5


def refresh_training_copy(site: Site, training: Database) -> Outcome:
    """Make the training copy what the target is now, and look who may read it.

    Missing is a copy that the check refused, and each login of the training server that nobody declared. Raises
    what ``golive.training_copy.refresh`` raises.
    """
    from golive.training_copy import Unmasked, refresh

    declared = site.project.training_copy
    if declared is None:
        return Outcome("No training copy is declared.")
    others = [site.source, *([site.staging] if site.staging is not None else [])]
    try:
        made = refresh(site.project, site.target, training, run=site.run_name, others=others)
    except Unmasked as error:
        return _refused(site, training, error)
    unknown = _unknown(site, declared, made)
    missing = [
        f"The login {login} may read the training copy {training.name}, and nobody declared it. {holders(site, OWNER)}:"
        " take its rights there away, or find out whose it is and name it under `logins` or `access` of"
        f" `training_copy`; then start a new run of {site.project.name}.{site.stage}"
        for login in unknown
    ]
    if made.open_to_all:
        names = ", ".join(made.open_to_all[:SHOWN]) + (" and others" if len(made.open_to_all) > SHOWN else "")
        missing.append(
            f"Whoever can connect may read {names} in the training copy {training.name} (a grant to PUBLIC)."
            f" {holders(site, OWNER)}: revoke it, then start a new run of {site.project.name}.{site.stage}"
        )
    return Outcome(_says(site, declared, made), (_record(site, declared, made, unknown),), tuple(missing))


def people(site: Site, declared: TrainingCopy) -> dict[str, tuple[str, ...]]:
    """Who works in the copy: each role and group of ``access``, with its people today."""
    groups = site.project.training.groups
    return {
        name: groups[name] if name in groups else site.project.holders(name, site.today) for name in declared.access
    }


def _unknown(site: Site, declared: TrainingCopy, made: Refreshed) -> list[str]:
    """The logins that may read and are neither declared, nor those of a role, group or person who is."""
    held = people(site, declared)
    known = {*declared.logins, *held, *(person for each in held.values() for person in each)}
    return [login for login in made.logins if login not in known]


def _after(site: Site) -> int:
    """The number of the last pass; 0 before the first."""
    last = site.ledger.last(site.project.name, "pass")
    return 0 if last is None else int(last.payload["number"])


def _says(site: Site, declared: TrainingCopy, made: Refreshed) -> str:
    number = _after(site)
    who = {person for held in people(site, declared).values() for person in held}
    when = f"after pass {number}" if number else "before any pass"
    return (
        f"Training copy from {made.source} to {made.training}, made {when}: {counted(made.rows, 'row')} in"
        f" {counted(len(made.tables), 'table')}, {counted(made.masked, 'column')} masked;"
        f" {counted(len(who), 'person', 'people')} and {counted(len(made.logins), 'login')} may see it."
    )


def _record(site: Site, declared: TrainingCopy, made: Refreshed, unknown: list[str]) -> Record:
    verdicts = [result.verdict.value for result in made.results]
    tables = [
        {"table": table.table, "rows": table.rows, "masked": list(table.masked), "drawn": list(table.drawn),
         "emptied": list(table.emptied), "partly_emptied": list(table.partly)}
        for table in made.tables
    ]  # fmt: skip
    payload = _payload(site, made.training, REFRESHED) | {
        "rows": made.rows,
        "masked": made.masked,
        "people": sorted({one for held in people(site, declared).values() for one in held}),
        "logins": list(made.logins),
        "not_declared": [*unknown, *(["PUBLIC"] if made.open_to_all else [])],
        "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        "says": _says(site, declared, made),
    }
    evidence = {
        "tables": tables,
        "access": {name: list(held) for name, held in people(site, declared).items()},
        "logins": {"may_read": list(made.logins), "declared": list(declared.logins), "not_declared": unknown,
                   "open_to_all": list(made.open_to_all)},
        "without": list(declared.without),
        "results": [result.as_dict() for result in made.results],
    }  # fmt: skip
    return Record("training_copy", payload, evidence)


def _refused(site: Site, training: Database, error: Unmasked) -> Outcome:
    says = f"The training copy {training.name} was not refreshed: sensitive values would have arrived as they are,"
    says += " or nobody can tell."
    failed = [result for result in error.results if result.verdict.value == "FAIL"]
    record = Record(
        "training_copy",
        _payload(site, training.name, REFUSED) | {"says": says},
        {"results": [result.as_dict() for result in error.results]},
    )
    return Outcome(says, (record,), tuple(
        f"{result.table}: {result.says} {holders(site, 'data_engineer')}: put that right (where values arrived, find"
        " out where they come from, and name every column that holds them as sensitive), then start a new run of"
        f" {site.project.name}.{site.stage}."
        " The copy before this one stays"
        for result in failed
    ))  # fmt: skip


def _payload(site: Site, training: str, state: str) -> dict[str, Any]:
    return {
        "state": state, "on": site.today.isoformat(), "from": site.target.name, "to": training,
        "after_pass": _after(site), "run": site.run_name,
    }  # fmt: skip
