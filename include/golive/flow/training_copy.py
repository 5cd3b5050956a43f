"""The training copy as a task: of the passes that refresh it, and of the job that resets it for the next course."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import task

from golive.flow.stages.frame import carry_out

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.readiness import Outcome


def refreshed(project: str) -> str:
    """Make the training copy anew and keep who may see it; fails with everything that is missing."""
    return carry_out(project, _refresh)


@task
def reset_training_copy(project: str) -> str:
    """Make the training copy what the new system is now, masked: whatever people did in it is gone.

    If it fails, its message says why, and the copy is as it was; only where it names a login was the copy made,
    and somebody may see it whom nobody declared. Safe to clear: the copy is made as a whole or not at all.
    """
    return refreshed(project)


def _refresh(here: World) -> Outcome:
    from golive.flow.connections import database
    from golive.readiness.training_copy import refresh_training_copy

    declared = here.project.training_copy
    assert declared is not None  # else the task is not there
    training = database(declared.connection, here.project.timezone)
    return refresh_training_copy(here, training)
