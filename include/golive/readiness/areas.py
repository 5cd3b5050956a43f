"""Configuration areas: parts of the new system that are made ahead, and copied at go-live once their owner confirms.

An area is confirmed as it is declared: with other tables it is an area that nobody confirmed. Where it is made in a
database of its own, the word is about exactly the rows that stand there then.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from golive.errors import Terminal
from golive.readiness.asked import Open, counted, holders, last_answer, open_things
from golive.readiness.configuration import compared, in_words, objections, planned
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.config_copy import Compared
    from golive.project import Project
    from golive.project.preparing import Area
    from golive.readiness.site import Papers, Site

# What an owner says of an area: the states of the ledger, as the form offers them.
CONFIRMED, STARTED, PLANNED = "confirmed", "started", "planned"
NOT_COPYABLE = "not copyable"
STATES = {
    CONFIRMED: "confirmed: it is finished, and is copied at go-live",
    STARTED: "started: work on it goes on",
    PLANNED: "planned: nothing was begun, and it is done by hand at go-live",
}
BY_HAND = (PLANNED, NOT_COPYABLE)
# Why an area that its owner confirmed counts as started: under ``held_back``, where no owner's comment ever stands.
NOT_READY, CHANGED = "confirmed, but not ready", "changed after it was confirmed"


def in_order(project: Project) -> tuple[Area, ...]:
    """The areas, each after those that it depends on; a file with a circle of them is refused as it is read."""
    areas = {area.area: area for area in project.configuration}
    return tuple(areas[name] for name in TopologicalSorter({n: a.depends for n, a in areas.items()}).static_order())


def plan_areas(site: Site) -> Outcome:
    """The areas in the order in which they are copied: its owner, what is not ready, and what a copy would do."""
    areas = in_order(site.project)
    if not areas:
        return Outcome("No configuration area is declared.")
    standing, found = standing_areas(site), compared(site)
    records: list[Record] = []
    missing: list[str] = []
    lines = []
    for area in areas:
        payload = standing.get(area.area)
        if payload is None or not as_declared(area, payload):
            payload = _entry(area, PLANNED if area.copyable else NOT_COPYABLE, "", "")
            records.append(Record("area", payload))
        unready = _unready(site, area)
        if unready.count is None:
            missing.append(_cannot_ask(site, area, unready, "plan_areas"))
        says = payload["state"]
        if area.area in found:
            records.append(planned(found[area.area]))
            says += f", {in_words(found[area.area])}"
        lines.append(f"{area.area} ({says})")
    says = f"{counted(len(areas), 'configuration area')}, in the order of copying: {', '.join(lines)}."
    return Outcome(says, tuple(records), tuple(missing))


def confirming(area: str) -> str:
    """The ledger's word for the question to an area's owner."""
    return f"confirm_area/{area}"


def to_confirm(site: Site, area: Area) -> dict[str, Any] | None:
    """What an area's owner is asked about; None if it is confirmed as it is now, or not copied at all."""
    if not area.copyable:
        return None
    payload, found = standing_areas(site).get(area.area), compared(site, only=area.area).get(area.area)
    snapshot = "" if found is None else found.snapshot
    if payload and payload["state"] == CONFIRMED and as_declared(area, payload) and _snapshot(payload) == snapshot:
        return None
    unready = _unready(site, area)
    asked = {
        "area": area.area, "tables": area.table_names, "depends": list(area.depends),
        "state": payload["state"] if payload else PLANNED, "not_ready": unready.count, "error": unready.error,
    }  # fmt: skip
    return asked if found is None else asked | {"snapshot": snapshot, "compared": found.as_dict()}


def settle_areas(site: Site) -> Outcome:
    """What owners said of their areas in this run; a confirmed one is ready, and so is what it depends on.

    What is not copied is listed for people to do by hand.
    """
    areas = in_order(site.project)
    if not areas:
        return Outcome("No configuration area is declared.")
    now, missing, records = _settled(site, areas, "settle_areas")
    return Outcome(_says(areas, now), records, missing)


def check_areas(site: Site) -> Outcome:
    """Every area that was started is confirmed, as it is declared, and still ready."""
    areas = in_order(site.project)
    if not areas:
        return Outcome("No configuration area is declared.")
    now, missing, records = _settled(site, areas, "check_areas")
    unfinished = [
        f"The configuration area {area.area} was started and is not confirmed. {holders(site, area.owner)}: finish it,"
        f" then start a new run of {site.project.name}.{site.stage}, which asks to confirm it"
        for area in areas
        if now[area.area]["state"] == STARTED and not _held_back(now[area.area])
    ]
    return Outcome(_says(areas, now), records, (*missing, *unfinished))


def changed_areas(site: Site) -> list[str]:
    """The areas that were made otherwise after they were confirmed; such a one is not copied."""
    standing, found = standing_areas(site), compared(site)
    return [
        name
        for name, each in found.items()
        if name in standing and standing[name]["state"] == CONFIRMED and _snapshot(standing[name]) != each.snapshot
    ]


def stands_open(site: Site, area: Area) -> str:
    """Why an area is not settled, in words; '' if it is confirmed as it is declared and ready, or made by hand.

    Terminal if nobody knows whether it is ready: its query failed.
    """
    payload = standing_areas(site).get(area.area)
    if payload is None:
        return "nobody has looked at it"
    if not as_declared(area, payload):
        return "it is declared otherwise than it was looked at"
    if payload["state"] != CONFIRMED:
        return STARTED if payload["state"] == STARTED else ""
    unready = _unready(site, area)
    if unready.count is None:
        raise Terminal(f"whether the area {area.area} is ready could not be asked: {unready.error}")
    return f"{CONFIRMED}, and {counted(unready.count, 'thing')} in it not ready" if unready.count else ""


