"""Who may answer a form, and which answers count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from golive.errors import NotPermitted
from golive.flow.rest import REASON

if TYPE_CHECKING:
    from golive.flow.people import Question
    from golive.flow.world import World
    from golive.ledger import Entry

APPROVE = "Approve"
# Who answers where everybody is an administrator without a name.
NOBODY = frozenset({"", "anonymous"})


@dataclass(frozen=True)
class Answer:
    """What came back from a form: ``person`` is an id, ``called`` the same person's name as the sign-in shows it.

    ``error`` is Airflow's word for why there is none: 'timeout', or that it could not take what was given.
    """

    person: str
    called: str
    chosen: tuple[str, ...]
    reason: str
    said: Mapping[str, Any]
    at: str
    error: str

    @property
    def agrees(self) -> bool:
        return self.chosen == (APPROVE,)

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Answer:
        """The answer in the event with which Airflow resumes a form's task."""
        user = event.get("responded_by_user") or {}
        said = {name: value for name, value in (event.get("params_input") or {}).items() if value is not None}
        return cls(
            person=str(user.get("id") or ""),
            called=str(user.get("name") or ""),
            chosen=tuple(event.get("chosen_options") or ()),
            reason=str(said.pop(REASON, "")).strip(),
            said=said,
            at=str(event.get("responded_at") or ""),
            error=str(event.get("error_type") or "unknown") if "error" in event else "",
        )


def refuse_all_admins(here: World) -> None:
    """NotPermitted where Airflow makes everybody an administrator: no answer there is anybody's."""
    from airflow.configuration import conf

    if conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False):
        raise NotPermitted(
            f"project {here.project.name}: everybody is an administrator here (simple_auth_manager_all_admins), so no"
            " answer is anybody's. Switch that off and give people sign-ins of their own, then start a new run",
            project=here.project.name,
        )


def who(here: World, question: Question) -> tuple[str, ...]:
    """Who may answer today; NotPermitted if nobody may, and where nobody can tell who started the run."""
    refuse_all_admins(here)
    if here.run.nameless:
        raise NotPermitted(
            f"project {here.project.name}: somebody made the event that started this run by hand, and Airflow does not"
            f" say who; nobody agrees to a run of their own. Start {here.run.dag_id} as yourself, or leave it to"
            f" {here.project.name}.next",
            project=here.project.name,
        )
    holders = here.project.holders(question.role, here.today)
    starter = here.run.started_by
    people = tuple(person for person in holders if starter not in (person, here.project.called(person)))
    if people:
        return people
    if holders:
        what = (
            f"only {holders[0]} holds the role {question.role}, and started this run: nobody agrees to a run of their"
            " own. Let somebody else start it, or name a deputy"
        )
    else:
        what = f"nobody holds the role {question.role} today. Name somebody under `people` in the project file"
    raise NotPermitted(f"project {here.project.name}: {what}, then start a new run", project=here.project.name)


def refuse_others_form(here: World, question: Question, people: tuple[str, ...]) -> None:
    """NotPermitted where this run's form is up already, and Airflow lets none of these people answer it.

    A form keeps the people it was first assigned to, whoever holds the role by now. A lasting one is
    assigned to nobody, so that anybody may try, and is judged by the answer alone.
    """
    entries = here.ledger.entries(here.project.name, kind="approval", run=here.run.name)
    first = next(
        (e for e in entries if e.payload.get("question") == question.name and e.payload["verdict"] == "asked"), None
    )
    if question.lasting or first is None or set(people) & set(first.payload["people"]):
        return
    raise NotPermitted(
        f"project {here.project.name}: {question.role} is held by other people than when this form was first shown, and"
        f" Airflow lets those alone answer it: {', '.join(map(here.project.called, first.payload['people']))}. Start a"
        f" new run of {here.run.dag_id}, which asks those of today",
        project=here.project.name,
    )


def refusal(here: World, question: Question, answer: Answer, before: Entry | None) -> str | None:
    """Why an answer to what was asked ``before`` does not count, in words; None if it does."""
    from golive.ledger import digest

    if answer.error == "timeout":
        return f"nobody answered within {here.project.limits.approval_hours} hours. {question.again}"
    if answer.error:
        return f"Airflow could not take the answer ({answer.error}): the task's log says why. Clear this task"
    if answer.person.lower() in NOBODY:
        return (
            "the answer has no name, because everybody is an administrator here (simple_auth_manager_all_admins). A"
            " door needs sign-ins of people: switch that off, then start a new run"
        )
    person = here.project.called(answer.person)
    holders = here.project.holders(question.role, here.today)
    if answer.person not in holders:
        must = " or ".join(map(here.project.called, holders)) or "somebody"
        return f"{person} answered, but {must} must ({question.role}). {question.again}"
    # Airflow keeps the name of who starts a run, and the id of who answers: in most sign-ins these differ.
    if here.run.started_by in (answer.person, answer.called):
        return (
            f"{person} started this run, and nobody agrees to a run of their own. Somebody else has to answer."
            f" {question.again}"
        )
    if not answer.reason:
        return f"{person} gave no reason. Clear this task to be asked again, and say why"
    # Whoever says no need not choose what they would have agreed to.
    wrong = _misfits(question.fields, answer.said) if answer.agrees else None
    if wrong:
        return f"{wrong}. Clear this task to be asked again"
    current = question.shown(here)
    now = None if current is None else current.evidence_hash or digest(current.evidence)
    if before is None or now != before.payload["evidence_hash"]:
        again = "Clear this task" if question.renewed else "Start a new run"
        return f"the evidence changed after the form was shown. {again}, which shows it anew"
    wrong = _misfits(current.fields, answer.said) if answer.agrees and current is not None else None
    return f"{wrong}. Clear this task to be asked again" if wrong else None


def _misfits(fields: Mapping[str, Param], said: Mapping[str, Any]) -> str | None:
    """What is wrong with the form's fields: Airflow lets every value pass over its API."""
    from copy import copy

    from airflow.sdk.exceptions import ParamValidationError

    for name, param in fields.items():
        # A default has to pass the schema, so an empty text or list is how a field says that nobody filled it in.
        if said.get(name, "") in ("", []):
            if param.schema.get("optional"):
                continue
            return f"the field {param.schema.get('title', name)!r} was not filled in"
        try:
            copy(param).resolve(said[name])
        except ParamValidationError:
            return f"the field {param.schema.get('title', name)!r} holds what it cannot: {said[name]!r}"
    return None
