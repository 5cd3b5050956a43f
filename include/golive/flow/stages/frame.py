"""The frame of every stage: it opens on evidence, does its work, waits for its people, and closes on evidence.

``stage`` makes the DAG; the DAG file puts the stage's own tasks in. Around them stand ``open_stage``, a
form for each role that signs, and ``close_stage``. Each reads the ledger again when it acts: a task that
was marked as success has written nothing, so what follows it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pendulum
from airflow.sdk import DAG, Asset, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import ChecksFailed, NotPermitted
from golive.flow.alerts import on_failure
from golive.flow.defaults import DEFAULT_ARGS
from golive.flow.people import AskPeople, Question, Shown, asked, link
from golive.flow.projects import TAG
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry
    from golive.readiness import Outcome

# Who may let a stage open although one before it is not complete.
WAIVED_BY = "sponsor"
WAIVE = "waive"
GOING_LIVE = "final_migration"


def completed(project: str, stage: str) -> Asset:
    """The event that a stage is complete; a hint to its successor, never a proof."""
    return Asset(name=f"{project}.{stage}.complete", uri=f"golive://{project}/{stage}/complete", group="golive-stage")


@contextmanager
def stage(
    project: Project, name: str, doc: str | None, *, params: Mapping[str, Param] | None = None, signed: bool = True
) -> Iterator[DAG]:
    """The DAG <project>.<name>; tasks made in the block become the stage's own, between opening and signing.

    A stage without predecessors, and one that people start, has no schedule; any other starts at the
    event of those before it. With ``signed`` False the block makes its own forms, and close_stage asks
    for none.
    """
    declared = project.stage(name)
    assert declared is not None
    before = project.before(name)
    waive = Param(False, type="boolean", description="Ask to open although a stage before it is not complete.")
    with DAG(
        dag_id=f"{project.name}.{name}",
        dag_display_name=f"{project.title or project.name}: {declared.shown}",
        doc_md=doc,
        schedule=[completed(project.name, each) for each in before] if before and not declared.starts_by_hand else None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        params={**(params or {}), WAIVE: waive},
        tags=[TAG, project.name, name],
        default_args=DEFAULT_ARGS,
        on_failure_callback=on_failure,
    ) as dag:
        opened = OpenStage(task_id="open_stage", project=project)
        yield dag
        own = [each for each in dag.tasks if each.task_id != opened.task_id]
        for each in own:
            if not each.upstream_task_ids:
                opened >> each
        last = [each for each in own if not each.downstream_task_ids] or [opened]
        roles = declared.signers if signed else ()
        closed = close_stage.override(outlets=[completed(project.name, name)])(
            project.name, steps=[each.task_id for each in own if _is_look(each)], roles=list(roles)
        )
        if roles:
            forms = [
                AskPeople(task_id=f"sign_as_{role}", project=project, question=sign_off(role, declared.shown))
                for role in roles
            ]
            for form in forms:
                last >> form
            forms >> closed
        else:
            last >> closed


def look(function: Callable[..., Any]) -> Any:
    """A task of a stage that looks at one thing: ``function(project)`` gives ``carry_out``'s result.

    close_stage asks for what it wrote: a look that was marked as success keeps the stage open.
    """
    function.is_look = True  # type: ignore[attr-defined]
    return task(function)


def _is_look(operator: Any) -> bool:
    return bool(getattr(getattr(operator, "python_callable", None), "is_look", False))


def carry_out(project: str, seek: Callable[[Any], Outcome]) -> str:
    """Look, write what was found into the ledger, and fail with every missing thing in words.

    Ends as skipped once the stage is complete. Safe to clear: the newest look counts.
    """
    from golive.flow.notes import tell
    from golive.flow.world import world

    with world(project) as here:
        end_if_complete(here)
        outcome = seek(here)
        write_outcome(here, outcome)
        tell(here)
        if outcome.missing:
            raise ChecksFailed(
                f"project {project}, {here.stage}: {outcome.says}\n"
                + "\n".join(f"- {line}" for line in outcome.missing),
                project=project,
            )
        return outcome.says


def write_outcome(here: World, outcome: Outcome) -> None:
    """Every record of a look, and then the step itself, which says that they are all there."""
    from airflow.sdk import get_current_context

    for record in outcome.records:
        here.write(record.kind, record.payload, evidence=record.evidence)
    here.write(
        "step",
        {
            "task": get_current_context()["ti"].task_id,
            "says": outcome.says,
            "missing": list(outcome.missing),
        },
    )


def end_if_complete(here: World) -> None:
    """End a task as skipped, and with it the run green, once its stage is complete.

    The final migration is over for every other run as soon as one has begun to open the new system.
    """
    from golive.ledger import opened
    from golive.readiness.stages import complete

    entry = complete(here.ledger, here.project.name, here.stage)
    if entry is None and here.stage == GOING_LIVE:
        opening = opened(here.ledger, here.project.name)
        entry = opening if opening is not None and opening.run != here.run.name else None
    if entry is not None:
        raise AirflowSkipException(
            f"the stage {here.stage} is over since {entry.at:%Y-%m-%d %H:%M} UTC (ledger entry {entry.seq}):"
            " nothing is left to do"
        )


class OpenStage(AskPeople):
    """Open the stage once every stage before it is complete; otherwise refuse, or ask for a waiver.

    Ends as skipped if the stage is complete already; a dry run opens nothing, and only looks. A waiver is
    asked for only if the run was started with ``waive``; it is given by name and with a reason, for this
    project alone.
    """

    def __init__(self, *, project: Project, **kwargs: Any) -> None:
        super().__init__(
            project=project,
            question=Question("waive", WAIVED_BY, "open before its time?", _OPEN_DOC, _unmet, agreed=_waive),
            **kwargs,
        )

    def execute(self, context: Any) -> Any:
        """Open, refuse, or ask."""
        given = super().execute(context)  # does not come back where it asks
        self._open()
        return given

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Open with the waiver."""
        given = super().execute_complete(context, event)
        self._open()
        return given

    def _open(self) -> None:
        from airflow.sdk import get_current_context

        from golive.flow.notes import tell
        from golive.flow.world import world

        if get_current_context()["params"].get("dry_run"):
            return  # it looks ahead, and begins nothing
        if _is_rehearsal():
            return
        with world(self.project) as here:
            here.write("stage", {"state": "opened", "reason": ""})
            tell(here)


