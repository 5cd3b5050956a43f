"""The form on which a person answers, and the ledger entry that makes the answer count.

Airflow's form can be bypassed (a task marked as success runs what follows), its text stays old after a
clear, and its fields are not checked. So the form only asks: what counts is the entry written from the
answer's own event, and the tasks that act read that entry again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict

from golive.errors import NotPermitted
from golive.flow.judging import Answer, refusal, refuse_others_form, who
from golive.flow.rest import REASON
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry


@dataclass(frozen=True)
class Shown:
    """What a form is about: the evidence, and the text that explains it.

    ``evidence_hash`` is given where the ledger holds the evidence already; else it is stored as it is asked.
    ``fields`` are those of the question's whose choices only the evidence knows.
    """

    evidence: Mapping[str, Any]
    body: str
    evidence_hash: str | None = None
    fields: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """One question to one role.

    ``name`` is the ledger's word for it. ``shown`` gives what is asked about, anew each time it is
    called; None where there is nothing to ask. It may raise what ends the task. ``fields`` are asked for
    beside the reason; one that may stay empty has ``optional=True``. ``agreed`` is called with the answer
    once it is in the ledger, and only if it counts; again if Airflow lost that try. A ``lasting`` one
    belongs to its run alone: it waits as long as it takes, and after a no it is asked again by clearing
    its form, not by a new run. A ``renewed`` one may be asked again in the same run about other evidence:
    its text has to say so, for Airflow keeps the text that was shown first.
    """

    name: str
    role: str
    subject: str
    doc: str
    shown: Callable[[World], Shown | None]
    fields: Mapping[str, Param] = field(default_factory=dict)
    agreed: Callable[[World, Entry], None] | None = None
    lasting: bool = False
    renewed: bool = False

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
        kwargs |= {
            "subject": f"{project.title or project.name}: {question.subject}",
            "body": "The evidence is being read from the ledger.",
            # The form's own fields alone: the run's parameters were handed in too, and are no question.
            "params": {**question.fields, REASON: _reason()},
            "assigned_users": _assigned(project, question, people),
            "response_timeout": None if question.lasting else timedelta(hours=project.limits.approval_hours),
            # For a try that Airflow lost, as it does where an answer is quicker than its scheduler.
            "retries": 1,
            "doc_md": question.doc,
        }
        super().__init__(**kwargs)

    def refuse(self, here: World) -> None:
        """NotPermitted where this run may ask nobody; a dry run's questions say themselves what they ask."""
        from golive.flow.guard import refuse_unopened, rehearses

        if not rehearses():
            refuse_unopened(here)

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
            refuse_used_name(here)
            self.refuse(here)
            people = who(here, self.question)
            refuse_others_form(here, self.question, people)
            evidence_hash = shown.evidence_hash or digest(shown.evidence)
            before = asked(here, self.question.name)
            changed = before is not None and before.payload["evidence_hash"] != evidence_hash
            if changed and not self.question.renewed:
                raise NotPermitted(
                    f"project {self.project}: what this form asks has changed since it was first shown, and Airflow"
                    f" keeps the old text. Start a new run of {here.run.dag_id}, which asks anew",
                    project=self.project,
                )
            given = _given(here, self.question, evidence_hash) if _is_retry(context, self.retries) else None
            if given is not None:
                return self._agreed(here, given)
            self.body = f"{shown.body}\n\nEvidence `{evidence_hash}`"
            self.params = ParamsDict({**self.question.fields, **shown.fields, REASON: _reason()})
            self.assigned_users = _assigned(here.project, self.question, people) or []
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

        answer = Answer.of(event)
        person, reason = answer.person, answer.reason
        with world(self.project) as here:
            question = asked(here, self.question.name)
            refused = refusal(here, self.question, answer, question)
            verdict = "refused" if refused else "approved" if answer.agrees else "rejected"
            entry = here.write(
                "approval",
                {
                    "question": self.question.name,
                    "role": self.question.role,
                    "verdict": verdict,
                    "evidence_hash": question.payload["evidence_hash"] if question else "",
                    "comment": reason,
                    "answers": {
                        name: _text(value) for name, value in answer.said.items() if name in self.question.fields
                    },
                    "answered_at": answer.at,
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


def airflow_url() -> str:
    """Where people find Airflow, as it is configured; empty where that is not said."""
    from airflow.configuration import conf

    return str(conf.get("api", "base_url", fallback="")).rstrip("/")


def asked(here: World, question: str) -> Entry | None:
    """The last time that this run asked a question."""
    return here.own("approval", question=question, verdict="asked")


def refuse_used_name(here: World) -> None:
    """NotPermitted in a run whose name another had before it was deleted: that one's answers are not this one's."""
    entry = here.write("run", {"made": here.run.made}, once=f"run/{here.run.name}")
    if entry.payload["made"] != here.run.made:
        raise NotPermitted(
            f"project {here.project.name}: a run of the name {here.run.run_id} is in the ledger since"
            f" {entry.at:%Y-%m-%d %H:%M} UTC (entry {entry.seq}), and this is another one. What was found and answered"
            f" then does not count for it. Start a new run of {here.run.dag_id} under a name of its own",
            project=here.project.name,
        )


def _assigned(project: Project, question: Question, people: Iterable[str]) -> list[Any] | None:
    """Whom Airflow lets answer: of a lasting question everybody, for it would never let in who gets the role later."""
    return None if question.lasting else [{"id": person, "name": project.called(person)} for person in people] or None


def _reason() -> Param:
    return Param("", type="string", title="Reason", description="Why; it is kept in the ledger.")


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


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(each) for each in value]
    return value if isinstance(value, bool | int | str) else str(value)
