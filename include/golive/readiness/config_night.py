"""At go-live: confirmed areas are copied, each whole, and whatever is not copied stands there with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from golive.errors import FreezeViolated, NotPermitted, Terminal
from golive.readiness.areas import BY_HAND, CHANGED, CONFIRMED, as_declared, in_order, standing_areas
from golive.readiness.asked import counted, holders
from golive.readiness.configuration import COUNTS
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.config_copy import AreaPlan, CopiedArea
    from golive.project.preparing import Area
    from golive.readiness.site import Site

TASK = "copy_configuration"
COPIED, SKIPPED, FAILED, UNDONE = "copied", "skipped", "not copied", "undone"


def copy_configuration(site: Site, guard: Callable[[], None]) -> Outcome:
    """Copy every confirmed area, each after those that it depends on; ``guard`` is asked before each is written.

    An area that is not confirmed, or is not what was confirmed, is skipped, and so is what depends on it. One that
    cannot be copied is missing. Raises what is worth another try: what was copied until then stays, and is told again.
    """
    areas = in_order(site.project)
    if site.staging is None:
        return Outcome("No configuration is copied: the project file has no `staging`." + _by_hand(areas, {}))
    from golive.config_copy import lay_out

    plans = lay_out(site.project, site.staging, site.target)
    standing = standing_areas(site)
    states: dict[str, str] = {}
    records: list[Record] = []
    missing: list[str] = []
    for area in areas:
        reason, done = _why_not(area, standing.get(area.area), states), None
        state = SKIPPED
        if not reason:
            try:
                done = _copied(site, plans, area, standing[area.area]["snapshot"], guard)
                state, reason = (COPIED, "") if done is not None else (SKIPPED, CHANGED)
            except (NotPermitted, FreezeViolated):
                raise  # the guard: nothing at all may be written
            except Terminal as error:
                state, reason = FAILED, error.message
                missing.append(
                    f"The configuration area {area.area} could not be copied: {error.message}."
                    f" {holders(site, area.owner)}: put it right in production and clear {TASK}; or change it in"
                    " staging, and it is skipped, for people to do by hand"
                )
        states[area.area] = state
        records.append(_record(area, standing.get(area.area), state, reason, done))
    says = f"Configuration: {sum(s == COPIED for s in states.values())} of {counted(len(areas), 'area')} copied"
    says += f", {sum(r.payload[name] for r in records for name in COUNTS)} rows written."
    skipped = [f"{r.payload['area']} ({r.payload['reason']})" for r in records if r.payload["state"] == SKIPPED]
    says += f" Skipped: {', '.join(skipped)}." if skipped else ""
    return Outcome(says + _by_hand(areas, states), tuple(records), tuple(missing))


def uncopied(site: Site) -> list[str]:
    """Why the configuration of this run does not stand as it was copied, in words; empty if it does."""
    if site.project.staging is None:
        return []
    entries = site.ledger.entries(site.project.name, kind="step", run=site.run_name)
    steps = [entry for entry in entries if entry.payload["task"] == TASK]
    if not steps:
        return [f"no configuration was copied in this run: clear {TASK}"]
    said = [str(line) for line in steps[-1].payload["missing"]]
    undone = [
        str(entry.payload["area"])
        for entry in site.ledger.entries(site.project.name, kind="config_copy", after=steps[-1].seq)
        if entry.payload["state"] == UNDONE
    ]
    if undone:
        said.append(f"the configuration areas {', '.join(undone)} were taken back after they were copied: clear {TASK}")
    return said


def _why_not(area: Area, payload: dict[str, Any] | None, states: dict[str, str]) -> str:
    """Why an area is not copied, by what was said of it and of those that it depends on; empty if it is."""
    if not area.copyable:
        return "it is done by hand"
    if not area.tables:
        return "it names no table"
    if payload is None or payload["state"] != CONFIRMED:
        return f"it is {payload['state'] if payload else BY_HAND[0]}, not confirmed"
    if not as_declared(area, payload):
        return "it was declared otherwise when it was confirmed"
    for other in area.depends:
        if states[other] != COPIED:
            return f"it depends on {other}, which was not copied"
    return ""


def _copied(
    site: Site, plans: dict[str, AreaPlan], area: Area, confirmed: str, guard: Callable[[], None]
) -> CopiedArea | None:
    """The area in production; None if staging is not what was confirmed."""
    from golive.config_copy import Unconfirmed, copy_area

    assert site.staging is not None
    try:
        return copy_area(
            plans, area.area, site.staging, site.target,
            project=site.project.name, run=site.run_name, confirmed=confirmed, guard=guard,
        )  # fmt: skip
    except Unconfirmed:
        return None


def _record(area: Area, payload: dict[str, Any] | None, state: str, reason: str, done: CopiedArea | None) -> Record:
    tables = done.as_dict()["tables"] if done is not None else []
    return Record(
        "config_copy",
        {
            "area": area.area, "owner": area.owner, "state": state,
            "snapshot": done.snapshot if done is not None else str((payload or {}).get("snapshot", "")),
            **{name: sum(table[name] for table in tables) for name in (*COUNTS, "unchanged")},
            "tables": tables, "reason": reason,
        },
    )  # fmt: skip


def _by_hand(areas: tuple[Area, ...], states: dict[str, str]) -> str:
    """The checklist for people: what nothing has copied."""
    left = [f"{area.title or area.area} ({area.owner})" for area in areas if states.get(area.area) != COPIED]
    return f" By hand: {', '.join(left)}." if left else ""
