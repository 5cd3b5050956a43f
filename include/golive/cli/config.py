"""``golive config``: configuration areas beside production, copied by hand, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from golive.cli.common import database, errors_as_sentences, ledger, say
from golive.errors import ChecksFailed, GoliveError

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.ledger import Ledger
    from golive.plan import Plan
    from golive.project import Project

app = typer.Typer(help="Configuration that was made ahead: compared with production, copied, taken back.")

Name = Annotated[str, typer.Argument(help="The project.")]
By = Annotated[str, typer.Option(help="Who decided it.")]


@app.command()
def plan(project: Name) -> None:
    """Say what a copy of each area would do, and what speaks against it. Changes nothing, and shows no value."""
    from golive.readiness.configuration import compared, in_words, objections

    console = Console(highlight=False)
    with errors_as_sentences(), _desk(project) as desk:
        against = 0
        for name, found in compared(desk).items():
            say(console, f"{name}: {in_words(found)}; made ahead as {found.snapshot[:12]}")
            for table in found.tables:
                one = table.difference
                columns = "".join(f", {count} of {column}" for column, count in one.columns.items())
                counts = f"{one.inserted} inserted, {one.updated} updated, {one.removed} removed"
                say(console, f"  {table.table}: {counts}, {one.unchanged} unchanged{columns}")
            for line in objections(desk.project, found):
                against += 1
                say(console, f"  against it: {line}", "red")
    if against:
        raise typer.Exit(1)


@app.command()
def copy(project: Name, by: By) -> None:
    """Copy every confirmed area now, as the final migration does; note it in the ledger."""
    from golive.readiness.config_night import copy_configuration
    from golive.readiness.mapping import refuse_another

    console = Console(highlight=False)
    with errors_as_sentences(), _desk(project) as desk:
        if not by.strip():
            raise GoliveError("whoever copies configuration says who they are. Right: --by NAME")
        refuse_another(desk)
        # At once: what a later area breaks off at does not lose what was written before it.
        outcome = copy_configuration(desk, _guard(desk), lambda record: desk.note(dict(record.payload), by))
        say(console, outcome.says)
        if outcome.missing:
            raise ChecksFailed("\n".join(outcome.missing), project=project)


@app.command()
def undo(
    project: Name,
    area: Annotated[str, typer.Argument(help="The configuration area.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why.")],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite rows of production that changed since the copy, too.")
    ] = False,
) -> None:
    """Put production back as it was before an area was copied, row for row; note it in the ledger.

    Refused once the new system is open, while an area that depends on this one stands copied, and where rows
    changed since, unless that is forced.
    """
    from golive.config_copy import undo_area
    from golive.readiness.config_night import THERE, UNDONE

    console = Console(highlight=False)
    with errors_as_sentences(), _desk(project) as desk:
        if not by.strip() or not reason.strip():
            raise GoliveError("whoever takes a copy back says who they are and why. Right: --by NAME --reason WHY")
        said = undo_area(desk.project, area, desk.target, forced=force, guard=_guard(desk))
        last = [
            entry.payload["state"]
            for entry in desk.ledger.latest(project, "config_copy", by=("area",))
            if entry.payload["area"] == area
        ]
        # A try that was lost after it was done has still to be noted.
        if not said and not set(last) & set(THERE):
            say(console, f"{area}: no copy of it stands, so nothing was taken back.")
            return
        desk.note({"area": area, "state": UNDONE, "reason": reason, "forced": force, "did": said}, by)
        for line in said:
            say(console, line)
        say(
            console, f"{area}: production is as it was before the copy. A re-run of copy_configuration copies it again."
        )


@dataclass(frozen=True)
class _Desk:
    """A project as one command works on it; its databases are Airflow's connections, out of the environment."""

    project: Project
    source: Database
    target: Database
    staging: Database | None
    ledger: Ledger
    run_name: str
    stage: str = "config_copy"

    @property
    def today(self) -> date:
        return datetime.now(ZoneInfo(self.project.timezone)).date()

    @cached_property
    def plan(self) -> Plan:
        from golive.plan import build

        return build(self.project, self.source, self.target)

    @cached_property
    def hashes(self) -> dict[str, str]:
        from golive.ledger import code_hash
        from golive.project.files import loaded

        return {"project_hash": loaded(self.project.name)[1], "code_hash": code_hash()}

    def note(self, payload: dict[str, object], by: str) -> None:
        """One entry about an area."""
        self.ledger.append(project=self.project.name, kind="config_copy", actor=by, run=self.run_name, payload=payload)


@contextmanager
def _desk(name: str) -> Iterator[_Desk]:
    from golive.project import load

    here = load(name)
    if here.staging is None:
        raise GoliveError(
            f"project {name} has no database in which configuration is made. Right: `staging:` in its file"
        )
    source, target, staging = (
        database(side.connection, here.timezone, None, "") for side in (here.source, here.target, here.staging)
    )
    with ledger(None) as book:
        yield _Desk(here, source, target, staging, book, f"{name}.config/{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}")


def _guard(desk: _Desk) -> Callable[[], None]:
    """Nothing is written once the new system is open; while the old one stands frozen, the freeze is watched."""
    from golive.ledger import frozen
    from golive.readiness.doors import refuse_if_broken, refuse_if_opened, standing_freeze

    def guard() -> None:
        refuse_if_opened(desk)
        if frozen(desk.ledger, desk.project.name) is not None:
            refuse_if_broken(desk, standing_freeze(desk)[1])

    return guard
