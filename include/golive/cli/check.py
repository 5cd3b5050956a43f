"""``golive check``: everything that is wrong with a project file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from golive.cli.common import chosen, database, errors_as_sentences, show_faults
from golive.errors import Fault, GoliveError

if TYPE_CHECKING:
    from golive.project import Project


def check(
    project: Annotated[str | None, typer.Argument(help="One project; default: all of them.")] = None,
    connect: Annotated[bool, typer.Option("--connect", help="Check against both live schemas too.")] = False,
    source: Annotated[str | None, typer.Option(help="The old system's URL, instead of its connection.")] = None,
    target: Annotated[str | None, typer.Option(help="The new system's URL, instead of its connection.")] = None,
    staging: Annotated[
        str | None, typer.Option(help="The URL of where configuration is made ahead, instead of its connection.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the projects lie; default: include/projects.")] = None,
    expectations: Annotated[
        Path | None, typer.Option(help="Where the suites lie; default: expectations/, none with --folder.")
    ] = None,
) -> None:
    """Say everything that is wrong with a project file: path, line, key, and what would be right.

    The schedule of all projects, schedule.yaml beside theirs, is looked at too, tables that two projects write to in
    one database, and the frame of each suite of expectations; `golive expectations check` looks at suites as a whole.
    Connections are Airflow's, from the environment variables AIRFLOW_CONN_<ID>. Nothing is changed.
    """
    from golive.databases.static import check_file

    with errors_as_sentences():
        known = chosen(project, folder)
        if (source or target or staging) and not connect:
            raise GoliveError("--source, --target and --staging are for --connect. Right: add --connect")
        if (source or target or staging) and project is None and len(known) > 1:
            raise GoliveError("--source, --target and --staging are one project's. Right: name the project")
        wrong = 0
        for name in known:
            faults = check_file(name, folder) or _suite_faults(name, folder, expectations)
            if not faults:
                faults = _neighbours(name, folder, target, connect=connect)
            if connect and not faults:
                faults = _live_faults(name, folder, source, target, staging)
            _show(name, faults, folder)
            wrong += len(faults)
        wrong += _check_schedule(folder)
    if wrong:
        raise typer.Exit(1)


def _neighbours(name: str, folder: Path | None, target: str | None, *, connect: bool) -> list[Fault]:
    """Tables that another project's file writes to in the same database, without leaving this one's rows alone.

    The same is what the two call by one connection; and, with ``connect``, what proves to be so where both answer.
    """
    from golive.errors import ProjectError
    from golive.project import load, names
    from golive.project.files import dotted, file_of, line_of
    from golive.project.neighbours import clashes

    project, found = load(name, folder), list[Fault]()
    for other in names(folder):
        try:
            theirs = load(other, folder)
        except ProjectError:
            continue  # its own faults say so
        if other == name or not (clash := list(clashes(project, theirs))):
            continue
        one = project.target.connection == theirs.target.connection
        if one or (connect and _is_one_database(project, target, theirs)):
            path = str(file_of(name, folder))
            found += [
                Fault(path, line_of(name, where, folder), dotted(where), what, right) for where, what, right in clash
            ]
    return found


def _is_one_database(project: Project, target: str | None, other: Project) -> bool:
    """Whether two projects' targets are one database; False where the other's is not known here, or does not answer."""
    from golive.errors import GoliveError

    ours = database(project.target.connection, project.timezone, target, "--target")
    try:
        theirs = database(other.target.connection, other.timezone, None, "--target")
        with theirs.session(read_only=True) as connection:
            there = theirs.reach.identity(connection)
    except GoliveError:
        return False
    with ours.session(read_only=True) as connection:
        return ours.reach.identity(connection) == there


def _suite_faults(name: str, folder: Path | None, expectations: Path | None) -> list[Fault]:
    """What the frames of a project's suites have against them."""
    from golive.errors import ProjectError
    from golive.project.suites import load_suites

    if folder is not None and expectations is None:
        return []  # those of this installation belong to its own projects
    try:
        load_suites(name, expectations, folder)
    except ProjectError as error:
        return list(error.faults)
    return []


def _live_faults(
    name: str, folder: Path | None, source: str | None, target: str | None, staging: str | None
) -> list[Fault]:
    """What the live schemas say against a file that is right by itself."""
    from golive.project import load

    project = load(name, folder)
    old = database(project.source.connection, project.timezone, source, "--source")
    new = database(project.target.connection, project.timezone, target, "--target")
    from golive.config_copy import check_live as check_configuration
    from golive.plan import check_live

    faults = check_live(project, old, new)
    if project.staging is not None:
        ahead = database(project.staging.connection, project.timezone, staging, "--staging")
        faults += check_configuration(project, ahead, new)
    return faults


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
        show_faults(console, path.name, list(error.faults))
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
    show_faults(console, name, faults)
