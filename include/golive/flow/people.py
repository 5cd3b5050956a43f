"""The form on which a person answers, and the ledger entry that makes the answer count.

Airflow's form can be bypassed (a task marked as success runs what follows), its text stays old after a
clear, and its fields are not checked. So the form only asks: what counts is the entry written from the
answer's own event, and the tasks that act read that entry again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param

from golive.errors import NotPermitted
from golive.flow.rest import REASON
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry

# Who answers where everybody is an administrator without a name.
NOBODY = frozenset({"", "anonymous"})


@dataclass(frozen=True)
class Shown:
    """What a form is about: the evidence, and the text that explains it.

    ``evidence_hash`` is given where the ledger holds the evidence already; else it is stored as it is asked.
    """

    evidence: Mapping[str, Any]
    body: str
    evidence_hash: str | None = None


@dataclass(frozen=True)
class Question:
    """One question to one role.

    ``name`` is the ledger's word for it. ``shown`` gives what is asked about, anew each time it is
    called; None where there is nothing to ask. It may raise what ends the task. ``fields`` are asked for
    beside the reason; one that may stay empty has ``optional=True``. ``agreed`` is called with the answer
    once it is in the ledger, and only if it counts; again if Airflow lost that try. A ``lasting`` one
    belongs to its run alone: it waits as long as it takes, and after a no it is asked again by clearing
    its form, not by a new run.
    """

    name: str
    role: str
    subject: str
    doc: str
    shown: Callable[[World], Shown | None]
    fields: Mapping[str, Param] = field(default_factory=dict)
    agreed: Callable[[World, Entry], None] | None = None
    lasting: bool = False

    @property
    def again(self) -> str:
        """What leads to being asked again after an answer that ended it."""
        return "Clear this task" if self.lasting else "Start a new run"


class AskPeople(ApprovalOperator):
    """Ask the people who hold a role one question, and write down their answer.

    Approved, rejected, refused (the wrong person, nobody known, whoever started the run, no reason, too
    late, other evidence than was shown): each is an entry. All but approved fail the task, and with it
    the run. Where there is nothing to ask, nobody is asked. An answer whose task was lost after it was
    written stands: the next try finds it. Who clears the task is asked again.
    """

    def __init__(self, *, project: Project, question: Question, **kwargs: Any) -> None:
        self.project = project.name
        self.question = question
        role = project.people.get(question.role)
        people = dict.fromkeys((*role.holders, *role.deputies)) if role else {}
        reason = Param("", type="string", title="Reason", description="Why; it is kept in the ledger.")
        kwargs |= {
            "subject": f"{project.title or project.name}: {question.subject}",
            "body": "The evidence is being read from the ledger.",
            # The form's own fields alone: the run's parameters were handed in too, and are no question.
            "params": {**question.fields, REASON: reason},
            "assigned_users": [{"id": person, "name": project.called(person)} for person in people] or None,
            "response_timeout": None if question.lasting else timedelta(hours=project.limits.approval_hours),
            # For a try that Airflow lost, as it does where an answer is quicker than its scheduler.
            "retries": 1,
            "doc_md": question.doc,
        }
        super().__init__(**kwargs)

    def execute(self, context: Any) -> Any:
        """Put the evidence on the form, note in the ledger what was asked of whom, and wait."""
        from golive.flow.notes import tell
        from golive.flow.world import world
        from golive.ledger import digest

        with world(self.project) as here:
            shown = self.question.shown(here)
            if shown is None:
                self.log.info("There is nothing to ask.")
                return None
            people = _who(here, self.question)
            evidence_hash = shown.evidence_hash or digest(shown.evidence)
            before = asked(here, self.question.name)
            if before is not None and before.payload["evidence_hash"] != evidence_hash:
                raise NotPermitted(
                    f"project {self.project}: what this form asks has changed since it was first shown, and Airflow"
                    f" keeps the old text. Start a new run of {here.run.dag_id}, which asks anew",
                    project=self.project,
                )
            given = _given(here, self.question, evidence_hash) if _is_retry(context, self.retries) else None
            if given is not None:
                return self._agreed(here, given)
            self.body = f"{shown.body}\n\nEvidence `{evidence_hash}`"
            self.assigned_users = [{"id": person, "name": here.project.called(person)} for person in people]
            here.write(
                "approval",
                {
                    "question": self.question.name,
                    "role": self.question.role,
                    "verdict": "asked",
                    "evidence_hash": evidence_hash,
                    "people": list(people),
                },
                evidence=shown.evidence if shown.evidence_hash is None else None,
            )
            tell(here)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Write the answer, then let the run go on or fail it."""
        from golive.flow.notes import tell
        from golive.flow.world import world

        person = str((event.get("responded_by_user") or {}).get("id") or "")
        said = {name: value for name, value in (event.get("params_input") or {}).items() if value is not None}
        reason = str(said.pop(REASON, "")).strip()
        with world(self.project) as here:
            refused = _refusal(here, self.question, event, person, reason, said)
            chosen = event.get("chosen_options") or []
            verdict = "refused" if refused else "approved" if chosen == [self.APPROVE] else "rejected"
            question = asked(here, self.question.name)
            entry = here.write(
                "approval",
                {
                    "question": self.question.name,
                    "role": self.question.role,
                    "verdict": verdict,
                    "evidence_hash": question.payload["evidence_hash"] if question else "",
                    "comment": reason,
                    "answers": {name: _text(value) for name, value in said.items() if name in self.question.fields},
                    "answered_at": str(event.get("responded_at") or ""),
                    "reason": refused or "",
                },
                actor=person or "nobody",
            )
            if verdict == "approved":
                return self._agreed(here, entry)
            tell(here)
            if refused:
                raise NotPermitted(f"project {self.project}: {refused}", project=self.project)
            raise NotPermitted(
                f"project {self.project}: {here.project.called(person)} said no: {reason} (ledger entry {entry.seq})."
                f" Nothing was changed since the question. {self.question.again} when it may be asked again",
                project=self.project,
            )

    def _agreed(self, here: World, entry: Entry) -> dict[str, Any]:
        from golive.flow.notes import tell

        if self.question.agreed is not None:
            self.question.agreed(here, entry)
        tell(here)
        self.log.info("Agreed by %s, ledger entry %s.", entry.actor, entry.seq)
        return {"by": entry.actor, "entry": entry.seq}


