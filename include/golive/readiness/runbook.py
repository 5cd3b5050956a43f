"""The runbook of the night: every step with its owner, its planned minutes, what it waits for, and the way back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from golive.readiness.areas import BY_HAND, CONFIRMED, in_order
from golive.readiness.asked import counted, holders
from golive.readiness.calendar import calendar_of
from golive.readiness.measured import GOING_LIVE
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project import Project
    from golive.readiness.site import Site

# Ways back: by name in the table, in full below it.
BEFORE = "stop"
UNFREEZE = "unfreeze"
NONE = "none"

# The steps that a dry run foresees the minutes of, as it names them.
_FREEZE, _INCREMENTS, _SWEEP, _CHECKS = "freeze", "last increments", "sweep", "checks and sample"
# Entries that say how long their step took, by kind and, of increments, by what they are.
_CLOCKED = {("freeze", None): _FREEZE, ("increment", "last increments"): _INCREMENTS, ("sweep", None): _SWEEP}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the runbook. ``after`` are numbers of steps, from 1; ``minutes`` None where none are foreseen.

    ``took`` are the minutes of the last rehearsal that came to this step; None if none did.
    """

    what: str
    owner: str
    after: tuple[int, ...]
    back: str
    minutes: int | None = None
    took: int | None = None


def write_runbook(site: Site) -> Outcome:
    """The night's steps as a report; every owner is held by somebody on the night's days.

    Beside the minutes that the last dry run foresaw stand those that each step took when a run of the
    final migration came to it last: one that was undone, or stopped on its way.
    """
    planned, measured = _minutes(site)
    took = rehearsed(site.ledger.entries(site.project.name))
    steps = night(site, planned, {step: minutes for step, (minutes, _) in took.items()})
    evidence = {"text": _markdown(site, steps, measured, max((day for _, day in took.values()), default=None))}
    missing = tuple(_missing(site, steps))
    total = sum(planned.values())
    says = f"The runbook has {counted(len(steps), 'step')}" + (
        f", {total} minutes from the freeze to the proof as foreseen by {measured}." if measured
        else ", and no dry run has foreseen its minutes."
    )  # fmt: skip
    says += f" Rehearsed so far: {counted(sum(minutes for minutes, _ in took.values()), 'minute')}." if took else ""
    from golive.ledger import digest

    return Outcome(says, (Record("report", {"what": "runbook", "hash": digest(evidence)}, evidence),), missing)


def rehearsed(entries: Iterable[Entry]) -> dict[str, tuple[int, date]]:
    """Minutes that each step took in the last run of the final migration that came to it, and that day (UTC).

    ``entries`` are of one project, in order. The freeze, the last increments and the sweep took what their
    entries say; the checks and the sample took from the end of the sweep until each lane and the sample
    were first through. A minute that was begun counts.
    """
    runs: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.stage == GOING_LIVE and entry.run is not None:
            runs.setdefault(entry.run, []).append(entry)
    found: dict[str, tuple[int, date]] = {}
    for run in runs.values():
        found |= _took(run)
    return found


def _took(entries: Sequence[Entry]) -> dict[str, tuple[int, date]]:
    """The same of one run, in which a step may have been repeated: its last time counts."""
    found: dict[str, tuple[int, date]] = {}
    swept: Entry | None = None
    proven: dict[tuple[str, Any, Any], datetime] = {}
    for entry in entries:
        step = _CLOCKED.get((entry.kind, entry.payload.get("what") if entry.kind == "increment" else None))
        if step is not None and "seconds" in entry.payload:
            found[step] = _begun(int(entry.payload["seconds"])), entry.at.date()
        if entry.kind == "sweep":
            swept, proven = entry, {}
        elif entry.kind in ("checks", "sample") and swept is not None:
            proven.setdefault((entry.kind, entry.payload.get("part"), entry.payload.get("lane")), entry.at)
    if swept is not None and proven:
        end = max(proven.values())
        found[_CHECKS] = _begun(math.ceil((end - swept.at).total_seconds())), end.date()
    return found


def _begun(seconds: int) -> int:
    return max(1, -(-seconds // 60))


def night(site: Site, minutes: Mapping[str, int], took: Mapping[str, int]) -> list[Step]:
    """The steps in order, out of the project file and the areas as they stand; both minutes by the dry run's names."""
    project = site.project
    signs = project.stage("final_migration")
    go_live = " and ".join(signs.signers) if signs is not None else "go_live"
    steps: list[Step] = []

    def add(what: str, owner: str, after: Iterable[int], back: str, step: str = "") -> int:
        steps.append(Step(what, owner, tuple(after), back, minutes.get(step), took.get(step)))
        return len(steps)

    shown = add("Start final_migration; its dry run is shown", "operations", (), BEFORE)
    agreed = add("Go or no-go, on exactly what was shown", go_live, (shown,), BEFORE)
    frozen = add(
        "Freeze the old system, and prove it by rejected writes",
        "operations",
        (agreed,),
        UNFREEZE,
        _FREEZE,
    )
    crossed = add("Last increments", "data_engineer", (frozen,), UNFREEZE, _INCREMENTS)
    swept = add("Sweep: compare and repair every row", "data_engineer", (crossed,), UNFREEZE, _SWEEP)
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
    proven = add("Checks, suites and sample prove what arrived", "data_engineer", before_proof, UNFREEZE, _CHECKS)
    before_opening = [proven]
    found = {e.payload["login"]: e.payload for e in site.ledger.latest(project.name, "third_party", by=("login",))}
    for party in project.third_parties:
        if party.action != "keep":
            where = f" to {party.endpoint}{_last_tried(found.get(party.login))}" if party.action == "switch" else ""
            verb = "Switch" if party.action == "switch" else "Retire"
            before_opening.append(add(f"{verb} {party.name}{where}", party.owner, (proven,), UNFREEZE))
    last = before_opening
    for opening in project.opening:
        back = UNFREEZE if last is before_opening else NONE
        last = [add(f"Decide on opening to {opening.step}, and open", opening.decided_by, last, back)]
    for wave in project.waves:
        add(f"The team {wave.team} starts on {wave.day}", wave.lead, last, NONE)
    return steps


def _last_tried(found: Mapping[str, Any] | None) -> str:
    """How an endpoint did when the stage onboard tried it last; empty if it never did."""
    if found is None or not found.get("tried_on"):
        return ""
    return f" ({'answered' if found['answers'] else 'did not answer'} on {found['tried_on']}: {found['answer']})"


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


def _markdown(site: Site, steps: list[Step], measured: str, rehearsed_on: date | None) -> str:
    project = site.project
    calendar = calendar_of(site)
    lines = [
        f"# Runbook: {project.title or project.name}",
        "",
        f"Freeze on {calendar.freeze or 'a day to be set'}, open to users on {calendar.go_live or 'a day to be set'}."
        + (f" Minutes are those of {measured}." if measured else " No dry run has foreseen any minutes.")
        + (f" What a step took is from when it was last rehearsed; the last rehearsal was on {rehearsed_on}."
           if rehearsed_on else " There was no rehearsal yet."),
        "",
        "| step | what | owner | minutes | took, minutes | after | way back |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for n, step in enumerate(steps, 1):
        who = _who(project, step.owner, calendar.freeze or site.today)
        after = ", ".join(map(str, step.after))
        minutes, took = ("" if each is None else str(each) for each in (step.minutes, step.took))
        what = step.what.replace("|", "\\|")
        lines.append(f"| {n} | {what} | {who} | {minutes} | {took} | {after} | {step.back} |")
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