@task
def close_stage(project: str, steps: list[str], roles: list[str]) -> str:
    """Close the stage: every step found what it needs, and every role has signed exactly that.

    Reads the ledger, not the colours: a task or a form that was marked as success counts for nothing.
    If it fails, its message lists what is missing; clear the tasks that it names. The stage's event
    starts the next one.
    """
    from golive.flow.notes import tell
    from golive.flow.world import world

    if _is_rehearsal():
        raise AirflowSkipException("a dry run closes nothing")
    with world(project) as here:
        end_if_complete(here)
        missing = [*_unopened(here), *_undone(here, steps), *_unsigned(here, roles)]
        if missing:
            raise ChecksFailed(
                f"project {project}: the stage {here.stage} cannot close:\n"
                + "\n".join(f"- {each}" for each in missing),
                project=project,
            )
        evidence = evidence_of(here)
        entry = here.write("stage", {"state": "closed", "reason": ""}, evidence=evidence)
        tell(here)
        return f"complete, ledger entry {entry.seq}"


def sign_off(role: str, shown: str) -> Question:
    """A role's word on everything that the stage found in this run."""
    return Question(f"sign_off/{role}", role, f"is {shown} complete?", _SIGN_DOC, _found)


def evidence_of(here: World) -> dict[str, Any]:
    """What this run's stage found, as it stands last, and its checklist; equal as long as nothing decisive changes."""
    from golive.readiness import evidence

    return evidence.evidence_of(here.ledger, here.project, here.stage, here.run.name)


