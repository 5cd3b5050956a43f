"""Pre-work: people learn, materials show the right build, hands-on work is done, the old data gets cleaner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Param

from golive.flow.people import Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.project import Project
from golive.readiness.training import attesting, leader, to_attest

if TYPE_CHECKING:
    from golive.flow.world import World


@look
def check_training(project: str) -> str:
    """Looks whether everybody did every course that is due by now, and keeps what leaders attested.

    If it fails, its message names the course, who was not there, and whose group it is: hold the course and
    enter who was there with the record DAG. Safe to clear.
    """
    from golive.readiness.training import check_training

    return carry_out(project, check_training)


@look
def check_materials(project: str) -> str:
    """Looks whether each guide, script, demo and video shows the build of the new system that people will get.

    If it fails, its message names the material and its build: have it made anew and enter it with the record
    DAG. Safe to clear.
    """
    from golive.readiness.materials import check_materials

    return carry_out(project, check_materials)


@look
def check_exercises(project: str) -> str:
    """Looks whether each group did its hands-on work, by attendance and by what stands in the new system.

    If it fails, its message names the exercise, the group and who leads it: hold it, enter who was there with
    the record DAG. Safe to clear.
    """
    from golive.readiness.training import check_exercises

    return carry_out(project, check_exercises)


@look
def check_clean_up(project: str) -> str:
    """Counts the defects of every clean-up rule in the old system; only reads there.

    If it fails, a rule is above its limit or its query is wrong: its message names the rule and its owner.
    Correct the data in the old system. Safe to clear.
    """
    from golive.readiness.clean_up import check_clean_up

    return carry_out(project, check_clean_up)


def groups(project: Project) -> tuple[str, ...]:
    """The groups that have a course, each once: each has a form of its own."""
    return tuple(dict.fromkeys(group for course in project.training.courses for group in course.groups))


def attest_training(project: Project, group: str) -> Question:
    """Who of a group did a course although no attendance was entered; asked once one is due."""
    fields = {
        course.name: Param(False, type="boolean", optional=True, title=f"{course.title}: everybody listed has done it")
        for course in project.training.courses
        if group in course.groups
    }

    def shown(here: World) -> Shown | None:
        end_if_complete(here)
        evidence = to_attest(here, group)
        return None if evidence is None else Shown(evidence, _training(here, group, evidence["lacking"]))

    return Question(attesting(group), leader(project, group), f"training of {group}", _TRAINING_DOC, shown, fields)


def _training(here: World, group: str, lacking: dict[str, list[str]]) -> str:
    titles = {course.name: course.title for course in here.project.training.courses}
    lines = "\n".join(
        f"- **{titles[name]}**: {', '.join(map(here.project.called, who))}" for name, who in lacking.items()
    )
    return (
        f"Nobody entered that these people of the group **{group}** did their courses:\n\n{lines}\n\n"
        "Tick a course if, by your word, everybody listed has done it. Approve keeps what you ticked in your name; what"
        " you did not tick stays open, and a course that is due keeps pre-work open. Reject ends this run.\n\n"
        f"[The report]({link(here)})"
    )


_TRAINING_DOC = """Asks the leader of a group which courses its people have done although no attendance was entered.
Asks nobody while no course is due, or everybody was there.

If it fails, the answer was no, came too late or from somebody else, or attendance was entered meanwhile: its
message says which. Marking it as success attests nothing: check_training reads the ledger."""
