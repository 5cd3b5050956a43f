"""``golive review``: a department's rows as a spreadsheet, and its verdicts out of one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from golive.cli.common import chosen, errors_as_sentences, ledger, say
from golive.errors import GoliveError

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project
    from golive.readiness.follow_up import Today

app = typer.Typer(no_args_is_help=True, help="The rows that people review: out as a spreadsheet, verdicts back in.")

Name = Annotated[str, typer.Argument(help="The project.")]
Book = Annotated[str | None, typer.Option("--ledger", help="The ledger's URL, instead of its connection.")]
Folder = Annotated[Path | None, typer.Option(help="Where the projects lie; default: include/projects.")]


@app.command()
def export(
    project: Name,
    department: Annotated[str, typer.Option(help="The department whose rows they are, by its name.")],
    file: Annotated[Path, typer.Option("--output", "-o", help="The workbook to write, an .xlsx.")],
    ledger_url: Book = None,
    folder: Folder = None,
) -> None:
    """Write the rows that a department reviews into a workbook, with the verdicts that stand already.

    Choose a verdict for each row in it, and bring it back with `golive review import`. Sensitive values are masked.
    A file that is there already is left as it is, and refused.
    """
    from golive.readiness.spreadsheet import export as made

    with errors_as_sentences(), ledger(ledger_url) as book:
        here = _here(project, folder, book)
        named = {each.name: each for each in here.project.departments if each.tables}
        if department not in named:
            right = ", ".join(named) or "none does"
            raise GoliveError(f"project {project}: no department {department!r} reviews rows. Right: {right}")
        content = made(here, named[department])
        try:
            with file.open("xb") as new:
                new.write(content)
        except FileExistsError:
            raise GoliveError(f"{file} is there already. Right: another file for -o") from None
        except OSError as error:
            raise GoliveError(f"{file} cannot be written ({error.strerror}). Right: another file for -o") from error
        say(Console(highlight=False), f"{file}: the rows of {department}.")


@app.command("import")
def import_(
    project: Name,
    file: Annotated[Path, typer.Argument(help="The workbook that `golive review export` wrote, filled in.")],
    by: Annotated[str, typer.Option(help="Whose verdicts these are: the user id with which that person signs in.")],
    ledger_url: Book = None,
    folder: Folder = None,
) -> None:
    """Take the verdicts out of a workbook, all or none, in the name of somebody who reviews for its department.

    Refused if rows were drawn anew with other values since it was written. A row without a verdict stays open.
    """
    from golive.ledger import code_hash
    from golive.project.files import loaded
    from golive.readiness.judging import hand_in
    from golive.readiness.spreadsheet import read

    with errors_as_sentences(), ledger(ledger_url) as book:
        here = _here(project, folder, book)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise GoliveError(f"{file} cannot be read ({error.strerror}). Right: a workbook, .xlsx") from error
        said = read(here, file.name, content)
        hashes = {"project_hash": loaded(project, folder)[1], "code_hash": code_hash()}
        fresh = hand_in(here, by, said, hashes)
        say(Console(highlight=False), f"{len(said)} verdicts, {fresh} of them new, by {here.project.called(by)}.")


def _here(name: str, folder: Path | None, book: Ledger) -> Today:
    from golive.project import load
    from golive.readiness.follow_up import Today

    (known,) = chosen(name, folder)
    project: Project = load(known, folder)
    return Today(project, book, datetime.now(ZoneInfo(project.timezone)).date())
