"""Onboard: who does what, what each department has to do, what may go wrong, who else is connected, how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Param

from golive.flow.people import Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry


@look
def check_team(project: str) -> str:
    """Looks whether every role is held by somebody today, and keeps the register of roles.

    If it fails, its message names the roles that nobody holds, and why: name people under `people` in the project
    file. Safe to clear.
    """
    from golive.readiness.team import check_team

    return carry_out(project, check_team)


@look
def check_departments(project: str) -> str:
    """Draws the impact map: every department's obligations, who answers for each, and by when.

    If it fails, its message names the department and what it lacks: a head, obligations, an owner, a day that is
    still to come. Correct `departments` in the project file. Safe to clear.
    """
    from golive.readiness.departments import check_departments

    return carry_out(project, check_departments)


@look
def check_risks(project: str) -> str:
    """Looks whether every high risk has an owner: those of the project file, and those found in the data.

    If it fails, its message names the risk: give it an owner in the project file or with the DAG `record`, or set
    the new day of its review. What stays open is accepted by signing this stage. Safe to clear.
    """
    from golive.readiness.risks import check_risks

    return carry_out(project, check_risks)


@look
def compare_third_parties(project: str) -> str:
    """Compares the declared connections of other systems with the logins and sessions that the source shows.

    Tries the endpoint of each as well, and says which does not answer yet: that fails nothing before the go-live.
    If it fails, its message names the login that nobody declared, what it may do, and from where it is connected:
    find out whose it is, and declare it. Only reads. Safe to clear: it sees who is connected at that moment.
    """
    from golive.readiness.third_parties import compare_third_parties

    return carry_out(project, compare_third_parties)


@look
def size_migration(project: str) -> str:
    """Counts rows, measures speed, and proposes the days of each stage and the minutes of the night. Only reads.

    If it fails, the night takes longer than the project allows, or days of stages are over or out of order: its
    message says which, and what to change. Safe to clear.
    """
    from golive.readiness.sizing import size_migration

    return carry_out(project, size_migration)


def own_risks(project: Project) -> Question:
    """Who owns the high risks that were found in the data? Nobody is asked if each has an owner."""
    owner = Param(
        "", type="string", enum=["", *project.people], title="Role that owns them",
        description="It answers for what is done about each; a single one can be given to another with `record`.",
    )  # fmt: skip
    return Question(
        "own_risks", "lead", "who owns these risks?", _OWN_DOC, _unowned, fields={"owner": owner}, agreed=_own
    )


def _unowned(here: World) -> Shown | None:
    from golive.readiness.risks import unowned

    end_if_complete(here)
    risks = unowned(here)
    if not risks:
        return None
    lines = "\n".join(f"- **{risk['id'].replace('_', ' ')}**: {risk['what']}" for risk in risks)
    body = (
        f"These risks of **{here.project.title or here.project.name}** are high, and nobody owns them:\n\n{lines}\n\n"
        "Name the role that answers for them from now on. Approve writes it into the register; Reject ends this run."
        f"\n\n[Everything that was found]({link(here)})"
    )
    return Shown({"project": here.project.name, "risks": risks}, body)


def _own(here: World, answer: Entry) -> None:
    from golive.readiness.risks import unowned

    for risk in unowned(here):
        here.write("risk", risk | {"owner": answer.payload["answers"]["owner"]}, actor=answer.actor)


_OWN_DOC = """Asks the lead for the role that owns the high risks found in the data; asks nobody if each has an owner.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says
which. Clear it to be asked again. Marking it as success gives nobody a risk: the next look reads the ledger."""
