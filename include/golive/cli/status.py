"""``golive status``: where every migration stands, and what it waits for, in one sentence a stage."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from golive.cli.common import errors_as_sentences, ledger

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
    """Say for each stage what it waits for, on whom, and since when: read from the ledger alone."""
    from golive.ledger import frozen, opened
    from golive.project import load, names
    from golive.readiness.stages import standing

    console = Console(highlight=False)
    with errors_as_sentences(), ledger(ledger_url) as book:
        for name in [project] if project else names():
            here = load(name)
            table = Table(title=here.title or name, title_justify="left", title_style="bold", box=None, pad_edge=False)
            table.add_column("stage", no_wrap=True)
            table.add_column("", no_wrap=True)
            table.add_column("")
            for each in standing(book, here):
                table.add_row(each.shown, f"[{_COLOURS[each.state]}]{each.state}[/]", each.says)
            console.print(table)
            freeze, opening = frozen(book, name), opened(book, name)
            if opening is not None:
                console.print(f"The new system is open since {opening.at:%Y-%m-%d %H:%M} UTC.")
            elif freeze is not None:
                console.print(f"[red]The old system is read-only since {freeze.at:%Y-%m-%d %H:%M} UTC.[/]")
            console.print()
