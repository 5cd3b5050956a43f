"""Whose the DAGs are once everything is over: as the project file was agreed to say by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.readiness.asked import holders
from golive.readiness.site import Outcome

if TYPE_CHECKING:
    from golive.readiness.site import Papers


def check_owner(site: Papers) -> Outcome:
    """The file's `owner`, which Airflow shows on every DAG, is the one to whom they are handed over."""
    project = site.project
    agreed = project.support.hand_over
    if agreed is None:
        return Outcome(f"The DAGs belong to {project.owner}; to whom they are handed over is not declared.")
    if project.owner == agreed.to:
        return Outcome(f"The DAGs belong to {project.owner}, to whom they were to be handed over.")
    return Outcome(
        f"The DAGs belong to {project.owner}, and are handed over to {agreed.to}.",
        missing=(
            f"the DAGs still belong to {project.owner}. {holders(site, 'lead')}: write `owner: {agreed.to}` in the"
            " project file, then clear check_owner",
        ),
    )
