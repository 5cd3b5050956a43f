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
    """Puts the configuration areas into the order in which they are copied, and looks at what is not ready.

    If it fails, areas wait for each other in a circle, or a query cannot be asked: its message names them.
    Correct the project file. Safe to clear.
    """
    from golive.readiness.areas import plan_areas

    return carry_out(project, plan_areas)


@look
def settle_areas(project: str) -> str:
    """Keeps what owners said of their areas; one that is confirmed has to be ready, with what it depends on.

    If it fails, its message names the area, what is not ready in it, and its owner: finish it there. Safe to
    clear.
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
    tables = ", ".join(f"`{table}`" for table in area.tables) or "none is named"
    depends = f" It depends on {', '.join(area.depends)}." if area.depends else ""
    return (
        f"**{area.title or area.area}** is {evidence['state']}. Tables: {tables}.{depends} {ready}\n\n"
        "Say how it stands. Approve keeps your word: a confirmed area is copied at go-live, one that is only planned is"
        f" done by hand. Reject ends this run, for the other areas too.\n\n[The report]({link(here)})"
    )


_AREA_DOC = """Asks the owner of a configuration area how it stands: confirmed, started, or only planned. Asks
nobody once it is confirmed.

If it fails, the answer was no, came too late or from somebody else, or what is ready changed meanwhile: its
message says which. Start a new run, which asks anew. Marking it as success confirms nothing."""