def standing_areas(site: Papers) -> dict[str, dict[str, Any]]:
    """What the ledger says of each area, by its name."""
    return {e.payload["area"]: e.payload for e in site.ledger.latest(site.project.name, "area", by=("area",))}


def as_declared(area: Area, payload: dict[str, Any]) -> bool:
    """Whether an area is declared as it was when its owner spoke of it."""
    same: bool = payload["tables"] == area.table_names and payload["depends"] == list(area.depends)
    return same and (payload["state"] == NOT_COPYABLE) != area.copyable


def _settled(
    site: Site, areas: tuple[Area, ...], task: str
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...], tuple[Record, ...]]:
    """Every area after this run's answers, what speaks against a confirmed one, and what changed.

    One that its owner confirmed counts as started while it is not ready, or is not what was confirmed.
    """
    standing, found = standing_areas(site), compared(site)
    now: dict[str, dict[str, Any]] = {}
    records: list[Record] = []
    missing: list[str] = []
    for area in areas:
        had = standing.get(area.area)
        payload = _said(site, area) or (had if had and as_declared(area, had) else _entry(area, PLANNED, "", ""))
        if payload["state"] == CONFIRMED or _held_back(payload):
            ahead = found.get(area.area)
            changed = ahead is not None and _snapshot(payload) != ahead.snapshot
            against = [_changed(site, area)] if changed else list(_against(site, area, now, ahead, task))
            missing += against
            if against:
                why = CHANGED if changed else NOT_READY
                payload = payload | {"state": STARTED, "reason": why, "held_back": why}
            elif payload["state"] != CONFIRMED:
                payload = payload | {"state": CONFIRMED, "reason": "", "held_back": ""}
        now[area.area] = payload
        if payload != had:
            records.append(Record("area", payload))
    return now, tuple(missing), tuple(records)


def _said(site: Site, area: Area) -> dict[str, Any] | None:
    """What this run's answer makes of an area: of the snapshot that was shown, whatever stands there now.

    None where nobody who owns it today answered, or another area was shown than is declared.
    """
    if not area.copyable:
        return _entry(area, NOT_COPYABLE, "", "")
    answer = last_answer(site, confirming(area.area))
    if answer is None or answer.actor not in site.project.holders(area.owner, site.today):
        return None
    shown = site.ledger.evidence(str(answer.payload["evidence_hash"]))
    assert isinstance(shown, dict)
    if (shown["tables"], shown["depends"]) != (area.table_names, list(area.depends)):
        return None
    return _entry(
        area, str(answer.payload["answers"]["state"]), answer.payload["comment"], str(shown.get("snapshot", ""))
    )


def _against(
    site: Site, area: Area, now: dict[str, dict[str, Any]], ahead: Compared | None, task: str
) -> Iterator[str]:
    unready = _unready(site, area)
    if unready.count is None:
        yield _cannot_ask(site, area, unready, task)
    elif unready.count:
        yield (
            f"The configuration area {area.area} is confirmed, and {counted(unready.count, 'thing')} in it"
            f" {'is' if unready.count == 1 else 'are'} not ready. {holders(site, area.owner)}: finish it in the new"
            f" system, then clear {task}"
        )
    for line in objections(site.project, ahead) if ahead is not None else ():
        yield (
            f"The configuration area {area.area} is confirmed, and cannot be copied: {line}."
            f" {holders(site, area.owner)}: put that right in staging or in production, and confirm it anew if staging"
            f" changes; then clear {task}"
        )
    for other in area.depends:
        state = now[other]["state"]
        if state in (STARTED, PLANNED):
            yield (
                f"The configuration area {area.area} is confirmed, and depends on {other}, which is {state}."
                f" {holders(site, area.owner)}: confirm {other} first, in a new run of {site.project.name}.{site.stage}"
            )


def _changed(site: Site, area: Area) -> str:
    return (
        f"The configuration area {area.area} changed in staging after it was confirmed. {holders(site, area.owner)}:"
        f" confirm it anew, in a new run of {site.project.name}.{site.stage}"
    )


def _snapshot(payload: dict[str, Any]) -> str:
    """The hash of what was confirmed; empty where nothing is copied."""
    return str(payload.get("snapshot", ""))


def _held_back(payload: dict[str, Any]) -> str:
    """Why an area that its owner confirmed counts as started all the same; empty for one of which nobody said so."""
    return str(payload.get("held_back", ""))


def _unready(site: Site, area: Area) -> Open:
    return Open(0) if area.not_ready is None else open_things(site, "target", area.not_ready)


def _cannot_ask(site: Site, area: Area, unready: Open, task: str) -> str:
    return (
        f"Whether the configuration area {area.area} is ready could not be asked: {unready.error}."
        f" {holders(site, area.owner)}: correct `not_ready` in the project file, then clear {task}"
    )


def _says(areas: tuple[Area, ...], now: dict[str, dict[str, Any]]) -> str:
    confirmed = sum(payload["state"] == CONFIRMED for payload in now.values())
    says = f"Configuration: {confirmed} of {counted(len(areas), 'area')} confirmed."
    by_hand = [f"{area.title or area.area} ({area.owner})" for area in areas if now[area.area]["state"] in BY_HAND]
    return says + (f" By hand at go-live: {', '.join(by_hand)}." if by_hand else "")


def _entry(area: Area, state: str, reason: str, snapshot: str) -> dict[str, Any]:
    return {
        "area": area.area, "owner": area.owner, "tables": area.table_names, "depends": list(area.depends),
        "state": state, "reason": reason, "held_back": "", "snapshot": snapshot,
    }  # fmt: skip
