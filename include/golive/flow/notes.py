"""What a run waits for, in one sentence, as the note of the run: people read it where they look at the run.

A task cannot set the note by itself, so it is set over Airflow's own API, by the user of the connection
``golive_airflow`` (host, port, login, password). Without that connection the note stays empty; the same
sentence stands in ``golive status`` and on the run's page. A note is a courtesy: nothing fails with it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golive.flow.world import World

AIRFLOW = "golive_airflow"
LONGEST = 1000
# How long each of the two requests may take.
SECONDS = 3.0

log = logging.getLogger(__name__)


def tell(here: World) -> None:
    """Set the note of this run to what its stage waits for now."""
    from golive.readiness.stages import sentence

    if here.project.stage(here.stage) is None:
        return
    try:
        set_note(here.run.dag_id, here.run.run_id, sentence(here.ledger, here.project, here.stage))
    except Exception:
        # Of whatever kind: the sentence stands in the ledger's status all the same.
        log.warning("The note of %s could not be set", here.run.name, exc_info=True)


def set_note(dag_id: str, run_id: str, note: str) -> None:
    """Replace a run's note; does nothing without the connection."""
    from golive.flow.connections import find
    from golive.flow.rest import Rest

    found = find(AIRFLOW)
    if found is None:
        return
    host = found.host or "127.0.0.1"
    url = host if "://" in host else f"{found.schema or 'http'}://{host}{f':{found.port}' if found.port else ''}"
    # One try: a task must not wait for a note.
    with Rest(url, found.login or "", found.password or "", timeout=SECONDS, reconnect_within=0) as rest:
        rest.set_note(dag_id, run_id, note[:LONGEST])
