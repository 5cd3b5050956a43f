"""How a stage opens: once every stage before it is complete, or with a waiver by name; and which runs open none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import NotPermitted
from golive.flow.people import AskPeople, Question, Shown, link, refuse_used_name
from golive.flow.stages.frame import WAIVE, WAIVED_BY, end_if_complete
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry

log = logging.getLogger(__name__)


class OpenStage(AskPeople):
    """Open the stage once every stage before it is complete; otherwise refuse, or ask for a waiver.

    Ends as skipped if the stage is complete already, and if a run that nobody started by hand finds it
    begun by another. Refuses parameters that the DAG does not offer. A dry run opens and waives nothing,
    and only looks. A waiver is asked for only if the run was started with ``waive``; it is given by name
    and with a reason, for this project alone.
    """

    def __init__(self, *, project: Project, **kwargs: Any) -> None:
        super().__init__(
            project=project,
            question=Question("waive", WAIVED_BY, "open before its time?", _OPEN_DOC, _unmet, agreed=_waive),
            **kwargs,
        )

    def refuse(self, here: World) -> None:
        """This is the task that opens the stage."""

    def execute(self, context: Any) -> Any:
        """Open, refuse, or ask."""
        given = super().execute(context)  # does not come back where it asks
        self._open()
        return given

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Open with the waiver."""
        given = super().execute_complete(context, event)
        self._open()
        return given

    def _open(self) -> None:
        from golive.flow.guard import rehearses
        from golive.flow.notes import tell
        from golive.flow.world import world

        with world(self.project) as here:
            refuse_used_name(here)
            if rehearses():
                return  # it looks ahead, and begins nothing
            here.write("stage", {"state": "opened", "reason": ""})
            tell(here)


def _unmet(here: World) -> Shown | None:
    from golive.flow.guard import rehearses
    from golive.readiness.stages import unmet

    end_if_complete(here)
    _refuse_unknown(here)
    _end_if_begun(here)
    before = unmet(here.ledger, here.project, here.stage)
    if not before:
        return None
    shown = {each.name: each.shown for each in here.project.stages}
    names = " and ".join(shown[name] for name in before)
    stage_ = shown[here.stage]
    waits = f"project {here.project.name}: {stage_} waits for {names}, which is not complete"
    if rehearses():
        log.warning("%s. A dry run looks on all the same", waits)
        return None
    if not get_current_context()["params"].get(WAIVE):
        raise NotPermitted(
            f"{waits}. Complete that first, or start a new run with `{WAIVE}`, which asks a {WAIVED_BY} to open it all"
            " the same",
            project=here.project.name,
        )
    body = (
        f"**{stage_}** is to begin although **{names}** is not complete. If you approve, {names} counts as complete for"
        " this project from now on, in your name and for the reason that you give. What it would have found is not"
        f" looked at again.\n\n[The roadmap as it stands]({link(here)})"
    )
    return Shown({"project": here.project.name, "stage": here.stage, "unmet": before}, body)


def _refuse_unknown(here: World) -> None:
    """Airflow takes any key of a trigger's conf: a run with one that the DAG does not offer begins nothing."""
    context = get_current_context()
    unknown = sorted({*(context["dag_run"].conf or {})} - {*context["dag"].params})
    if unknown:
        raise NotPermitted(
            f"project {here.project.name}: unknown parameters: {', '.join(unknown)}. Start a new run without them",
            project=here.project.name,
        )


def _end_if_begun(here: World) -> None:
    """An event and the standing job may both start a stage: the run that comes second asks nobody again."""
    from golive.readiness.stages import begun

    entry = begun(here.ledger, here.project.name, here.stage)
    if not here.run.manual and entry is not None and entry.run != here.run.name:
        raise AirflowSkipException(
            f"the stage {here.stage} was begun by {entry.run} on {entry.at:%Y-%m-%d %H:%M} UTC, and goes on there. To"
            " begin it anew, start a run by hand"
        )


def _waive(here: World, answer: Entry) -> None:
    from golive.readiness.stages import unmet

    for name in unmet(here.ledger, here.project, here.stage):
        here.write("stage", {"state": "waived", "reason": answer.payload["comment"]}, actor=answer.actor, stage=name)


_OPEN_DOC = """Opens the stage once every stage before it is complete.

If it fails, its message names the stage that is not: complete that one first. With `waive` it asks a
sponsor instead, who gives a reason; their name and reason stand in the ledger. Ends green at once if this
stage is complete already, or if nobody started this run by hand and another has begun the stage."""
