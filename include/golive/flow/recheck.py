"""The standing look at the old system's data, from pre-work until the freeze."""

from __future__ import annotations

from airflow.sdk import task

from golive.flow.stages.frame import carry_out


@task
def recheck_clean_up(project: str) -> str:
    """Counts the defects of every clean-up rule again; what came back re-opens its issue, what is gone closes it.

    If it fails, the query of a rule cannot be asked: its message names the rule and its owner. Safe to clear; it
    only reads the old system.
    """
    from golive.readiness.clean_up import recheck

    return carry_out(project, recheck)
