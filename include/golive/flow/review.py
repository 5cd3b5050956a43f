"""The task that draws the rows that people review."""

from __future__ import annotations

from airflow.sdk import task

from golive.flow.stages.frame import carry_out


@task
def draw_work_lists(project: str) -> str:
    """Draws the rows of every table that people review, and gives them to the departments whose they are.

    If it fails, a table could not be read, or so many of its rows would have to be looked at that it needs a quota:
    its message says which; the others were drawn. Safe to clear: it only reads, and draws the same rows again.
    """
    from golive.readiness.review import draw_work_lists

    return carry_out(project, draw_work_lists)
