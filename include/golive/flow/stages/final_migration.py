"""The forms of <project>.final_migration, and the steps in which the new system opens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from golive.errors import NotPermitted, Terminal
from golive.flow import approval
from golive.flow.people import AskPeople, Question, Shown, link
from golive.flow.stages.frame import end_if_complete, look, write_outcome
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry


def ask_for_the_day(project: Project) -> list[AskPeople]:
    """A form for the sponsor, asked only on a day that was not booked; none where the roadmap books no day."""
    from golive.readiness.booked_days import kept_by
    from golive.readiness.calendar import WAIVED_BY

    if not kept_by(project):
        return []
    question = Question("waive_day", WAIVED_BY, "begin on another day than booked?", _DAY_DOC, _day, agreed=_waive_day)
    return [AskPeople(task_id="waive_day", project=project, question=question)]


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
    from golive.flow.guard import refuse_unopened
    from golive.flow.world import world

    with world(project) as here:
        end_if_complete(here)
        refuse_unopened(here)
        standing = here.own("opening", step=approval.step_at(here, place).step)
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


def _day(here: World) -> Shown | None:
    """Whether this very day may be the one, although it is none of those booked; a dry run asks nobody."""
    from golive.flow.guard import end_if_opened, rehearses
    from golive.readiness import booked_days

    end_if_opened(here)
    if rehearses() or not booked_days.refused(here):
        return None
    says = booked_days.off_day(here)
    body = (
        f"**{here.project.title or here.project.name}** was to go live on other days than this: **{says}** Everybody"
        " agreed to those, and not to today.\n\n"
        "Approve: the cut-over may begin today all the same, in your name and for the reason that you give; it is then"
        " still to be agreed to by everybody whose go/no-go is needed. Tomorrow it would need another word. Reject ends"
        f" this run; nothing was changed.\n\n[The roadmap as it stands]({link(here)})"
    )
    return Shown({"project": here.project.name, "today": here.today.isoformat(), "says": says}, body)


def _waive_day(here: World, answer: Entry) -> None:
    from golive.readiness.booked_days import waiver

    here.write("waiver", waiver(here, str(answer.payload["comment"])), actor=answer.actor)


def _open(here: World, place: int, approved_by: str) -> Entry:
    """The entry of a step, written once; Terminal before that if one of its roles cannot be let in.

    The entry comes before the grants: nobody is in whom the ledger does not know of.
    """
    step = approval.step_at(here, place)
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

    step = approval.step_at(here, place)
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


_DAY_DOC = """Asks the sponsor whether the cut-over may begin today, where today is none of the days that were booked.
It waits for a person: Required Actions shows the form. On a booked day, and in a dry run, nobody is asked.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says which.
Marking it as success waives nothing: the gate and the freeze read the ledger."""


def _slug(text: str) -> str:
    """A step's name as a part of a task id."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
