"""Breaking the glass: the frozen mapping is thawed by two roles, and the last pass before go-live is due again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, get_current_context, task

from golive.errors import NotPermitted
from golive.flow.people import AskPeople, Question, Shown
from golive.readiness.mapping import LAST_PASS, SHOWN

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry
    from golive.project import Project

WHY = "why"


def thaw_params() -> dict[str, Param]:
    """What is asked of whoever starts a thaw."""
    said = "What has to change, and why it cannot wait. It is shown to those who sign, and kept."
    return {WHY: Param("", type="string", title="Why", description=said)}


def ask_to_thaw(project: Project) -> list[AskPeople]:
    """The two forms, one for each role that signs."""
    return [
        AskPeople(
            task_id=f"sign_as_{role}",
            project=project,
            question=Question(_question(role), role, "may the frozen mapping change?", _SIGN_DOC, _asked),
        )
        for role in project.mapping.thawed_by
    ]


@task
def thaw_mapping(project: str) -> str:
    """Thaw the mapping once both roles have signed; the pre-final pass is due again from then on.

    If it fails, a signature is missing, void, or one person gave both: its message says which. Safe to
    clear: what was thawed stays so.
    """
    from golive.flow.guard import refuse_if_opened
    from golive.flow.world import world
    from golive.readiness.mapping import THAWED, thaw

    with world(project) as here:
        thawed = here.own("mapping", state=THAWED)
        if thawed is None:
            refuse_if_opened(here)
            by = tuple(_signed(here, role) for role in here.project.mapping.thawed_by)
            thawed = here.write("mapping", thaw(here, _why(here), by), once=f"{here.run.name}/thawed")
        who = " and ".join(map(here.project.called, thawed.payload["by"]))
        reason = f"{who} thawed the mapping: {thawed.payload['why']}"
        # Once, for the pass may have been gone through again before this task is cleared.
        again = {"state": "reopened", "reason": reason}
        here.write("stage", again, stage=LAST_PASS, once=f"{here.run.name}/reopened")
        return f"{reason} (ledger entry {thawed.seq}). {LAST_PASS} is due again"


def _asked(here: World) -> Shown:
    """What is thawed and why, with what differs now; raises as ``_evidence``."""
    from golive.readiness.mapping import changed

    passed, frozen, evidence = _evidence(here)
    project, why = here.project, evidence[WHY]
    lines = changed(here, frozen) if frozen is not None else []
    now = "\n".join(f"- {line}" for line in lines[:SHOWN]) or "- Nothing is changed yet."
    more = f"\n- and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    body = (
        f"The mapping of **{project.title or project.name}** is frozen since {passed.at:%Y-%m-%d %H:%M} UTC:"
        " which rows arrive, and how, must be what the last pass looked at.\n\n"
        f"**Why it is to change:** {why}\n\n**What differs now:**\n\n{now}{more}\n\n"
        "If both roles approve, it may change, and the pre-final pass has to be gone through again before anything"
        " goes live. Reject ends this run, and it stays frozen."
    )
    return Shown(evidence, body)


def _evidence(here: World) -> tuple[Entry, Entry | None, dict[str, Any]]:
    """The last pass, the mapping that it froze, and what is signed; NotPermitted where there is nothing to thaw.

    And where nobody said why.
    """
    from golive.flow.guard import refuse_if_opened
    from golive.readiness.mapping import standing
    from golive.readiness.stages import complete

    refuse_if_opened(here)
    project = here.project
    passed = complete(here.ledger, project.name, LAST_PASS)
    if passed is None:
        raise NotPermitted(
            f"project {project.name}: nothing is frozen: {LAST_PASS} is not complete. Change what has to change",
            project=project.name,
        )
    frozen = standing(here.ledger, project)
    hashed = frozen.hash if frozen else ""
    return passed, frozen, {"project": project.name, "frozen": hashed, "passed": passed.seq, WHY: _why(here)}


def _signed(here: World, role: str) -> str:
    """Who signed as a role in this run, on what would be shown now; NotPermitted if nobody did."""
    from golive.ledger import approval, digest

    shown = digest(_evidence(here)[-1])
    signed = approval(here.ledger, here.project.name, here.run.name, shown, _question(role))
    if signed is None or signed.actor not in here.project.holders(role, here.today):
        raise NotPermitted(
            f"project {here.project.name}: no valid word of {role} stands in the ledger. Clear sign_as_{role}",
            project=here.project.name,
        )
    return signed.actor


def _why(here: World) -> str:
    why = str(get_current_context()["params"].get(WHY) or "").strip()
    if not why:
        raise NotPermitted(
            f"project {here.project.name}: nothing says why the mapping is to change. Start a new run, and fill in"
            f" `{WHY}`",
            project=here.project.name,
        )
    return why


def _question(role: str) -> str:
    return f"thaw/{role}"


_SIGN_DOC = """Asks a role whether the frozen mapping may change. It waits for a person: Required Actions shows the
form.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says which.
Marking it as success thaws nothing: thaw_mapping reads the ledger."""
