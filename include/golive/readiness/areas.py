"""Configuration areas: parts of the new system that are made ahead, and copied at go-live once their owner confirms.

An area is confirmed as it is declared: with other tables it is an area that nobody confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from golive.errors import Terminal
from golive.readiness.asked import Open, answered, counted, holders, open_things
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.project.preparing import Area
    from golive.readiness.site import Site

# What an owner says of an area: the states of the ledger, as the form offers them.
CONFIRMED, STARTED, PLANNED = "confirmed", "started", "planned"
NOT_COPYABLE = "not copyable"
STATES = {
    CONFIRMED: "confirmed: it is finished, and is copied at go-live",
    STARTED: "started: work on it goes on",
    PLANNED: "planned: nothing was begun, and it is done by hand at go-live",
}
BY_HAND = (PLANNED, NOT_COPYABLE)
# Why an area that its owner confirmed counts as started.
NOT_READY = "confirmed, but not ready"


def in_order(project: Project) -> tuple[Area, ...]:
    """The areas, each after those that it depends on; Terminal with the names of a circle."""
    areas = {area.area: area for area in project.configuration}
    try:
        return tuple(areas[name] for name in TopologicalSorter({n: a.depends for n, a in areas.items()}).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise Terminal(
            f"project {project.name}: the configuration areas {circle} wait for each other: none can be copied first."
            " Take one of them out of `depends` in the project file",
            project=project.name,
        ) from error


def plan_areas(site: Site) -> Outcome:
    """The areas in the order in which they are copied, each with its owner and what is not ready in it."""
    areas = in_order(site.project)
    if not areas:
        return Outcome("No configuration area is declared.")
    standing = _standing(site)
    records: list[Record] = []
    missing: list[str] = []
    lines = []
    for area in areas:
        payload = standing.get(area.area)
        if payload is None or not _as_declared(area, payload):
            payload = _entry(area, PLANNED if area.copyable else NOT_COPYABLE, "")
            records.append(Record("area", payload))
        unready = _unready(site, area)
        if unready.count is None:
            missing.append(_cannot_ask(site, area, unready, "plan_areas"))
        lines.append(f"{area.area} ({payload['state']})")
    says = f"{counted(len(areas), 'configuration area')}, in the order of copying: {', '.join(lines)}."
    return Outcome(says, tuple(records), tuple(missing))


def confirming(area: str) -> str:
    """The ledger's word for the question to an area's owner."""
    return f"confirm_area/{area}"


def to_confirm(site: Site, area: Area) -> dict[str, Any] | None:
    """What an area's owner is asked about; None if it is confirmed as it is declared, or not copied at all."""
    payload = _standing(site).get(area.area)
    if not area.copyable or (payload and payload["state"] == CONFIRMED and _as_declared(area, payload)):
        return None
    unready = _unready(site, area)
    return {
        "area": area.area, "tables": list(area.tables), "depends": list(area.depends),
        "state": payload["state"] if payload else PLANNED, "not_ready": unready.count, "error": unready.error,
    }  # fmt: skip


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
        if now[area.area]["state"] == STARTED and now[area.area]["reason"] != NOT_READY
    ]
    return Outcome(_says(areas, now), records, (*missing, *unfinished))


def _settled(
    site: Site, areas: tuple[Area, ...], task: str
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...], tuple[Record, ...]]:
    """Every area after this run's answers, what speaks against a confirmed one, and what changed.

    One that its owner confirmed and that is not ready counts as started until it is.
    """
    standing = _standing(site)
    now: dict[str, dict[str, Any]] = {}
    records: list[Record] = []
    missing: list[str] = []
    for area in areas:
        had = standing.get(area.area)
        payload = _said(site, area) or (had if had and _as_declared(area, had) else _entry(area, PLANNED, ""))
        if payload["state"] == CONFIRMED or payload["reason"] == NOT_READY:
            against = list(_against(site, area, now, task))
            missing += against
            if against:
                payload = payload | {"state": STARTED, "reason": NOT_READY}
            elif payload["state"] != CONFIRMED:
                payload = payload | {"state": CONFIRMED, "reason": ""}
        now[area.area] = payload
        if payload != had:
            records.append(Record("area", payload))
    return now, tuple(missing), tuple(records)


def _said(site: Site, area: Area) -> dict[str, Any] | None:
    if not area.copyable:
        return _entry(area, NOT_COPYABLE, "")
    answer = answered(site, confirming(area.area))
    return None if answer is None else _entry(area, str(answer.payload["answers"]["state"]), answer.payload["comment"])


def _against(site: Site, area: Area, now: dict[str, dict[str, Any]], task: str) -> Iterator[str]:
    unready = _unready(site, area)
    if unready.count is None:
        yield _cannot_ask(site, area, unready, task)
    elif unready.count:
        yield (
            f"The configuration area {area.area} is confirmed, and {counted(unready.count, 'thing')} in it"
            f" {'is' if unready.count == 1 else 'are'} not ready. {holders(site, area.owner)}: finish it in the new"
            f" system, then clear {task}"
        )
    for other in area.depends:
        state = now[other]["state"]
        if state in (STARTED, PLANNED):
            yield (
                f"The configuration area {area.area} is confirmed, and depends on {other}, which is {state}."
                f" {holders(site, area.owner)}: confirm {other} first, in a new run of {site.project.name}.{site.stage}"
            )


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


def _standing(site: Site) -> dict[str, dict[str, Any]]:
    return {e.payload["area"]: e.payload for e in site.ledger.latest(site.project.name, "area", by=("area",))}


def _as_declared(area: Area, payload: dict[str, Any]) -> bool:
    same: bool = payload["tables"] == list(area.tables) and payload["depends"] == list(area.depends)
    return same and (payload["state"] == NOT_COPYABLE) != area.copyable


def _entry(area: Area, state: str, reason: str) -> dict[str, Any]:
    return {
        "area": area.area, "owner": area.owner, "tables": list(area.tables), "depends": list(area.depends),
        "state": state, "reason": reason,
    }  # fmt: skip
