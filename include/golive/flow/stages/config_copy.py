"""Configuration areas: planned in the order in which they are copied, and confirmed by their owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from golive.flow.people import Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.project.preparing import Area
from golive.readiness.areas import STARTED, STATES, confirming, to_confirm

if TYPE_CHECKING:
    from golive.flow.world import World


@look
def plan_areas(project: str) -> str:
    """Puts the configuration areas into the order of copying, and compares what was made ahead with production.

    Changes nothing in either database. If it fails, areas wait for each other in a circle, a query cannot be asked,
    or a table is not the same in both databases: its message names them. Correct the project file. Safe to clear.
    """
    from golive.readiness.areas import plan_areas

    return carry_out(project, plan_areas)


@look
def settle_areas(project: str) -> str:
    """Keeps what owners said of their areas; a confirmed one has to be ready, unchanged since, and free to be copied.

    If it fails, its message names the area, its owner, and what is not ready, collides or refers outside: put it
    right there. Safe to clear.
    """
    from golive.readiness.areas import settle_areas

    return carry_out(project, settle_areas)


def confirm_area(area: Area) -> Question:
    """How an area stands, by its owner's word; not asked of one that is confirmed, or that is not copied."""

    def shown(here: World) -> Shown | None:
        end_if_complete(here)
        evidence = to_confirm(here, area)
        return None if evidence is None else Shown(evidence, _area(here, area, evidence))

    state = Param(STARTED, type="string", enum=list(STATES), values_display=STATES, title="How does it stand?")
    subject = f"configuration area {area.title or area.area}"
    return Question(confirming(area.area), area.owner, subject, _AREA_DOC, shown, {"state": state})


def asked_about(areas: tuple[Area, ...]) -> tuple[Area, ...]:
    """The areas with a form: those that are copied."""
    return tuple(area for area in areas if area.copyable)


def _area(here: World, area: Area, evidence: dict[str, Any]) -> str:
    if area.not_ready is None:
        ready = "Nothing in it is measured."
    elif evidence["not_ready"] is None:
        ready = f"Whether it is ready **could not be asked**: {evidence['error']}."
    else:
        ready = f"Not ready in the new system: **{evidence['not_ready']}**."
    tables = ", ".join(f"`{table}`" for table in area.table_names) or "none is named"
    depends = f" It depends on {', '.join(area.depends)}." if area.depends else ""
    ahead = _ahead(evidence["compared"]) if "compared" in evidence else ""
    return (
        f"**{area.title or area.area}** is {evidence['state']}. Tables: {tables}.{depends} {ready}\n\n{ahead}"
        "Say how it stands. Approve keeps your word: a confirmed area is copied at go-live, one that is only planned is"
        f" done by hand. Reject ends this run, for the other areas too.\n\n[The report]({link(here)})"
    )


def _ahead(found: dict[str, Any]) -> str:
    """What a copy would do, in numbers, and what speaks against it; no row stands on the form."""
    lines = [f"- **cannot be compared**: {line}" for line in found["incomparable"]]
    for table in found["tables"]:
        columns = ", ".join(f"{name} {count}" for name, count in table["columns"].items())
        changed = f"{table['updated']} changed{f' ({columns})' if columns else ''}"
        rest = f"{table['removed']} removed, {table['unchanged']} equal"
        lines.append(f"- `{table['table']}`: {table['inserted']} new, {changed}, {rest}")
        lines += [f"  - **{each['kind']}**: {each['says']}" for each in table["against"]]
    return (
        f"Against production as it is now, made ahead as `{found['snapshot'][:12]}`:\n\n" + "\n".join(lines) + "\n\n"
        "Your word is about exactly these rows of staging: if one of them changes, the area has to be confirmed"
        " anew.\n\n"
    )


_AREA_DOC = """Asks the owner of a configuration area how it stands: confirmed, started, or only planned. Asks
nobody once it is confirmed.

If it fails, the answer was no, came too late or from somebody else, or what is ready changed meanwhile: its
message says which. Start a new run, which asks anew. Marking it as success confirms nothing."""
