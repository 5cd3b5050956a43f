"""``golive check``: everything that is wrong with a project file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from golive.cli.common import database, errors_as_sentences
from golive.errors import Fault, GoliveError


def check(
    project: Annotated[str | None, typer.Argument(help="One project; default: all of them.")] = None,
    connect: Annotated[bool, typer.Option("--connect", help="Check against both live schemas too.")] = False,
    source: Annotated[str | None, typer.Option(help="The old system's URL, instead of its connection.")] = None,
    target: Annotated[str | None, typer.Option(help="The new system's URL, instead of its connection.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the projects lie; default: include/projects.")] = None,
) -> None:
    """Say everything that is wrong with a project file: path, line, key, and what would be right.

    The schedule of all projects, schedule.yaml beside theirs, is looked at too. Connections are
    Airflow's, from the environment variables AIRFLOW_CONN_<ID>. Nothing is changed.
    """
    from golive.databases.static import check_file
    from golive.project import PROJECTS, names

    with errors_as_sentences():
        known = names(folder)
        if project is None and not known:
            raise GoliveError(f"no project in {folder or PROJECTS}. Right: <name>/project.yaml below it")
        if project is not None and project not in known:
            raise GoliveError(f"there is no project {project!r}. Right: {', '.join(known) or 'a project with a file'}")
        if (source or target) and not connect:
            raise GoliveError("--source and --target are for --connect. Right: add --connect")
        if (source or target) and project is None and len(known) > 1:
            raise GoliveError("--source and --target are one project's. Right: name the project")
        wrong = 0
        for name in [project] if project else known:
            faults = check_file(name, folder)
            if connect and not faults:
                faults = _live_faults(name, folder, source, target)
            _show(name, faults, folder)
            wrong += len(faults)
        wrong += _check_schedule(folder)
    if wrong:
        raise typer.Exit(1)


def _live_faults(name: str, folder: Path | None, source: str | None, target: str | None) -> list[Fault]:
    """What the two live schemas say against a file that is right by itself."""
    from golive.project import load

    project = load(name, folder)
    old = database(project.source.connection, project.timezone, source, "--source")
    new = database(project.target.connection, project.timezone, target, "--target")
    from golive.plan import check_live

    return check_live(project, old, new)


def _check_schedule(folder: Path | None) -> int:
    """Show the schedule of all projects, if there is one; the number of its faults."""
    from golive.errors import ProjectError
    from golive.project.schedule import load_schedule, schedule_file

    path = schedule_file(folder)
    if not path.exists():
        return 0
    console = Console(highlight=False)
    try:
        schedule = load_schedule(folder)
    except ProjectError as error:
        _show_faults(console, path.name, list(error.faults))
        return len(error.faults)
    days = len(schedule.blackouts)
    said = f": right, capacity {schedule.capacity} a day, {days} blackout{'s' * (days != 1)}"
    console.print(Text.assemble((path.name, "bold"), said))
    return 0


def _show(name: str, faults: list[Fault], folder: Path | None) -> None:
    """One line for a project that is right; a block for each fault of one that is not."""
    from golive.project import load

    console = Console(highlight=False)
    if not faults:
        count = len(load(name, folder).tables)
        console.print(Text.assemble((name, "bold"), f": right, {count} table{'s' * (count != 1)}"))
        return
    _show_faults(console, name, faults)


def _show_faults(console: Console, name: str, faults: list[Fault]) -> None:
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
