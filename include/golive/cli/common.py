"""What the commands share: connections by name or URL, and errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from golive.errors import Fault, GoliveError

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.ledger import Ledger

LEDGER = "golive_ledger"


def database(connection: str, timezone: str, url: str | None, option: str) -> Database:
    """The database behind a URL that was typed, or else behind Airflow's connection of this id."""
    from golive import databases

    return databases.connect(url_of(connection, url, option), name=connection, timezone=timezone)


def url_of(connection: str, url: str | None, option: str) -> str:
    """A URL that was typed, or else that of Airflow's connection of this id."""
    from golive.databases import urls

    return urls.normal(url, option) if url else urls.from_environment(connection)


def ledger(url: str | None) -> Ledger:
    """The ledger behind a URL that was typed, or else behind Airflow's connection."""
    from golive.ledger import Ledger

    return Ledger(url_of(LEDGER, url, "--ledger"))


def say(console: Console, text: str, style: str = "") -> None:
    """Print text that holds names and words of others: nothing in it is markup, or obeyed by a terminal."""
    from golive.reports.words import document

    console.print(Text(document(text), style), soft_wrap=True)


def chosen(project: str | None, folder: Path | None) -> list[str]:
    """The project that was named, or all that have a file; raises GoliveError where there is none."""
    from golive.project import PROJECTS, names

    known = names(folder)
    if project is None and not known:
        raise GoliveError(f"no project in {folder or PROJECTS}. Right: <name>/project.yaml below it")
    if project is not None and project not in known:
        raise GoliveError(f"there is no project {project!r}. Right: {', '.join(known) or 'a project with a file'}")
    return [project] if project else known


def show_faults(console: Console, name: str, faults: Sequence[Fault]) -> None:
    """A block for each fault: where it stands, what is wrong, and what would be right."""
    console.print(Text.assemble((name, "bold"), f": {len(faults)} fault{'s' * (len(faults) != 1)}"))
    for fault in faults:
        # Unwrapped, so that a terminal or an editor can follow it to the line.
        console.print(Text(f"  {fault.path}:{fault.line}" if fault.line else f"  {fault.path}"), soft_wrap=True)
        _indented(console, Text(fault.key, "bold"), 4)
        _indented(console, Text(fault.what), 6)
        _indented(console, Text.assemble(("right: ", "green"), fault.right), 6)


def _indented(console: Console, text: Text, by: int) -> None:
    for line in text.wrap(console, console.width - by):
        line.rstrip()
        console.print(Text(" " * by) + line)


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Golive's own errors as their message on standard error and exit code 1, without a traceback."""
    try:
        yield
    except GoliveError as error:
        say(Console(stderr=True, highlight=False), f"golive: {error.message}")
        raise typer.Exit(1) from None
