"""The freeze of a source: block every write, drain its writers, mark the position, prove it; watch, undo.

The order is the point. Only when every table refuses writes can the last writers be waited for, and
only when they are gone does a position mean "nothing changes after this". The proof comes last,
because it tries the very thing that must not work.

Nothing here writes to the ledger: the record that ``freeze`` gives is the caller's to keep.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from typing import Any

from golive.databases import Database
from golive.databases.freezing import FreezeState, Mark, Proof, RoleProof
from golive.errors import Busy, FreezeRefused, GoliveError

UNDO_SECONDS = 60
# After a failure somebody is waiting to hear of it; writes pass before the first of these is over.
UNDO_AFTER_FAILURE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Freeze:
    """What was stopped, when, at which position, the proofs, and what is not covered.

    ``source`` is the connection's name, ``since`` the time (UTC, ISO 8601) at which the block began.
    ``waited_for`` describes the writers that held it up, ``seconds`` is what this call took, rounded
    up. ``repaired`` is what was broken in a freeze that stood before and is set again by this one:
    rows may have changed in between, and the mark is new.
    """

    project: str
    source: str
    by: str
    since: str
    mark: Mark
    tables: tuple[str, ...]
    proof: Proof
    not_covered: tuple[str, ...]
    waited_for: tuple[str, ...]
    repaired: tuple[str, ...]
    seconds: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger: text, integers, lists and objects."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Freeze:
        """The freeze that ``as_dict`` wrote."""
        proof = plain["proof"]
        roles = tuple(RoleProof(**role) for role in proof["roles"])
        parts: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
        }
        parts["mark"] = Mark(**plain["mark"])
        parts["proof"] = Proof(roles, tuple(proof["not_probed"]), proof["catalogue"])
        return cls(**parts)


def freeze(database: Database, project: str, *, limit_seconds: int, by: str) -> Freeze:
    """Make the source read-only, prove it, and say how.

    ``by`` is whom people are told to ask when a write of theirs is refused. The steps together take
    no longer than ``limit_seconds`` and a few seconds for the last of them. Repeated, it completes
    what is missing and keeps what stands, the mark too while nothing was broken.

    Raises FreezeRefused, which names what is in the way. Then nothing is half done: all that was
    set is undone first, unless an older freeze stood already, which stays as it is. Any other error
    (a server that went away) undoes the same, as far as the server can still be reached.
    """
    started = time.monotonic()

    def left() -> int:
        return max(0, math.ceil(limit_seconds - (time.monotonic() - started)))

    act = database.freezing
    before: FreezeState | None = None
    mark: Mark | None = None
    repaired: list[str] = []
    waited: list[str] = []
    try:
        with database.session() as connection:
            act.alone(connection, limit_seconds=limit_seconds)
            before = act.frozen_state(connection)
            if _complete(before, project) and before.mark is not None:
                repaired = act.watch(connection, project=project, mark=before.mark)
                mark = None if repaired else before.mark
            while True:
                block = act.block(connection, project=project, by=by, limit_seconds=left())
                waited += [*block.waited_for, *act.drain(connection, limit_seconds=left())]
                # A writer that has just ended may have left a table that nobody could see before.
                if act.frozen_state(connection).frozen:
                    break
            mark = mark or act.mark(connection)
            proof = act.prove(connection, limit_seconds=left())
            broken = act.watch(connection, project=project, mark=mark)
            if broken:
                raise FreezeRefused(f"the freeze did not stand while it was proven: {'; '.join(broken)}")
    except BaseException as error:
        if before is not None:
            _tell(error, project, _afterwards(database, project, before, mark))
        raise
    seconds = math.ceil(time.monotonic() - started)
    return Freeze(
        project, database.name, block.by, block.since, mark, block.tables, proof, block.not_covered,
        tuple(dict.fromkeys(waited)), tuple(repaired), seconds,
    )


def watch(database: Database, frozen: Freeze) -> list[str]:
    """What is no longer as it was when the freeze was marked; empty while it stands.

    Reads only, and only the catalogue: quick enough for every minute and before every commit.
    """
    with database.session(read_only=True) as connection:
        return database.freezing.watch(connection, project=frozen.project, mark=frozen.mark)


def unfreeze(database: Database, project: str, *, limit_seconds: int = UNDO_SECONDS) -> list[str]:
    """Open the source again and take away all that the freeze set; says what it did, in order.

    Writes pass from the first moment; the rest is waited for. Empty if nothing stood. Raises
    FreezeRefused if the freeze is another project's, and Busy if a long reader keeps remains,
    which have no effect any more, from being removed: run it again later.
    """
    with database.session() as connection:
        database.freezing.alone(connection, limit_seconds=limit_seconds)
        return database.freezing.unblock(connection, project=project, limit_seconds=limit_seconds)


def standing(database: Database) -> FreezeState:
    """What stands in the database now, whether or not the ledger knows of it. Reads only."""
    with database.session(read_only=True) as connection:
        return database.freezing.frozen_state(connection)


def _complete(state: FreezeState, project: str) -> bool:
    return state.project == project and state.refusing and state.mark is not None


def _afterwards(database: Database, project: str, before: FreezeState, mark: Mark | None) -> str:
    """Undo what a failed freeze has set, in a session of its own, and say what became of the source."""
    if before.project not in (None, project):
        return "Nothing was changed"
    if _complete(before, project):
        return "The freeze that stood before was left standing"
    try:
        with database.session() as connection:
            database.freezing.alone(connection, limit_seconds=UNDO_SECONDS)
            now = database.freezing.frozen_state(connection)
            if _complete(now, project) and now.mark != mark:
                return "Another run has frozen the source meanwhile, and that freeze stands"
            database.freezing.unblock(connection, project=project, limit_seconds=UNDO_AFTER_FAILURE_SECONDS)
    except Busy as busy:
        return f"It is not undone to the end: {busy.message}"
    except Exception as failed:  # whatever it is, it must not hide why the freeze failed
        return f"It could not be undone ({failed}): run golive unfreeze {project}"
    return "All that was set is undone: writes pass"


def _tell(error: BaseException, project: str, what: str) -> None:
    """Add to the error what became of the source, for whoever reads it has to decide on that."""
    if isinstance(error, GoliveError):
        error.project = project
        error.message = f"{error.message}. {what}"
        error.args = (error.message,)
    else:
        error.add_note(what)
