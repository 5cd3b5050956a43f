"""Who does what: every role of the project is held by somebody on the day that this is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.project.people import ALWAYS, Role
from golive.readiness.asked import counted
from golive.readiness.calendar import calendar_of
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.readiness.site import Site


def check_team(site: Site) -> Outcome:
    """Every role of the project file, and those that every project needs, is held today, unless it is optional.

    A role that every project needs is never optional. Said, and not missing: such a role with one
    person alone, who can neither be away nor agree to a run of their own; and a role that ends before
    the day of going live.
    """
    from golive.ledger import digest

    people = site.project.people
    roles = {name: people.get(name, Role()) for name in dict.fromkeys((*ALWAYS, *people))}
    held = {name: role.on(site.today) for name, role in roles.items()}
    missing = tuple(
        _gap(site, name, role)
        for name, role in roles.items()
        if not held[name] and (name in ALWAYS or not role.optional)
    )
    called = site.project.called
    alone = [f"{name} ({called(held[name][0])})" for name in ALWAYS if len(held[name]) == 1]
    day = calendar_of(site).go_live
    ending = [f"{name} on {role.until}" for name, role in roles.items() if day and role.until and role.until < day]
    says = f"{counted(sum(map(bool, held.values())), 'role')} of {len(roles)} are held"
    says += f". With one person alone: {', '.join(alone)}" if alone else ""
    says += f". They end before {day}: {', '.join(ending)}" if ending else ""
    evidence = {"text": _register(site, roles)}
    payload = {"what": "role register", "hash": digest(evidence)}
    return Outcome(f"{says}.", (Record("report", payload, evidence),), missing)


def _register(site: Site, roles: dict[str, Role]) -> str:
    """The roles as a table in Markdown: who holds each on this day, and who could."""
    called = site.project.called
    lines = [f"# Roles on {site.today}", "", "| role | today | holders | deputies | from | until |", "|" + "---|" * 6]
    for name, role in roles.items():
        groups = (role.on(site.today), role.holders, role.deputies)
        people = " | ".join(", ".join(map(called, group)).replace("|", "\\|") for group in groups)
        lines.append(f"| {name} | {people} | {role.since or ''} | {role.until or ''} |")
    return "\n".join([*lines, ""])


def _gap(site: Site, name: str, role: Role) -> str:
    shown = name.replace("_", " ")
    named = ", ".join(map(site.project.called, (*role.holders, *role.deputies)))
    if not named:
        return f"Nobody is named for the role {shown}: name somebody for it under `people` ({name}), and a deputy"
    when = f"ended on {role.until}" if role.until and role.until < site.today else f"begins on {role.since}"
    return f"Nobody holds the role {shown} today, {site.today}: that of {named} {when}. Correct its days under `people`"
