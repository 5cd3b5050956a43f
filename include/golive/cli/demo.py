"""``golive demo``: the sample district goes live on this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from golive.cli.common import errors_as_sentences

if TYPE_CHECKING:
    from golive.demo.walk import Demo


def demo(
    students: Annotated[int, typer.Option(help="How many students, from 200 to 1,000,000.")] = 5000,
    seed: Annotated[int, typer.Option(help="Another seed is another district.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Leave databases and Airflow running, and print where.")] = False,
    port: Annotated[int | None, typer.Option(help="The port of Airflow; default: 8080, or a free one.")] = None,
    postgres: Annotated[
        str | None, typer.Option(help="A PostgreSQL server of your own: the URL of any database.")
    ] = None,
    home: Annotated[Path, typer.Option(help="Where the demo keeps its servers and logs.")] = Path(".demo"),
) -> None:
    """Walk a whole go-live: older data, live changes, freeze, sweep, sample, open. Ends with 0 only if all is proven.

    On a terminal Airflow stays up until Ctrl-C; set UI=0 to end at once.
    """
    from golive.demo.screen import Screen
    from golive.demo.walk import Options, started, walk

    screen = Screen(Console(highlight=False))
    proven = False
    with errors_as_sentences():
        options = Options(home.resolve(), students, seed, port, postgres)
        with started(options, screen, keep=lambda: keep and proven) as up:
            summary = walk(up, screen)
            proven = True
            screen.summary(summary)
            screen.console.print(f"All numbers: {options.home / 'summary.json'}")
            stays = sys.stdout.isatty() and os.environ.get("UI", "1") != "0"
            if keep or stays:
                _say_where(screen.console, up)
            if keep:
                screen.console.print("All of it stays up. `golive demo` again ends it and starts anew.")
            elif stays:
                screen.console.print("[bold]Look around. Ctrl-C ends it.[/bold]")
                _wait_for_interrupt()


def _say_where(console: Console, up: Demo) -> None:
    """Where to look, and how to sign in."""
    roles = {"daniel": "starts runs", "maria": "agrees to the go-live"}
    console.print(f"Airflow: {up.airflow.url}")
    for name, password in up.airflow.passwords.items():
        console.print(f"  sign in as {name} / {password}  ({roles.get(name, 'reads')})", markup=False)
    for name, url in up.urls.items():
        console.print(f"  {name}: {url}", soft_wrap=True)


def _wait_for_interrupt() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    over.wait()
