"""The demo's people: each signs in as themselves, and answers the forms that wait for them.

They hold the roles that the project file gives them, and nothing else: whoever starts a run answers
nothing of it, and a form is answered by somebody to whom it is assigned, or whose word counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from golive.demo.airflow import Role
from golive.errors import Terminal
from golive.flow.rest import REASON, Form, Refused, Rest
from golive.project import Project

# Sets the notes of runs, and nothing else; see ``golive.flow.notes``.
SERVICE = "golive"
GUEST = "guest"
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Answered:
    """One answer: who gave it to which form."""

    person: str
    dag_id: str
    task_id: str


def sign_ins(project: Project) -> dict[str, Role]:
    """A sign-in for everybody whom the project file names, by what they may do in Airflow."""
    people = {person for role in project.people.values() for person in (*role.holders, *role.deputies)}
    people |= {person for group in project.training.groups.values() for person in group}
    users = dict.fromkeys(sorted(people), Role.USER)
    users[engineer(project)] = Role.OP
    return users | {SERVICE: Role.USER, GUEST: Role.VIEWER}


def engineer(project: Project) -> str:
    """The data engineer, who starts the runs."""
    holders = project.holders("data_engineer", datetime.now(UTC).date())
    if not holders:
        raise Terminal(f"project {project.name} has no data_engineer: nobody could start its runs")
    return holders[0]


def bystander(project: Project) -> str:
    """Somebody on no level of support, who can start a trial of the alarms and let every level answer."""
    today = datetime.now(UTC).date()
    called = {person for level in project.support.levels for person in project.holders(level.role, today)}
    free = [person for role in project.people for person in project.holders(role, today) if person not in called]
    if not free:
        raise Terminal(f"project {project.name}: everybody is on a level of support: nobody could start its trial")
    return free[0]


@contextmanager
def answering(
    project: Project, url: str, passwords: Mapping[str, str], say: Callable[[str], None]
) -> Iterator[list[Answered]]:
    """Answer every form of the project, as it comes up, while the block runs; gives the answers as they are given.

    Raises, at the end of the block, what kept somebody from answering.
    """
    starter = engineer(project)
    done, given, under_way = threading.Event(), list[Answered](), dict[tuple[str, ...], Future[None]]()
    with ExitStack() as stack:
        sessions = {
            name: stack.enter_context(Rest(url, name, password))
            for name, password in passwords.items()
            if name != GUEST
        }
        pool = stack.enter_context(ThreadPoolExecutor(6))

        def answer(form: Form) -> None:
            # Whoever started a run is asked nothing by it; of others, the engineer answers what nobody else may.
            person = min(_who(form, project), key=lambda each: each == starter, default=None)
            if person is None or person not in sessions:
                raise Terminal(f"{form.dag_id} asks ({form.subject}), but nobody of the demo may answer it")
            try:
                sessions[person].answer(
                    form.dag_id, form.run_id, form.task_id, form.map_index, "Approve", _filled_in(form, project, person)
                )
            except Refused as error:
                if error.status == HTTPStatus.CONFLICT:
                    return  # answered a moment ago, and still listed: Airflow has not got round to it
                raise
            given.append(Answered(person, form.dag_id, form.task_id))
            say(f"{project.called(person)}: {form.subject.removeprefix(f'{project.title}: ')}")

        def look() -> None:
            while not done.wait(_LOOK_SECONDS):
                for form in sessions[starter].pending():
                    key = (form.dag_id, form.run_id, form.task_id, str(form.map_index))
                    before = under_way.get(key)
                    if form.dag_id.startswith(f"{project.name}.") and (before is None or before.done()):
                        if before is not None:
                            before.result()
                        under_way[key] = pool.submit(answer, form)

        looking = pool.submit(look)
        try:
            yield given
        finally:
            done.set()
            looking.result()
            for each in under_way.values():
                each.result()


def _who(form: Form, project: Project) -> tuple[str, ...]:
    """Who answers: a decision on a step of opening is assigned to nobody, and counts if its role's holder gives it."""
    today = datetime.now(UTC).date()
    decided = {f"decide_{place}_": step.decided_by for place, step in enumerate(project.opening, 1)}
    role = next((role for name, role in decided.items() if form.task_id.startswith(name)), None)
    return form.assigned or (project.holders(role, today) if role is not None else ())


def _filled_in(form: Form, project: Project, person: str) -> dict[str, Any]:
    """What a person writes: yes to what is asked, and a reason in their own name."""
    said = {name: _value(schema) for name, schema in form.fields.items() if name != REASON}
    return said | {REASON: f"Looked at and agreed for the demo, {project.called(person)}."}


def _value(schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "boolean":
        return True
    if schema.get("enum"):
        return next((each for each in schema["enum"] if each), "")
    if schema.get("type") == "array":
        return list(schema.get("examples") or ())
    if schema.get("type") == "integer":
        return schema.get("minimum", 1)
    return "seen"
