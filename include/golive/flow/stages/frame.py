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

from golive.errors import ChecksFailed
from golive.flow.alerts import on_failure
from golive.flow.defaults import default_args
from golive.flow.people import AskPeople
from golive.flow.projects import TAG
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
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
    from golive.flow.stages.closing import close_stage, sign_off
    from golive.flow.stages.opening import OpenStage

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
        default_args=default_args(project),
        on_failure_callback=on_failure,
        # The DAG file hands it on once it is whole: one that could not be built must not show.
        auto_register=False,
    ) as dag:
        opened = OpenStage(task_id="open_stage", project=project)
        yield dag
        own = [each for each in dag.tasks if each.task_id != opened.task_id]
        for each in own:
            if not each.upstream_task_ids:
                opened >> each
        # What only tells of the stage, as a teardown does, stands beside its way: nobody's word waits for it.
        way = [each for each in own if not each.is_teardown]
        last = [each for each in way if all(after.is_teardown for after in each.downstream_list)] or [opened]
        roles = declared.signers if signed else ()
        closed = close_stage.override(outlets=[completed(project.name, name)])(
            project.name, steps=[each.task_id for each in own if _is_look(each)], roles=list(roles)
        )
        if roles:
            forms = [
                AskPeople(task_id=f"sign_as_{role}", project=project, question=sign_off(role, declared))
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

    Ends as skipped once the stage is complete, and refuses in a run that did not open it; a dry run may
    look. Safe to clear: the newest look counts.
    """
    from golive.flow.guard import refuse_unopened, rehearses
    from golive.flow.notes import tell
    from golive.flow.world import world

    with world(project) as here:
        end_if_complete(here)
        if not rehearses():
            refuse_unopened(here)
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
