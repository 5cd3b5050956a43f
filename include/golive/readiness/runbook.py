"""The runbook of the night: every step with its owner, its planned minutes, what it waits for, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from golive.readiness.areas import BY_HAND, CONFIRMED, in_order
from golive.readiness.asked import counted, holders
from golive.readiness.calendar import calendar_of
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.readiness.site import Site

# Ways back: by name in the table, in full below it.
BEFORE = "stop"
UNFREEZE = "unfreeze"
NONE = "none"

# The steps that a dry run foresees the minutes of, as it names them.
_FREEZE, _INCREMENTS, _SWEEP, _CHECKS = "freeze", "last increments", "sweep", "checks and sample"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the runbook. ``after`` are numbers of steps, from 1; ``minutes`` None where nothing was measured."""

    what: str
    owner: str
    after: tuple[int, ...]
    back: str
    minutes: int | None = None


def write_runbook(site: Site) -> Outcome:
    """The night's steps as a report; every owner is held by somebody on the night's days."""
    planned, measured = _minutes(site)
    steps = night(site, planned)
    evidence = {"text": _markdown(site, steps, measured)}
    missing = tuple(_missing(site, steps))
    total = sum(planned.values())
    says = f"The runbook has {counted(len(steps), 'step')}" + (
        f", {total} minutes from the freeze to the proof as foreseen by {measured}." if measured
        else ", and no dry run has foreseen its minutes."
    )  # fmt: skip
    from golive.ledger import digest

    return Outcome(says, (Record("report", {"what": "runbook", "hash": digest(evidence)}, evidence),), missing)


def night(site: Site, minutes: dict[str, int]) -> list[Step]:
    """The steps in order, out of the project file and the areas as they stand."""
    project = site.project
    signs = project.stage("final_migration")
    go_live = " and ".join(signs.signers) if signs is not None else "go_live"
    steps: list[Step] = []

    def add(what: str, owner: str, after: Iterable[int], back: str, takes: int | None = None) -> int:
        steps.append(Step(what, owner, tuple(after), back, takes))
        return len(steps)

    shown = add("Start final_migration; its dry run is shown", "operations", (), BEFORE)
    agreed = add("Go or no-go, on exactly what was shown", go_live, (shown,), BEFORE)
    frozen = add(
        "Freeze the old system, and prove it by rejected writes",
        "operations",
        (agreed,),
        UNFREEZE,
        minutes.get(_FREEZE),
    )
    crossed = add("Last increments", "data_engineer", (frozen,), UNFREEZE, minutes.get(_INCREMENTS))
    swept = add("Sweep: compare and repair every row", "data_engineer", (crossed,), UNFREEZE, minutes.get(_SWEEP))
    before_proof = [swept]
    states = {e.payload["area"]: e.payload["state"] for e in site.ledger.latest(project.name, "area", by=("area",))}
    placed: dict[str, int] = {}
    for area in in_order(project):
        title = area.title or area.area
        after = (swept, *(placed[other] for other in area.depends))
        state = states.get(area.area, BY_HAND[0] if area.copyable else BY_HAND[1])
        what = f"Copy the configuration area {title}" if state == CONFIRMED else f"By hand: configuration area {title}"
        placed[area.area] = add(what, area.owner, after, UNFREEZE)
        before_proof.append(placed[area.area])
    proven = add(
        "Checks, suites and sample prove what arrived", "data_engineer", before_proof, UNFREEZE, minutes.get(_CHECKS)
    )
    before_opening = [proven]
    for party in project.third_parties:
        if party.action != "keep":
            where = f" to {party.endpoint}" if party.action == "switch" else ""
            verb = "Switch" if party.action == "switch" else "Retire"
            before_opening.append(add(f"{verb} {party.name}{where}", party.owner, (proven,), UNFREEZE))
    last = before_opening
    for opening in project.opening:
        back = UNFREEZE if last is before_opening else NONE
        last = [add(f"Decide on opening to {opening.step}, and open", opening.decided_by, last, back)]
    for wave in project.waves:
        add(f"The team {wave.team} starts on {wave.day}", wave.lead, last, NONE)
    return steps


def _minutes(site: Site) -> tuple[dict[str, int], str]:
    """Minutes by step as the last dry run foresaw them, and in words where they are from; both empty without one."""
    entry = site.ledger.last(site.project.name, "dry_run")
    if entry is None:
        return {}, ""
    return dict(entry.payload["minutes"]), f"the dry run of {entry.at:%Y-%m-%d} (ledger entry {entry.seq})"


def _missing(site: Site, steps: list[Step]) -> Iterator[str]:
    calendar = calendar_of(site)
    lead = holders(site, "lead")
    days = [(name, getattr(calendar, name)) for name in ("freeze", "go_live")]
    for name, day in days:
        if day is None:
            yield (
                f"The runbook has no day for `{name}`. {lead}: set it under `calendar` in the project file, then clear"
                " write_runbook"
            )
    for day in dict.fromkeys(day for _, day in days if day is not None):
        for role in dict.fromkeys(role for step in steps for role in step.owner.split(" and ")):
            if not site.project.holders(role, day):
                yield (
                    f"Nobody holds the role {role} on {day}, and it owns {_owned(steps, role)} of the runbook. {lead}:"
                    " name somebody under `people` in the project file, then clear write_runbook"
                )


def _owned(steps: list[Step], role: str) -> str:
    numbers = [str(n) for n, step in enumerate(steps, 1) if role in step.owner.split(" and ")]
    return f"step{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _markdown(site: Site, steps: list[Step], measured: str) -> str:
    project = site.project
    calendar = calendar_of(site)
    lines = [
        f"# Runbook: {project.title or project.name}",
        "",
        f"Freeze on {calendar.freeze or 'a day to be set'}, open to users on {calendar.go_live or 'a day to be set'}."
        + (f" Minutes are those of {measured}." if measured else " No dry run has foreseen any minutes."),
        "",
        "| step | what | owner | minutes | after | way back |",
        "|---|---|---|---|---|---|",
    ]
    for n, step in enumerate(steps, 1):
        who = _who(project, step.owner, calendar.freeze or site.today)
        after = ", ".join(map(str, step.after))
        minutes = "" if step.minutes is None else str(step.minutes)
        what = step.what.replace("|", "\\|")
        lines.append(f"| {n} | {what} | {who} | {minutes} | {after} | {step.back} |")
    lines += [
        "",
        f"- **{BEFORE}**: nothing was changed. Reject, or end the run.",
        f"- **{UNFREEZE}**: `golive unfreeze {project.name}` opens the old system again; the new one stays shut.",
        f"- **{NONE}**: the new system is open, and nothing of Golive writes rows into it any more.",
        "",
    ]
    return "\n".join(lines)


def _who(project: Project, owner: str, day: date) -> str:
    named = [", ".join(map(project.called, project.holders(role, day))) for role in owner.split(" and ")]
    people = ", ".join(filter(None, named))
    return f"{owner.replace('_', ' ')}: {people}" if people else owner.replace("_", " ")
