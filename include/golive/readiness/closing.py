"""What a whole move came to, in numbers and names, from the ledger alone: the closing report's facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project import Project
    from golive.readiness.site import Site

# Of the final migration's summary; what the ledger does not hold is None, and the report says so.
TOTALS = ("tables", "rows", "inserted", "updated", "deleted", "quarantined", "sampled", "seconds_frozen")


@dataclass(frozen=True, slots=True)
class Signed:
    """A person, and what they put their name to: each as 'role: stage'."""

    person: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the roadmap and the day on which it was complete; '' if it is not. ``waived_by`` instead of done.

    ``proposed`` are the days that the sizing gave it, None where it was not sized; ``took`` the days from
    the one on which it was first opened to the one on which it closed, in UTC, None before that and for
    one that was waived.
    """

    shown: str
    on: str
    waived_by: str
    proposed: int | None = None
    took: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Days are 'YYYY-MM-DD', in UTC; ``days`` lie between the first entry and the opening, None before that.

    ``totals`` hold the names of TOTALS. ``decided`` are the approvals that agreed to leave rows behind.
    """

    project: str
    title: str
    began: str
    opened: str
    days: int | None
    stages: tuple[Stage, ...]
    totals: dict[str, int | None]
    increments: int
    sweeps: int
    checks_passed: int
    issues_found: int
    issues_closed: int
    issues_waived: int
    decided: tuple[str, ...]
    tickets: int
    signed: tuple[Signed, ...]
    outcomes: tuple[str, ...]
    entries: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger."""
        return asdict(self)


def facts(site: Site) -> Closing:
    """The numbers and names of a project up to now, every one of them out of the ledger."""
    from golive.ledger import opened

    name, called = site.project.name, site.project.called
    entries = site.ledger.entries(name)
    opening = opened(site.ledger, name)
    summary = _last(entries, "summary")
    issues = {entry.payload["id"]: entry.payload["state"] for entry in _of(entries, "issue")}
    tickets = {(e.payload["on"], e.payload["level"]): int(e.payload["opened"]) for e in _of(entries, "ticket")}
    outcomes = {entry.payload["name"]: entry.payload for entry in _of(entries, "outcome")}
    return Closing(
        project=name,
        title=site.project.title or name,
        began=f"{entries[0].at:%Y-%m-%d}" if entries else "",
        opened=f"{opening.at:%Y-%m-%d}" if opening else "",
        days=(opening.at - entries[0].at).days if opening else None,
        stages=stages(site.project, entries),
        totals={total: summary.payload.get(total) if summary else None for total in TOTALS},
        increments=len(_of(entries, "increment")),
        sweeps=len(_of(entries, "sweep")),
        checks_passed=sum(int(entry.payload.get("PASS", 0)) for entry in _of(entries, "checks")),
        issues_found=len(issues),
        issues_closed=sum(state == "closed" for state in issues.values()),
        issues_waived=sum(state == "waived" for state in issues.values()),
        decided=tuple(
            f"{called(entry.actor)}, {entry.at:%Y-%m-%d}: {entry.payload.get('comment', '')}"
            for entry in _of(entries, "approval")
            if entry.payload["verdict"] == "approved" and entry.payload["question"] == "quarantine"
        ),
        tickets=sum(tickets.values()),
        signed=tuple(Signed(person, tuple(what)) for person, what in _signed(site, entries).items()),
        outcomes=tuple(f"{each}: {of['says']}" for each, of in outcomes.items() if of["state"] == "PASS"),
        entries=len(entries),
    )


def stages(project: Project, entries: Sequence[Entry]) -> tuple[Stage, ...]:
    """Every stage of the roadmap with the days that were proposed and those it took, out of these entries.

    ``entries`` are of this project and in order; only those of the kinds `stage` and `sizing` are read, and
    of several sizings the last.
    """
    sized = _last(entries, "sizing")
    proposed = sized.payload["days"] if sized is not None else {}
    moves: dict[str, list[Entry]] = {}
    for entry in _of(entries, "stage"):
        moves.setdefault(entry.stage or "", []).append(entry)
    return tuple(
        _stage(project, each.shown, moves.get(each.name, []), proposed.get(each.name)) for each in project.stages
    )


def _stage(project: Project, shown: str, moves: Sequence[Entry], proposed: int | None) -> Stage:
    last = moves[-1] if moves else None
    if last is None or last.payload["state"] not in ("closed", "waived"):
        return Stage(shown, "", "", proposed)
    on = f"{last.at:%Y-%m-%d}"
    if last.payload["state"] == "waived":
        return Stage(shown, on, project.called(last.actor), proposed)
    first = next((entry for entry in moves if entry.payload["state"] == "opened"), last)
    return Stage(shown, on, "", proposed, (last.at.date() - first.at.date()).days)


def _of(entries: Sequence[Entry], kind: str) -> list[Entry]:
    return [entry for entry in entries if entry.kind == kind]


def _last(entries: Sequence[Entry], kind: str) -> Entry | None:
    found = _of(entries, kind)
    return found[-1] if found else None


def _signed(site: Site, entries: Sequence[Entry]) -> dict[str, list[str]]:
    """Who approved what, each thing once, in the order of their first word."""
    shown = {stage.name: stage.shown for stage in site.project.stages}
    people: dict[str, list[str]] = {}
    for entry in _of(entries, "approval"):
        if entry.payload["verdict"] != "approved":
            continue
        role = str(entry.payload.get("role") or entry.payload["question"]).replace("_", " ")
        what = f"{role}: {shown.get(entry.stage or '', entry.stage or '')}"
        said = people.setdefault(site.project.called(entry.actor), [])
        if what not in said:
            said.append(what)
    return people