def _found(here: World) -> Shown:
    end_if_complete(here)
    evidence = evidence_of(here)
    stage_ = here.project.stage(here.stage)
    assert stage_ is not None
    steps = [each["payload"] for each in evidence["found"] if each["kind"] == "step"]
    lines = "\n".join(f"- {step['says']}" for step in steps) or "- This stage has no steps of its own."
    checklist = "".join(f"\n- {item['what']}" for item in evidence["checklist"])
    body = (
        f"You confirm that the stage **{stage_.shown}** of **{here.project.title or here.project.name}** is complete."
        f" This was found:\n\n{lines}\n\n"
        + (f"And by your word this is done:\n{checklist}\n\n" if checklist else "")
        + "Approve closes the stage once everybody has signed, and the next one begins. Reject ends this run; nothing"
        f" moves on.\n\n[Everything that was found]({link(here)})"
    )
    return Shown(evidence, body)


def _unmet(here: World) -> Shown | None:
    from golive.readiness.stages import unmet

    end_if_complete(here)
    before = unmet(here.ledger, here.project, here.stage)
    if not before:
        return None
    shown = {each.name: each.shown for each in here.project.stages}
    names = " and ".join(shown[name] for name in before)
    stage_ = shown[here.stage]
    if not _asks_for_waiver():
        raise NotPermitted(
            f"project {here.project.name}: {stage_} waits for {names}, which is not complete. Complete that first, or"
            f" start a new run with `{WAIVE}`, which asks a {WAIVED_BY} to open it all the same",
            project=here.project.name,
        )
    body = (
        f"**{stage_}** is to begin although **{names}** is not complete. If you approve, {names} counts as complete for"
        " this project from now on, in your name and for the reason that you give. What it would have found is not"
        f" looked at again.\n\n[The roadmap as it stands]({link(here)})"
    )
    return Shown({"project": here.project.name, "stage": here.stage, "unmet": before}, body)


def _asks_for_waiver() -> bool:
    from airflow.sdk import get_current_context

    return bool(get_current_context()["params"].get(WAIVE))


def _is_rehearsal() -> bool:
    from airflow.sdk import get_current_context

    return bool(get_current_context()["params"].get("dry_run"))


def _waive(here: World, answer: Entry) -> None:
    from golive.readiness.stages import unmet

    for name in unmet(here.ledger, here.project, here.stage):
        here.write("stage", {"state": "waived", "reason": answer.payload["comment"]}, actor=answer.actor, stage=name)


def _unopened(here: World) -> Iterator[str]:
    if here.own("stage", state="opened") is None:
        yield "this run did not open the stage: open_stage was marked as success. Clear it"


def _undone(here: World, steps: list[str]) -> Iterator[str]:
    for name in steps:
        step = here.own("step", task=name)
        if step is None:
            yield f"{name} wrote nothing in this run: it was marked as success or skipped. Clear it"
        else:
            yield from (f"{name}: {line}" for line in step.payload["missing"])


def _unsigned(here: World, roles: list[str]) -> Iterator[str]:
    from golive.ledger import approval, digest

    evidence_hash = digest(evidence_of(here))
    for role in roles:
        question = f"sign_off/{role}"
        signed = approval(here.ledger, here.project.name, here.run.name, evidence_hash, question)
        if signed is None:
            shown = asked(here, question)
            void = shown is not None and shown.payload["evidence_hash"] != evidence_hash
            yield (
                f"the word of {role} is void: what was found changed after it was given. Start a new run"
                if void
                else f"no sign-off of {role} stands in the ledger. Clear sign_as_{role}"
            )
        elif signed.actor not in here.project.holders(role, here.today):
            yield f"{here.project.called(signed.actor)} signed as {role}, but does not hold that role today"


_OPEN_DOC = """Opens the stage once every stage before it is complete.

If it fails, its message names the stage that is not: complete that one first. With `waive` it asks a
sponsor instead, who gives a reason; their name and reason stand in the ledger. Ends green at once if this
stage is complete already."""
_SIGN_DOC = """Asks a role whether the stage is complete. It waits for a person: Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, had no reason, or what was found
changed: its message says which. Marking it as success signs nothing: close_stage reads the ledger."""
