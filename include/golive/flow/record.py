"""How people put things into the ledger themselves, with the name that they are signed in with."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, get_current_context, task

from golive.errors import NotPermitted
from golive.project import Project
from golive.readiness.given import FORMS, MAX_CSV

_CHOICES = {
    "kind": ["guide", "script", "demo", "video", "exercise"],
    "likelihood": ["low", "medium", "high"],
    "impact": ["low", "medium", "high"],
    "severity": ["critical", "major", "minor", "opportunity"],
    "state": ["open", "accepted", "closed"],
    "release": ["yes", "no"],
}
_DAYS = ("on", "review")
_NUMBERS = ("level", "opened", "closed", "open")
_LONG = ("says", "minutes", "mitigation")


def form(project: Project) -> dict[str, Param]:
    """The form on which the run is started: what it is, its fields, or many lines at once."""
    names: dict[str, list[str]] = {}
    for what, fields in FORMS.items():
        for name in fields.model_fields:
            names.setdefault(name, []).append(what)
    courses, exercises = project.training.courses, project.training.exercises
    offered = {
        **_CHOICES,
        "course": [course.name for course in courses],
        "exercise": [exercise.name for exercise in exercises],
        "owner": list(project.people),
        "department": [department.name for department in project.departments],
    }
    known = {
        "meeting": [meeting.name for meeting in project.meetings],
        "subject": [one.name for one in project.communications],
    }
    return {
        "what": Param("attendance", type="string", enum=list(FORMS), title="What is entered"),
        "csv": Param(
            None,
            type=["null", "string"],
            format="multiline",
            maxLength=MAX_CSV,
            title="Many at once",
            description="Lines of CSV instead of the fields below; the first line names the fields.",
        ),
        **{name: _field(name, whats, offered.get(name), known.get(name)) for name, whats in names.items()},
    }


@task
def keep_record(project: str) -> str:
    """Keeps what was filled in when the run was started, in the name of whoever started it.

    If it fails, nothing was kept: its message names each line and field that is wrong, and what would be
    right. Correct it and start a new run. Safe to clear: nothing is kept twice.
    """
    from golive.flow.judging import NOBODY, refuse_all_admins
    from golive.flow.world import world
    from golive.readiness.records import enter

    context = get_current_context()
    with world(project) as here:
        refuse_all_admins(here)
        person = here.run.started_by
        if person is None or person.lower() in NOBODY:
            raise NotPermitted(
                f"project {project}: this run was started by nobody, so nobody enters anything. Sign in to Airflow and"
                " start it from there",
                project=project,
            )
        outcome = enter(here, person, dict(context["params"]))
        for number, record in enumerate(outcome.records, 1):
            here.write(
                record.kind, record.payload, evidence=record.evidence, actor=person, once=f"{here.run.name}/{number}"
            )
        return outcome.says


def _field(name: str, whats: list[str], choices: list[str] | None, known: list[str] | None) -> Param:
    """A field that may stay empty: which ones are needed depends on what is entered. ``known`` is only proposed."""
    schema: dict[str, Any] = {"type": ["null", "string"], "description": f"For: {', '.join(whats)}."}
    if name in _NUMBERS:
        schema["type"] = ["null", "integer"]
        schema["minimum"] = 0
    elif name in _DAYS:
        schema["format"] = "date"
    elif choices:
        schema["enum"] = [None, *choices]
    elif name in _LONG:
        schema["format"] = "multiline"
    elif known:
        schema["examples"] = known
    return Param(None, title=name.replace("_", " ").capitalize(), **schema)
