"""What the demo shows while it runs: one line a step, and under it what moves. Plain lines without a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table
from rich.text import Text

from golive.errors import GoliveError


class Screen:
    """The demo's terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()
        self._said: set[str] = set()

    def step(self, what: str) -> None:
        """A new step begins."""
        self.console.print(Text.assemble((self._clock(), "dim"), "  ", (what, "bold")), highlight=False)

    def note(self, what: str) -> None:
        """Something worth a line within a step."""
        self.console.print(Text.assemble((self._clock(), "dim"), "    ", what), highlight=False)

    def once(self, what: str) -> None:
        """A note that is worth its line the first time only."""
        if what not in self._said:
            self._said.add(what)
            self.note(what)

    @contextmanager
    def watching(self, look: Callable[[], tuple[int, str]]) -> Iterator[None]:
        """Show rows and what the lanes do, twice a second, while the block runs; once at its end otherwise."""
        done = threading.Event()
        if not self.console.is_terminal:
            yield
            self.note(f"{look()[0]:,} rows read so far")
            return
        with self.console.status("") as status:

            def show() -> None:
                while not done.wait(0.5):
                    try:
                        rows, doing = look()
                    except (GoliveError, OSError, psycopg.Error):
                        continue
                    said = f"{self._clock()}  {rows:,} rows read so far   "
                    status.update(Text.assemble(said, (doing, "dim")))

            thread = threading.Thread(target=show, daemon=True)
            thread.start()
            try:
                yield
            finally:
                done.set()
                thread.join()

    def summary(self, summary: dict[str, Any]) -> None:
        """The rows of every table, and the sums."""
        table = Table(title=f"{summary['project']}: {summary['verdict']}", title_style="bold green")
        columns = ("rows", "inserted", "updated", "deleted", "quarantined")
        table.add_column("table")
        for column in columns:
            table.add_column(column, justify="right")
        for line in summary["per_table"]:
            table.add_row(line["table"].removeprefix("public."), *(f"{line[column]:,}" for column in columns))
        table.add_section()
        table.add_row("all", *(f"{summary[column]:,}" for column in columns), style="bold")
        self.console.print(table)
        self.console.print(_passes(summary["passes"]))
        self.console.print(
            f"Sample: {summary['sampled']:,} rows ({summary['sample_percent']}% of every table and more), cell by cell:"
            f" {summary['sample_verdict']}. Frozen for {summary['seconds_frozen']} seconds. The"
            f" {summary['planted']:,} rows that cannot be migrated are in quarantine, and no other."
            f" {len(summary['stages'])} stages complete, {summary['answers']} answers of {summary['people']} people in"
            f" the ledger: {summary['ledger_entries']} entries, the chain holds.",
            highlight=False,
        )

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes:2d}:{seconds:02d}"


def _passes(passes: list[dict[str, Any]]) -> Table:
    """What each pass found, and how it changed since the one before."""
    table = Table(title="Findings, pass by pass", title_style="bold")
    table.add_column("pass")
    columns = ("critical", "major", "opportunities", "waived", "new", "fixed", "regressed")
    for column in columns:
        table.add_column(column, justify="right")
    for line in passes:
        table.add_row(line["name"], *(f"{line[column]:,}" for column in columns))
    return table
