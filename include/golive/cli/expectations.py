"""``golive expectations``: whether the suites are right, and a suite to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from golive.cli.common import chosen, database, errors_as_sentences, show_faults
from golive.errors import GoliveError

app = typer.Typer(no_args_is_help=True, help="The suites of Great Expectations, by which the passes are judged.")

Projects = Annotated[Path | None, typer.Option(help="Where the projects lie; default: include/projects.")]


@app.command()
def check(
    project: Annotated[str | None, typer.Argument(help="One project; default: all of them.")] = None,
    folder: Projects = None,
    expectations: Annotated[Path | None, typer.Option(help="Where the suites lie; default: expectations/.")] = None,
) -> None:
    """Say everything that is wrong with the suites: file, line, the expectation's id, and what would be right.

    Great Expectations itself looks at every type and argument, which takes seconds to begin. No connection is opened.
    """
    from golive.project.suites import load_suites
    from golive.validation.suites import check_suites

    console = Console(highlight=False)
    wrong = 0
    with errors_as_sentences():
        if folder is not None and expectations is None:
            raise GoliveError("--folder has other projects than this installation. Right: their --expectations too")
        for name in chosen(project, folder):
            faults = check_suites(name, expectations, folder)
            wrong += len(faults)
            if faults:
                show_faults(console, name, faults)
                continue
            suites = load_suites(name, expectations, folder)
            asked = sum(len(suite.expectations) for suite in suites)
            said = f": right, {len(suites)} suite{'s' * (len(suites) != 1)} of {asked} expectations"
            console.print(Text.assemble((name, "bold"), said))
    if wrong:
        raise typer.Exit(1)


@app.command()
def draft(
    table: Annotated[str, typer.Argument(help="A table of that side, as the project file names it.")],
    project: Annotated[str, typer.Option(help="The project whose table it is.")],
    side: Annotated[Literal["source", "target"], typer.Option(help="Whose table it is.")] = "target",
    file: Annotated[Path | None, typer.Option(help="Where to write it; default: to standard output.")] = None,
    url: Annotated[str | None, typer.Option(help="The side's URL, instead of its connection.")] = None,
    folder: Projects = None,
) -> None:
    """Propose a suite from what a live table holds: every row that is there now keeps it.

    Read it before it is used: what is wrong in the data today is in it as if it were right. Values of sensitive
    columns are not in it. A file that is there already is left as it is, and refused. The database is only read.
    """
    from golive.project import load
    from golive.validation import draft as drafting

    with errors_as_sentences():
        (name,) = chosen(project, folder)
        declared = load(name, folder)
        connection = (declared.source if side == "source" else declared.target).connection
        text = drafting.draft(declared, side, table, database(connection, declared.timezone, url, "--url"))
        if file is None:
            typer.echo(text, nl=False)
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as new:
                new.write(text)
        except FileExistsError:
            raise GoliveError(f"{file} is there already. Right: another --file, or none to see the proposal") from None
        except OSError as error:
            raise GoliveError(f"{file} cannot be written ({error.strerror}). Right: another --file") from error
