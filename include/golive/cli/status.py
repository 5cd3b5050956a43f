"""``golive status``: where every migration stands, and what it waits for, in one sentence a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from golive.cli.common import errors_as_sentences, ledger, say

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project

_COLOURS = {
    "complete": "green", "waived": "green", "waiting": "yellow", "running": "blue", "stopped": "red", "due": "yellow",
    "not yet": "dim",
}  # fmt: skip


def status(
    project: Annotated[str | None, typer.Argument(help="One project; default: all.")] = None,
    ledger_url: Annotated[
        str | None, typer.Option("--ledger", help="The ledger's URL, instead of its connection.")
    ] = None,
) -> None:
    """Say for each stage what it waits for, on whom, and since when: read from the ledger alone.

    A project file that is wrong stands in its project's place; the command ends with 1 then.
    """
    from golive.errors import ProjectError
    from golive.project import load, names

    console = Console(highlight=False)
    wrong = False
    with errors_as_sentences(), ledger(ledger_url) as book:
        for name in [project] if project else names():
            try:
                here = load(name)
            except ProjectError as error:
                say(console, f"{name}: {error.message}\n", "red")
                wrong = True
                continue
            _show(console, book, here)
    if wrong:
        raise typer.Exit(1)


def _show(console: Console, book: Ledger, project: Project) -> None:
    from golive.ledger import frozen, opened
    from golive.readiness.stages import standing
    from golive.reports.words import shown

    title = Text(shown(project.title or project.name), "bold")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("stage", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("")
    for each in standing(book, project):
        # Text, since what people wrote is no markup.
        table.add_row(Text(shown(each.shown)), Text(each.state, _COLOURS[each.state]), Text(shown(each.says)))
    console.print(table)
    freeze, opening = frozen(book, project.name), opened(book, project.name)
    if opening is not None:
        say(console, f"The new system is open since {opening.at:%Y-%m-%d %H:%M} UTC.")
    elif freeze is not None:
        say(console, f"The old system is read-only since {freeze.at:%Y-%m-%d %H:%M} UTC.", "red")
    console.print()
