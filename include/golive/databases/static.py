"""What can be said against a project file without a database: the whole of ``golive check``.

Reading the file (``golive.project.files``) stays cheap, for every parse of a DAG file does it; the
SQL in it and the clock are looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from croniter import CroniterError, croniter  # type: ignore[import-untyped]

from golive.databases.functions import faults_of
from golive.errors import Fault, ProjectError
from golive.project import Project, TableSpec, load
from golive.project.expressions import ExpressionFault, Parsed, ParsedQuery, expression, query
from golive.project.files import dotted, file_of, line_of

Where = tuple[str | int, ...]
Found = tuple[Where, str, str]

_NO_TABLE = re.compile(r"[();]|^(insert|update|delete|merge|truncate|create|alter|drop|values|table|copy|call)\s", re.I)


def check_file(name: str, folder: Path | None = None, *, engine: str = "postgresql") -> list[Fault]:
    """Every fault of a project's file, in the file's order; empty if it is right.

    A file that cannot be read as a project has the faults of reading alone: what its expressions
    say is looked at when the rest is right. ``engine`` is that of both sides. Opens no connection.
    """
    try:
        project = load(name, folder)
    except ProjectError as error:
        return list(error.faults)
    path = str(file_of(name, folder))
    faults = [
        Fault(path, line_of(name, where, folder), dotted(where), what, right)
        for where, what, right in (*_clock(project), *_tables(project, engine), *_areas(project, engine))
    ]
    return sorted(faults, key=lambda fault: fault.line or 0)


def _tables(project: Project, engine: str) -> Iterator[Found]:
    for number, spec in enumerate(project.tables):
        for where, what, right in (*_names(spec), *_source(spec, engine), *_expressions(spec, engine)):
            yield ("tables", number, *where), what, right


def _areas(project: Project, engine: str) -> Iterator[Found]:
    """Tables of configuration areas: predicates that cannot be asked, and columns that are used and not copied."""
    for number, area in enumerate(project.configuration):
        for at, each in enumerate(area.tables):
            where: Where = ("configuration", number, "tables", at)
            for key, text in (("where", each.where), ("owns", each.owns)):
                if text is not None:
                    yield from _read((*where, key), text, expression, engine)
            for key, columns in (("key", each.key), ("remap", each.remap)):
                for column in columns:
                    if column in each.without or (each.columns and column not in each.columns):
                        yield (*where, key), f"{column!r} is not copied", "a column that is copied"


def _names(spec: TableSpec) -> Iterator[Found]:
    """Columns of the target that the entry both drops and uses."""
    for at, column in enumerate(spec.without):
        if column in spec.columns:
            yield ("without", at), f"{column!r} is under `columns` too", "the column in one of the two"
    for key, columns in (("key", spec.key), ("sensitive", spec.sensitive)):
        for at, column in enumerate(columns):
            if column in spec.without:
                yield (key, at), f"{column!r} is under `without`: it is not copied", "a column that is copied"


def _source(spec: TableSpec, engine: str) -> Iterator[Found]:
    if spec.is_query:
        yield from _read(("source",), spec.source_text, query, engine)
    elif spec.source_text.count(".") > 1 or _NO_TABLE.search(spec.source_text):
        yield ("source",), f"{spec.source_text!r} names no table", "`table`, `schema.table`, or a query: `select ...`"


def _expressions(spec: TableSpec, engine: str) -> Iterator[Found]:
    for column, text in spec.columns.items():
        yield from _read(("columns", column), text, expression, engine)
    alone = {"cursor": spec.cursor, "where": spec.where, "owns": spec.owns, "older_than": spec.older_than}
    for key, text_or_none in alone.items():
        if text_or_none is not None:
            yield from _read((key,), text_or_none, expression, engine)


def _read(where: Where, text: str, read: Callable[[str], Parsed | ParsedQuery], engine: str) -> Iterator[Found]:
    try:
        faults = faults_of(read(text), engine)
    except ExpressionFault as first:
        faults = [first]
    for fault in faults:
        yield where, fault.what, fault.right


def _clock(project: Project) -> Iterator[Found]:
    """A schedule that is no cron, or that never falls into the window."""
    older = project.older_data
    if older.schedule is None:
        return
    where: Where = ("older_data", "schedule")
    right = 'minute, hour, day, month and weekday, such as "0 2 * * *"'
    if len(older.schedule.split()) != 5:
        yield where, f"{older.schedule!r} has not five fields", right
        return
    try:
        (minutes, hours, *_), _ = croniter.expand(older.schedule)
    except CroniterError as error:
        yield where, f"{older.schedule!r} is not a cron expression ({error})", right
        return
    if older.window is None:
        return
    starts = [hour * 60 + minute for hour in _each(hours, 24) for minute in _each(minutes, 60)]
    if not any(_open_at(older.window, start) for start in starts):
        yield where, f"{older.schedule!r} never starts within the window {older.window}", "a start within the window"


def _each(field: list[int | str], size: int) -> list[int]:
    return list(range(size)) if "*" in field else [int(each) for each in field]


def _open_at(window: str, minute: int) -> bool:
    """Whether a window holds this minute of the day: half-open, and it may pass midnight."""
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in window.split("-"))
    return start <= minute < end if start < end else minute >= start or minute < end
