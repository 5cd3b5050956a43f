"""What the commands share: connections by name or URL, and errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from golive.errors import GoliveError

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


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Golive's own errors as their message on standard error and exit code 1, without a traceback."""
    try:
        yield
    except GoliveError as error:
        Console(stderr=True, highlight=False).print(Text(f"golive: {error.message}"))
        raise typer.Exit(1) from None
