"""A trial of the alarms: one message to each level of support, and each level's word that it arrived."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from airflow.sdk import task

from golive.errors import ChecksFailed, NotPermitted
from golive.flow.escalation import TRIAL
from golive.flow.people import AskPeople, Question, Shown
from golive.readiness.trials import levels_of, question_of

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.project import Project
    from golive.project.going_live import Level


@task
def call_levels(project: str) -> str:
    """Sends a message, marked as a trial, to the address of each level of support.

    If it fails, nobody is declared, or a connection holds no address or could not be reached: its message says
    which. Correct it, then clear this task. Safe to clear: a level that was sent its message gets no second one.
    """
    from golive.flow.alerts import addresses, send
    from golive.flow.connections import ALERTS
    from golive.flow.world import world

    with world(project) as here:
        levels = levels_of(here.project)
        silent = sorted({to for level in levels if not addresses(to := level.alerts or ALERTS)})
        if silent or not levels:
            what = (
                f'{" and ".join(silent)} holds no address for messages: add it in Airflow, with {{"urls": [...]}} as'
                " its extra"
                if silent
                else "no level of support is declared: declare them under `support.levels` in the project file"
            )
            raise ChecksFailed(f"project {project}: nobody was sent anything: {what}. Then clear this task")
        for level in levels:
            send(
                project,
                _incident(here, level),
                f"a trial for level {level.level} of support",
                f"Nothing is wrong. This message tries the way on which {_people(here, level)} would be called.",
                "say in Airflow, under Required Actions, that it arrived",
                to=level.alerts,
            )
        return f"sent to {len(levels)} level{'s' if len(levels) > 1 else ''}"


def confirm(project: Project, level: Level) -> AskPeople:
    """The form on which a level of support says whether its message arrived."""
    subject, shown = "did the trial message arrive?", partial(_sent, level)
    question = Question(question_of(level), level.role, subject, _CONFIRM_DOC, shown)
    return AskPeople(task_id=f"confirm_level_{level.level}", project=project, question=question)


def _sent(level: Level, here: World) -> Shown:
    """What was sent to a level in this run; NotPermitted if nothing was, whatever colour call_levels has."""
    from golive.flow.alerts import is_told

    once = f"alarm/{_incident(here, level)}"
    alarms = here.ledger.entries(here.project.name, kind="alarm")
    sent = next((each for each in alarms if each.once == once), None)
    if sent is None or not is_told(once, alarms):
        raise NotPermitted(
            f"project {here.project.name}: this run sent nothing to level {level.level}: call_levels was marked as"
            " success. Clear it",
            project=here.project.name,
        )
    body = (
        f"A trial message was sent to level {level.level} of support of"
        f" **{here.project.title or here.project.name}** at {sent.at:%H:%M} UTC. It says that it is a trial.\n\n"
        "Approve states that it reached you. Reject states that it did not, and fails this run: correct the address"
        " or the connection, then start a new one."
    )
    return Shown({"project": here.project.name, "level": level.level, "alarm": sent.seq}, body)


def _incident(here: World, level: Level) -> str:
    return f"{TRIAL}{here.run.name}/{level.level}"


def _people(here: World, level: Level) -> str:
    people = " or ".join(map(here.project.called, here.project.holders(level.role, here.today)))
    return f"{people or 'nobody today'} ({level.role.replace('_', ' ')}, {level.hours})"


_CONFIRM_DOC = """Asks a level of support whether the trial message reached it. It waits for a person: Required Actions
shows the form.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says which.
Marking it as success confirms nothing: the ledger has no answer then."""
