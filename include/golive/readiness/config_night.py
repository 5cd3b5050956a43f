"""At go-live: confirmed areas are copied, each whole, and whatever is not copied stands there with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
# ``STANDS``: not copied now, for the reason that is told; what was copied of it before stands in production.
COPIED, SKIPPED, STANDS, FAILED, UNDONE = "copied", "skipped", "copied before", "not copied", "undone"
THERE = (COPIED, STANDS)


def copy_configuration(
    site: Site, guard: Callable[[], None], note: Callable[[Record], None] = lambda record: None
) -> Outcome:
    """Copy every confirmed area, each after those that it depends on; ``guard`` is asked before each is written.

    An area that is not confirmed, or is not what was confirmed, is skipped, and so is what depends on it; of one that
    was copied before, that copy stays. One that cannot be copied is missing. Raises what is worth another try: what
    was copied until then stays, and the same run tells it again. ``note`` gets each record as soon as it is made.
    """
    areas = in_order(site.project)
    if site.staging is None:
        return Outcome("No configuration is copied: the project file has no `staging`." + _by_hand(areas, {}))
    from golive.config_copy import copied_areas, lay_out

    plans = lay_out(site.project, site.staging, site.target)
    standing = standing_areas(site)
    before = copied_areas(site.project.name, [area.area for area in areas], site.target)
    by_hand = {area.area for area in areas if not _is_copied(area)}
    states: dict[str, str] = {}
    records: list[Record] = []
    missing: list[str] = []
    for area in areas:
        reason, done = _why_not(area, standing.get(area.area), states, by_hand), None
        state = skipped = STANDS if area.area in before else SKIPPED
        if not reason:
            try:
                done = _copied(site, plans, area, standing[area.area]["snapshot"], guard)
                state, reason = (COPIED, "") if done is not None else (skipped, CHANGED)
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
        note(records[-1])
    says = f"Configuration: {sum(s == COPIED for s in states.values())} of {counted(len(areas), 'area')} copied"
    says += f", {sum(r.payload[name] for r in records for name in COUNTS)} rows written."
    for state, words in ((STANDS, "Copied before, and left as it is"), (SKIPPED, "Skipped")):
        named = [f"{r.payload['area']} ({r.payload['reason']})" for r in records if r.payload["state"] == state]
        says += f" {words}: {', '.join(named)}." if named else ""
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
    return [*said, *_otherwise(site)]


def _otherwise(site: Site) -> Iterator[str]:
    """The areas whose rows in production are not those that the last copy left there."""
    from golive.config_copy import content_hashes, lay_out

    copied: dict[str, list[dict[str, Any]]] = {}
    for entry in site.ledger.entries(site.project.name, kind="config_copy"):
        area, state = str(entry.payload["area"]), entry.payload["state"]
        if state == COPIED:
            copied[area] = entry.payload["tables"]
        elif state in (SKIPPED, FAILED, UNDONE):
            copied.pop(area, None)
    if not copied or site.staging is None:
        return
    plans = lay_out(site.project, site.staging, site.target)
    for each in in_order(site.project):
        if each.area in plans and each.area in copied:
            now = content_hashes(plans[each.area], site.target)
            other = [table["table"] for table in copied[each.area] if now.get(table["table"]) != table["after"]]
            if other:
                yield (
                    f"rows of the configuration area {each.area} are not in production as they were copied any more:"
                    f" {', '.join(other)}. {holders(site, each.owner)}: find out who wrote them; {TASK}, cleared,"
                    " copies the area again"
                )


def _is_copied(area: Area) -> bool:
    """Whether an area is copied at all; another one is done by hand."""
    return area.copyable and bool(area.tables)


def _why_not(area: Area, payload: dict[str, Any] | None, states: dict[str, str], by_hand: set[str]) -> str:
    """Why an area is not copied, by what was said of it and of those that it depends on; empty if it is.

    Nobody waits for what is done ``by_hand``: whether its rows are there is seen when rows refer to them.
    """
    if not area.copyable:
        return "it is done by hand"
    if not area.tables:
        return "it names no table"
    if payload is None or payload["state"] != CONFIRMED:
        return f"it is {payload['state'] if payload else BY_HAND[0]}, not confirmed"
    if not as_declared(area, payload):
        return "it was declared otherwise when it was confirmed"
    for other in area.depends:
        if other not in by_hand and states[other] not in THERE:
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
    left = [f"{area.title or area.area} ({area.owner})" for area in areas if states.get(area.area) not in THERE]
    return f" By hand: {', '.join(left)}." if left else ""
