"""``golive demo``: a sample organisation walks the whole roadmap on this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from golive.cli.common import errors_as_sentences, say

if TYPE_CHECKING:
    from golive.demo.start import Demo


_SIZES = {"riverside": 5000, "northgate": 1000}


def demo(
    project: Annotated[
        str, typer.Option(help="riverside, a school district, or northgate, a software vendor.")
    ] = "riverside",
    size: Annotated[
        int | None,
        typer.Option(
            "--size",
            "--students",
            "--organisations",
            help="How many students or organisations; default 5,000 or 1,000.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another organisation.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Leave databases and Airflow running, and print where.")] = False,
    port: Annotated[int | None, typer.Option(help="The port of Airflow; default: 8080, or a free one.")] = None,
    postgres: Annotated[
        str | None, typer.Option(help="A PostgreSQL server of your own: the URL of any database.")
    ] = None,
    home: Annotated[Path, typer.Option(help="Where the demo keeps its servers and logs.")] = Path(".demo"),
) -> None:
    """Walk the whole roadmap, from discover to support. Ends with 0 only if all is proven.

    On a terminal Airflow stays up until Ctrl-C; set UI=0 to end at once.
    """
    from golive.demo.screen import Screen
    from golive.demo.start import Options, started
    from golive.demo.walk import walk

    screen = Screen(Console(highlight=False))
    proven = False
    with errors_as_sentences():
        chosen = _SIZES.get(project, 1000) if size is None else size
        options = Options(home.resolve(), project, chosen, seed, port, postgres)
        with started(options, screen, keep=lambda: keep and proven) as up:
            summary = walk(up, screen)
            proven = True
            screen.summary(summary)
            say(screen.console, f"All numbers: {options.home / 'summary.json'}")
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
    from golive.demo.people import sign_ins
    from golive.demo.start import without_passwords

    say(console, f"Airflow: {up.airflow.url}")
    for name in sign_ins(up.project):
        held = [role.replace("_", " ") for role, who in up.project.people.items() if name in who.holders]
        say(console, f"  sign in as {name} / {up.airflow.passwords[name]}  ({', '.join(held) or 'reads'})")
    console.print(f"  messages to on-call: {up.messages}", soft_wrap=True)
    for name, url in without_passwords(up.urls).items():
        say(console, f"  {name}: {url}")


def _wait_for_interrupt() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    over.wait()