def link(here: World) -> str:
    """Where the run's report stands in Airflow's UI."""
    from urllib.parse import quote

    return f"/golive/run/{quote(here.run.dag_id)}/{quote(here.run.run_id, safe='')}"


def asked(here: World, question: str) -> Entry | None:
    """The last time that this run asked a question."""
    return here.own("approval", question=question, verdict="asked")


def refuse_all_admins(here: World) -> None:
    """NotPermitted where Airflow makes everybody an administrator: no answer there is anybody's."""
    from airflow.configuration import conf

    if conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False):
        raise NotPermitted(
            f"project {here.project.name}: everybody is an administrator here (simple_auth_manager_all_admins), so no"
            " answer is anybody's. Switch that off and give people sign-ins of their own, then start a new run",
            project=here.project.name,
        )


def _is_retry(context: Any, retries: int) -> bool:
    """Whether Airflow tries again by itself, which is not so after a person cleared the task."""
    instance = context["ti"]
    return bool(instance.try_number > instance.max_tries - retries + 1)


def _given(here: World, question: Question, evidence_hash: str) -> Entry | None:
    """The approval of this evidence that this run's last try was given, if that was its answer."""
    last = here.own("approval", question=question.name)
    if last is None or last.payload["verdict"] != "approved" or last.payload["evidence_hash"] != evidence_hash:
        return None
    return last


def _who(here: World, question: Question) -> tuple[str, ...]:
    """Who may answer today; NotPermitted if nobody may."""
    refuse_all_admins(here)
    holders = here.project.holders(question.role, here.today)
    people = tuple(person for person in holders if person != here.run.started_by)
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


def _refusal(
    here: World, question: Question, event: dict[str, Any], person: str, reason: str, said: Mapping[str, Any]
) -> str | None:
    """Why an answer does not count, in words; None if it does."""
    from golive.ledger import digest

    if "error" in event:
        return f"nobody answered within {here.project.limits.approval_hours} hours. {question.again}"
    if person.lower() in NOBODY:
        return (
            "the answer has no name, because everybody is an administrator here (simple_auth_manager_all_admins). A"
            " door needs sign-ins of people: switch that off, then start a new run"
        )
    holders = here.project.holders(question.role, here.today)
    if person not in holders:
        must = " or ".join(map(here.project.called, holders)) or "somebody"
        return f"{here.project.called(person)} answered, but {must} must ({question.role}). {question.again}"
    if person == here.run.started_by:
        return (
            f"{here.project.called(person)} started this run, and nobody agrees to a run of their own. Somebody else"
            f" has to answer. {question.again}"
        )
    if not reason:
        return f"{here.project.called(person)} gave no reason. Clear this task to be asked again, and say why"
    wrong = _misfits(question, said)
    if wrong:
        return f"{wrong}. Clear this task to be asked again"
    before = asked(here, question.name)
    current = question.shown(here)
    now = None if current is None else current.evidence_hash or digest(current.evidence)
    if before is None or now != before.payload["evidence_hash"]:
        return "the evidence changed after the form was shown. Start a new run, which shows it anew"
    return None


def _misfits(question: Question, said: Mapping[str, Any]) -> str | None:
    """What is wrong with the form's fields: Airflow lets every value pass over its API."""
    from copy import copy

    from airflow.sdk.exceptions import ParamValidationError

    for name, param in question.fields.items():
        # A default has to pass the schema, so an empty text is how a field says that nobody filled it in.
        if said.get(name, "") == "":
            if param.schema.get("optional"):
                continue
            return f"the field {param.schema.get('title', name)!r} was not filled in"
        try:
            copy(param).resolve(said[name])
        except ParamValidationError:
            return f"the field {param.schema.get('title', name)!r} holds what it cannot: {said[name]!r}"
    return None


def _text(value: Any) -> Any:
    return value if isinstance(value, bool | int | str) else str(value)
