"""``golive ledger``: make it, prove it, read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from golive.cli.common import errors_as_sentences, say
from golive.cli.common import ledger as opened

app = typer.Typer(help="The append-only record of what happened, who agreed to what, and on which evidence.")

Url = Annotated[str | None, typer.Option("--ledger", help="The ledger's URL, instead of its connection.")]


@app.command()
def migrate(url: Url = None) -> None:
    """Make the ledger's tables, or bring them to the newest form."""
    with errors_as_sentences(), opened(url) as book:
        book.migrate()
        Console(highlight=False).print("The ledger is ready.")


@app.command()
def verify(
    url: Url = None,
    head: Annotated[
        str | None, typer.Option(help="A head that was printed before: it must still be in the chain.")
    ] = None,
) -> None:
    """Prove the whole chain and all evidence; prints the head, to be kept elsewhere."""
    from golive.ledger import Head

    with errors_as_sentences(), opened(url) as book:
        entries = book.verify(Head.parse(head) if head else None)
        console = Console(highlight=False)
        console.print(f"The chain holds: {entries} entries.")
        console.print(f"Head, to be kept elsewhere: {book.head()}", soft_wrap=True)


@app.command()
def entries(
    project: Annotated[str | None, typer.Argument(help="One project; default: all.")] = None,
    kind: Annotated[str | None, typer.Option(help="One kind of entry.")] = None,
    url: Url = None,
) -> None:
    """Print the entries, a line each, oldest first."""
    with errors_as_sentences(), opened(url) as book:
        console = Console(highlight=False)
        for entry in book.entries(project, kind=kind):
            say(console, str(entry))


@app.command()
def export(
    project: Annotated[str | None, typer.Argument(help="One project; default: all.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write, whole or not at all; default: standard output.")
    ] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="The evidence too, a line each.")] = False,
    url: Url = None,
) -> None:
    """Write the entries as JSON Lines that prove themselves: a JSON library and sha256sum are enough.

    The whole ledger is proven on the way. A broken chain ends it, names the first broken entry, and
    leaves no file; on standard output the lines before it stand already, so look at the exit code.
    """
    from golive.ledger import export as exporting

    with errors_as_sentences(), opened(url) as book:
        if output is None:
            for line in exporting.lines(book, project, evidence=evidence):
                typer.echo(line.encode())
            return
        count = exporting.write(book, output, project, evidence=evidence)
        say(Console(highlight=False), f"{output}: {count} lines, all proven.")
