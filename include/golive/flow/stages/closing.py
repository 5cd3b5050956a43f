"""How a stage closes: every step found what it needs, and every role has signed exactly that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, task
from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import ChecksFailed
from golive.flow.people import Question, Shown, asked, link
from golive.flow.stages.frame import GOING_LIVE, end_if_complete
from golive.readiness import checklist

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.project.roadmap import Stage

# Stages whose project file may change while they go on: what the final migration has done is bound by its freeze,
# and support hands the DAGs over by a new `owner` in the file.
CHANGING = (GOING_LIVE, "support")


@task
def close_stage(project: str, steps: list[str], roles: list[str]) -> str:
    """Close the stage: every step found what it needs, and every role has signed exactly that.

    Reads the ledger, not the colours: a task or a form that was marked as success counts for nothing.
    If it fails, its message lists what is missing; clear the tasks that it names. The stage's event
    starts the next one.
    """
    from golive.flow.guard import rehearses
    from golive.flow.notes import tell
    from golive.flow.world import world

    if rehearses():
        raise AirflowSkipException("a dry run closes nothing")
    with world(project) as here:
        end_if_complete(here)
        # Read once: what is stored is exactly what was held against the signatures.
        evidence = evidence_of(here)
        missing = [*_unopened(here), *_undone(here, steps), *_moved(here), *_unsigned(here, roles, evidence)]
        if missing:
            raise ChecksFailed(
                f"project {project}: the stage {here.stage} cannot close:\n"
                + "\n".join(f"- {each}" for each in missing),
                project=project,
            )
        entry = here.write("stage", {"state": "closed", "reason": ""}, evidence=evidence)
        tell(here)
        return f"complete, ledger entry {entry.seq}"


def sign_off(role: str, stage: Stage) -> Question:
    """A role's word on everything that the stage found in this run, with a box for each item of its checklist."""
    # A box that nobody ticked is an answer: whether the stage may close with it is for close_stage to say.
    boxes = {
        checklist.field(item): Param(
            False, type="boolean", optional=True, title=item.what + ("" if item.mandatory else " (may stay open)")
        )
        for item in stage.checklist
    }
    return Question(f"sign_off/{role}", role, f"is {stage.shown} complete?", _SIGN_DOC, _found, fields=boxes)


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
    items = "".join(f"\n- {item['what']}" for item in evidence["checklist"])
    body = (
        f"You confirm that the stage **{stage_.shown}** of **{here.project.title or here.project.name}** is complete."
        f" This was found:\n\n{lines}\n\n"
        + (f"Tick what is done, by your word:\n{items}\n\n" if items else "")
        + "Approve closes the stage once everybody has signed, and the next one begins. Reject ends this run; nothing"
        f" moves on.\n\n[Everything that was found]({link(here)})"
    )
    return Shown(evidence, body)


def _unopened(here: World) -> Iterator[str]:
    if here.own("stage", state="opened") is None:
        yield "this run did not open the stage: open_stage was marked as success. Clear it"


def _undone(here: World, steps: list[str]) -> Iterator[str]:
    for name in steps:
        step = here.own("step", task=name)
        if step is None:
            yield f"{name} wrote nothing in this run: it was marked as success or skipped. Clear it"
        elif here.stage not in CHANGING and step.project_hash != here.project_hash:
            yield f"{name} looked at another project file than stands now. Clear it, or start a new run"
        else:
            yield from (f"{name}: {line}" for line in step.payload["missing"])


def _moved(here: World) -> Iterator[str]:
    """The mapping that this run froze may have changed while people signed."""
    from golive.readiness.mapping import changed

    frozen = here.own("mapping", state="frozen")
    if frozen is not None:
        yield from (f"freeze_mapping: {line}. Put it back, or start a new run" for line in changed(here, frozen))


def _unsigned(here: World, roles: list[str], evidence: Mapping[str, Any]) -> Iterator[str]:
    from golive.ledger import approval, digest

    evidence_hash = digest(evidence)
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
    yield from checklist.unticked(here.ledger, here.project, here.stage, here.run.name, roles, evidence_hash)


_SIGN_DOC = """Asks a role whether the stage is complete. It waits for a person: Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, had no reason, or what was found
changed: its message says which. Marking it as success signs nothing: close_stage reads the ledger. What has a
box on the form counts once somebody who signs has ticked it; to tick it later, clear this task."""
