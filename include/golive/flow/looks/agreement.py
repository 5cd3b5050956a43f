"""A Success Agreement that no longer says what is so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from golive.flow.escalation import DRIFT
from golive.flow.incident import Incident, hash_of

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project

# Changes of one day are told together, with what else has changed by then.
_TOLD_AGAIN = timedelta(days=1)
_NAMED = 10


def drifted(project: Project, book: Ledger, now: datetime) -> Iterator[Incident]:
    """What has changed since the agreement was signed, told once for each change and at most once a day; and its end.

    From the end of the stage that signs it until the new system opens. The stage's sentence says the
    same: it reads what was told here.
    """
    from golive.flow.connections import database
    from golive.flow.world import Run, World
    from golive.project.files import loaded
    from golive.readiness.agreement import drift, drift_told, in_force, is_over

    signed = in_force(book, project.name)
    if signed is None:
        return
    changed = drift(
        World(
            project,
            database(project.source.connection, project.timezone),
            database(project.target.connection, project.timezone),
            book,
            Run(f"{project.name}.watchdog", "", manual=False),
            loaded(project.name)[1],
        )
    )
    version, last = signed.payload["version"], drift_told(book, signed)
    stands = last is not None and not is_over(last)
    if not changed:
        if last is not None and stands:
            yield Incident(
                f"{DRIFT}over/{last.seq}",
                "the Success Agreement holds again",
                f"What version {version} of the Success Agreement says is so again.",
                "nothing",
            )
        return
    hashed = hash_of(" ".join(changed))
    if last is not None and stands and (now - last.at < _TOLD_AGAIN or str(last.once).endswith(f"/{hashed}")):
        return
    more = f"; and {len(changed) - _NAMED} lines more" if len(changed) > _NAMED else ""
    yield Incident(
        f"{DRIFT}{last.seq if last is not None else signed.seq}/{hashed}",
        "the Success Agreement no longer holds",
        f"Version {version} of the Success Agreement was signed, and since then changed:"
        f" {'; '.join(changed[:_NAMED])}{more}.",
        f"put it back as it was agreed, or start {project.name}.reschedule with a reason: everybody agrees anew, and a"
        " new version is written",
    )
