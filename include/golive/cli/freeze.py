"""``golive freeze``, ``golive unfreeze``, ``golive accept``: what people do by hand around a go-live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from golive.cli.common import database, errors_as_sentences, ledger, say
from golive.errors import GoliveError, NotPermitted

if TYPE_CHECKING:
    from golive.databases.freezing import FreezeState

Source = Annotated[str | None, typer.Option(help="The old system's URL, instead of its connection.")]
Target = Annotated[str | None, typer.Option(help="The new system's URL, instead of its connection.")]
Book = Annotated[str | None, typer.Option("--ledger", help="The ledger's URL, instead of its connection.")]


def freeze(
    project: Annotated[str, typer.Argument(help="The project whose old system is meant.")],
    status: Annotated[bool, typer.Option("--status", help="Only say what stands.")] = False,
    source: Source = None,
    ledger_url: Book = None,
    by: Annotated[
        str, typer.Option(help="Whom people ask when a write of theirs is refused.")
    ] = "the migration's team",
) -> None:
    """Make the old system read-only, prove it, and note it in the ledger; or say what stands."""
    from golive import freeze as freezing
    from golive.project import load

    console = Console(highlight=False)
    with errors_as_sentences():
        here = load(project)
        old = database(here.source.connection, here.timezone, source, "--source")
        if status:
            _stands(console, freezing.standing(old))
            return
        with ledger(ledger_url) as book:
            record = freezing.freeze(old, project, limit_seconds=here.limits.freeze_wait_seconds, by=by)
            book.append(
                once=f"freeze/{record.mark.at}",
                project=project,
                kind="freeze",
                actor=by,
                payload={
                    "since": record.since,
                    "at": record.mark.at,
                    "position": record.mark.position,
                    "tables": len(record.tables),
                    "seconds": record.seconds,
                },
                evidence=record.as_dict(),
            )
        say(console, f"{here.source.connection} is read-only since {record.since} at {record.mark.position}.")
        refusing = _tables(len(record.tables))
        say(console, f"{refusing} every write; the catalogue shows the block on {record.proof.catalogue}.")
        for role in record.proof.roles:
            say(console, f"  as {role.role}: {role.rejected} of {role.probed} probes were refused")
        for name in record.proof.not_probed:
            say(console, f"  not probed: {name}")
        for what in record.not_covered:
            say(console, f"  not covered: {what}")


def unfreeze(
    project: Annotated[str, typer.Argument(help="The project whose old system is meant.")],
    source: Source = None,
    ledger_url: Book = None,
    by: Annotated[str, typer.Option(help="Who decided to go back.")] = "the migration's team",
    after_opening: Annotated[
        bool,
        typer.Option("--after-opening", help="Yes, although the new system is open: two systems then take writes."),
    ] = False,
) -> None:
    """Open the old system for writes again, and note it in the ledger."""
    from golive import freeze as freezing
    from golive.ledger import opened
    from golive.project import load

    console = Console(highlight=False)
    with errors_as_sentences():
        here = load(project)
        old = database(here.source.connection, here.timezone, source, "--source")
        with ledger(ledger_url) as book:
            entry = opened(book, project)
            if entry is not None and not after_opening:
                raise NotPermitted(
                    f"project {project}: the new system is open since {entry.at:%Y-%m-%d %H:%M} UTC. If the old one"
                    " takes writes again, the two drift apart. If that is meant, add --after-opening"
                )
            done = freezing.unfreeze(old, project)
            book.append(project=project, kind="unfreeze", actor=by, payload={"did": done})
        for line in done:
            say(console, line)
        _stands(console, freezing.standing(old))


def accept(
    project: Annotated[str, typer.Argument(help="The project.")],
    table: Annotated[str, typer.Argument(help="A table of the target, as the message named it.")],
    source: Source = None,
    target: Target = None,
) -> None:
    """Take a table's plan as it is now, after its mapping or a schema changed; the next sweep makes all rows right."""
    from golive.plan import build
    from golive.project import load
    from golive.transfer import accept as take

    with errors_as_sentences():
        here = load(project)
        old = database(here.source.connection, here.timezone, source, "--source")
        new = database(here.target.connection, here.timezone, target, "--target")
        plan = build(here, old, new)
        known = [each.name for each in plan.tables]
        if table not in known:
            raise GoliveError(f"project {project} has no table {table!r}. Right: {', '.join(known)}")
        take(plan.table(table), new)
        say(Console(highlight=False), f"{table}: taken as it is now. The next sweep compares and repairs every row.")


def _stands(console: Console, state: FreezeState) -> None:
    """Whether the old system is frozen, for whom, and what is left out."""
    if not state.frozen:
        say(console, "Not frozen: writes pass.")
        return
    refusing = _tables(len(state.covered))
    say(console, f"Frozen for {state.project} since {state.since}, by {state.by}: {refusing} writes.")
    if state.uncovered:
        say(console, f"NOT covered: {', '.join(state.uncovered)}")


def _tables(number: int) -> str:
    return "1 table refuses" if number == 1 else f"{number} tables refuse"
