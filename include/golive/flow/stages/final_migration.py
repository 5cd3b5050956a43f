"""The forms of <project>.final_migration, and the steps in which the new system opens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from golive.errors import NotPermitted, Terminal
from golive.flow import approval
from golive.flow.people import AskPeople
from golive.flow.stages.frame import end_if_complete, look, write_outcome
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry


def sign_criteria(project: Project) -> list[AskPeople]:
    """A form for each criterion that a role signs: those of the file, and the word of every other department."""
    from golive.readiness.criteria import declared

    return [
        AskPeople(task_id=f"sign_{one.id}", project=project, question=approval.criterion(one))
        for one in declared(project)
        if one.approver is not None
    ]


def ask_go_live(project: Project) -> list[AskPeople]:
    """A form for each role whose go/no-go is needed."""
    from golive.readiness.gate import signers

    return [
        AskPeople(task_id=approval.form_of(role), project=project, question=approval.go_live(role))
        for role in signers(project)
    ]


def open_further(project: Project, first: Any) -> None:
    """Chain the steps of opening behind the first: each a decision, then the step itself."""
    last = first
    for place in range(1, len(project.opening)):
        name = f"{place + 1}_{_slug(project.opening[place].step)}"
        decide = AskPeople(
            task_id=f"decide_{name}",
            project=project,
            question=approval.open_step(project, place),
            # Clearing an early task of a run that has begun to open skips all that is over, and not this.
            trigger_rule="none_failed",
        )
        opening = open_step.override(task_id=f"open_{name}")(project.name, place)
        last >> decide >> opening
        last = opening


@look
def open_step(project: str, place: int) -> str:
    """Let the next people in: the step stands in the ledger, and its roles may connect to the new system.

    Needs the decision of this run in the ledger, and the step before it. Safe to clear: the step stands
    once, and its roles are granted again. If it fails, the message names the role or the right that lacks;
    put it right and clear this task. Undo a grant by hand: `revoke connect on database ... from ...`.
    """
    from golive.flow.world import world

    with world(project) as here:
        end_if_complete(here)
        standing = here.own("opening", step=here.project.opening[place].step)
        return let_in(here, standing or _open(here, place, _decision(here, place).actor))


def open_first(here: World, agreed_by: str) -> Entry:
    """Write the first step of opening: from now on nothing of Golive writes rows."""
    return _open(here, 0, agreed_by)


def let_in(here: World, entry: Entry) -> str:
    """Grant what a step of opening allows, as it was decided; says who is in, and notes the task's work."""
    from golive.flow.notes import tell
    from golive.readiness import Outcome

    allowed = [str(role) for role in entry.payload.get("allow", ())]
    with here.target.session() as connection:
        here.target.access.allow(connection, allowed)
    says = f"Open for {entry.payload['step']} since {entry.at:%Y-%m-%d %H:%M:%S} UTC"
    if allowed:
        says += f"; {', '.join(allowed)} may connect"
    if entry.payload.get("open_to_all"):
        says += "; the server lets every role connect, as long as CONNECT is not revoked from PUBLIC"
    write_outcome(here, Outcome(f"{says}."))
    tell(here)
    return says


def _open(here: World, place: int, approved_by: str) -> Entry:
    """The entry of a step, written once; Terminal before that if one of its roles cannot be let in.

    The entry comes before the grants: nobody is in whom the ledger does not know of.
    """
    step = here.project.opening[place]
    with here.target.session(read_only=True) as connection:
        refused = here.target.access.barred(connection, step.allow)
        everybody = here.target.access.open_to_all(connection)
    if refused:
        raise Terminal(
            f"project {here.project.name}: {step.step} cannot be let in: {'; '.join(refused)}",
            project=here.project.name,
        )
    return here.write(
        "opening",
        {
            "step": step.step,
            "approved_by": approved_by,
            "allow": list(step.allow),
            "later": [each.step for each in here.project.opening[place + 1 :]],
            "open_to_all": everybody,
        },
        once=f"opening/{step.step}",
    )


def _decision(here: World, place: int) -> Entry:
    """The approval, in this run, of just this step as the project file has it now; NotPermitted without one."""
    from golive.ledger import approval as approval_of
    from golive.ledger import digest

    step = here.project.opening[place]
    evidence, _ = approval.step_evidence(here, place)
    question = approval.open_step(here.project, place).name
    agreed = approval_of(here.ledger, here.project.name, here.run.name, digest(evidence), question)
    if agreed is None or agreed.actor not in here.project.holders(step.decided_by, here.today):
        raise NotPermitted(
            f"project {here.project.name}: the ledger holds no decision of {step.decided_by} to let in {step.step} as"
            " the project file has that step now. A form that was marked as success decides nothing: clear it",
            project=here.project.name,
        )
    return agreed


def _slug(text: str) -> str:
    """A step's name as a part of a task id."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
