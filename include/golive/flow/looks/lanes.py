"""A lane that neither ended nor was heard of: its process was killed, or it hangs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from golive.flow.incident import Incident

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project


def silent(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """Each lane that was last heard of longer ago than the project allows, by the target's own clock."""
    from golive.flow.connections import database

    target = database(project.target.connection, project.timezone)
    with target.session(read_only=True) as connection:
        found = target.state.silent(connection, project.name, project.limits.silent_minutes)
    for run, lane, table, doing, at in found:
        yield Incident(
            f"silent/{run}/{lane}/{at.isoformat()}",
            f"lane {lane} is silent",
            f"Lane {lane} of {run} was last heard of at {at.astimezone(UTC):%H:%M:%S} UTC, doing: {doing}."
            " Its process may have been killed, or it hangs.",
            "open the run in Airflow. If its task failed, clear it: it goes on behind the last checkpoint. If it"
            " still runs, look for a lock on the target, then mark it failed and clear it",
            table,
        )
