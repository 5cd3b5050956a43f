"""Suites of expectations as they stand in their files, in the JSON of Great Expectations itself.

A suite is about one table of one side. Its frame is read strictly here, without a library that takes seconds to
import: who owns an expectation, how much it weighs, in which passes it is asked. Whether Great Expectations knows a
type and its arguments is looked at by ``golive.validation.suites``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from golive.errors import Fault, ProjectError
from golive.project import files
from golive.project.declared import Declared, Slug, TableName, Text
from golive.project.files import dotted, line_in, load, parse_as, read
from golive.project.model import Project
from golive.project.people import ALWAYS
from golive.project.preparing import Side
from golive.project.proving import PASSES, Pass
from golive.project.sides import bare, entries, key_of, sensitive_columns, tables

# As Great Expectations calls them.
Weight = Literal["critical", "warning", "info"]

FLOOR = "expect_table_row_count_to_be_between"

Where = tuple[str | int, ...]
Found = tuple[Where, str, str]


class _Said(Declared):
    """What Golive wants to know of an expectation."""

    id: Slug
    owner: Slug
    says: Text
    passes: tuple[Pass, ...] = Field(default=PASSES, min_length=1)


class _Item(Declared):
    """One expectation; ``kwargs`` are its arguments, which are Great Expectations' own.

    Its ``id`` stays empty, here and for the whole file: ``meta.id`` tells expectations apart.
    """

    type: Text
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Weight = "critical"
    description: str | None = None
    notes: str | list[str] | None = None
    id: None = None
    meta: _Said


class _About(Declared):
    """Which rows a suite is about."""

    side: Side
    table: TableName
    key: tuple[str, ...] = ()
    may_be_empty: Text | None = None


class _Meta(Declared):
    golive: _About
    great_expectations_version: str | None = None


class _File(Declared):
    """A file as a whole."""

    name: Text
    expectations: tuple[_Item, ...]
    meta: _Meta
    id: None = None
    notes: str | list[str] | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation. ``says`` is what it demands, in people's words; ``owner`` the role that puts it right."""

    id: str
    type: str
    kwargs: Mapping[str, Any]
    severity: Weight
    owner: str
    says: str
    passes: tuple[Pass, ...]

    @property
    def about(self) -> tuple[str, ...]:
        """The columns that it is about."""
        named = [self.kwargs[name] for name in ("column", "column_A", "column_B") if name in self.kwargs]
        return tuple(dict.fromkeys(map(str, (*named, *(self.kwargs.get("column_list") or ())))))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names, those of its row condition among them."""
        return tuple(dict.fromkeys((*self.about, *_of_condition(self.kwargs.get("row_condition")))))


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite: expectations of one table of one side.

    ``key`` names the columns by which failing rows are told apart; empty: the table's primary key.
    ``may_be_empty`` is the reason why the table may be without rows, None if it may not. ``sensitive``
    are the columns of the table whose values nobody sees.
    """

    name: str
    path: Path
    side: Side
    table: str
    key: tuple[str, ...]
    may_be_empty: str | None
    expectations: tuple[Expectation, ...]
    sensitive: frozenset[str] = frozenset()

    def hides(self, column: object) -> bool:
        """Whether nobody sees the values of a column."""
        return str(column).lower() in {name.lower() for name in self.sensitive}


def load_suites(name: str, folder: Path | None = None, projects: Path | None = None) -> tuple[Suite, ...]:
    """The suites of a project, in name order; none if it has no folder of that name in ``folder``.

    ``folder`` is where the suites of all projects lie (default: expectations/), ``projects`` where their files lie.
    Raises ProjectError with every fault of every suite: its file, line, and the expectation's id.
    """
    project = load(name, projects)
    suites: list[Suite] = []
    faults: list[Fault] = []
    for path in suite_files(name, folder):
        try:
            suites.append(_suite(path, project))
        except ProjectError as error:
            faults += error.faults
    faults += _shared(suites)
    if faults:
        text = "\n".join(str(fault) for fault in faults)
        raise ProjectError(f"the suites of {name}: {len(faults)} fault(s)\n{text}", faults=tuple(faults), project=name)
    return tuple(suites)


def suite_files(name: str, folder: Path | None = None) -> list[Path]:
    """Where the suites of a project stand, in name order."""
    return sorted((folder / name if folder else files.suites_of(name)).glob("*.json"))


def place(path: Path, where: Where, what: str, right: str) -> Fault:
    """A fault at a place of a suite's file, such as ``("expectations", 3, "type")``: with its line and its id."""
    text = path.read_text(encoding="utf-8")
    _, node = parse_as(_File, text, str(path), None)
    return Fault(str(path), line_in(node, where), _called(where, json.loads(text)), what, right)


def _suite(path: Path, project: Project) -> Suite:
    text = read(path, project.name)
    try:
        # Numbers and texts are JSON's: YAML, which gives the lines, reads 1e5 as a text.
        data = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise _refuse(project, [Fault(str(path), line, "file", f"is not JSON: {error}", "valid JSON")]) from error
    try:
        file, node = parse_as(_File, text, str(path), project.name)
    except ProjectError as error:
        raise _refuse(project, [_with_id(fault, data) for fault in error.faults]) from error
    found = [
        Fault(str(path), line_in(node, where), _called(where, data), what, right)
        for where, what, right in (*_about(file, path, project), *_expectations(file, project))
    ]
    if found:
        raise _refuse(project, found)
    about = file.meta.golive
    table = (project, about.side, about.table)
    return Suite(
        name=file.name, path=path, side=about.side, table=about.table, key=about.key or key_of(*table),
        may_be_empty=about.may_be_empty, sensitive=sensitive_columns(*table),
        expectations=tuple(
            Expectation(
                id=item.meta.id, type=item.type, kwargs=raw.get("kwargs", {}), severity=item.severity,
                owner=item.meta.owner, says=item.meta.says, passes=item.meta.passes,
            )
            for item, raw in zip(file.expectations, data["expectations"], strict=True)
        ),
    )  # fmt: skip


def _about(file: _File, path: Path, project: Project) -> Iterator[Found]:
    if file.name != path.stem:
        yield ("name",), f"says {file.name!r}", f"the file's name, {path.stem!r}"
    about = file.meta.golive
    if not path.stem.endswith(f".{about.side}"):
        what = f"says {file.name!r}, and the suite is about a table of the {about.side}"
        yield ("name",), what, f"a name that ends in .{about.side}, of the file too"
    if not entries(project, about.side, about.table):
        known = ", ".join(sorted(tables(project, about.side))) or "a table"
        yield ("meta", "golive", "table"), f"{about.table!r} is no {about.side} of the project file", known
    if not file.expectations:
        yield ("expectations",), "is empty: a suite that asks nothing passes always", "at least a floor of rows"
    elif about.may_be_empty is None:
        without = [name for name in PASSES if _asked(file, name) and not _floors(file, name)]
        if without:
            yield (
                ("expectations",),
                f"has no floor of rows in {', '.join(without)}: on an empty table all else says nothing",
                f'{FLOOR} with "min_value" of 1 or more, or the reason under meta.golive.may_be_empty',
            )
    elif any(_floors(file, name) for name in PASSES):
        what = "says that the table may be empty, and an expectation says that it may not"
        yield ("meta", "golive", "may_be_empty"), what, "one of the two"


def _expectations(file: _File, project: Project) -> Iterator[Found]:
    roles = {*project.people, *ALWAYS}
    for n, item in enumerate(file.expectations):
        if item.meta.owner not in roles:
            what = f"names the role {item.meta.owner!r}, which nobody can hold"
            yield ("expectations", n, "meta", "owner"), what, f"a role of the project: {', '.join(sorted(roles))}"
        condition = item.kwargs.get("row_condition")
        if condition is not None and not isinstance(condition, dict):
            yield (
                ("expectations", n, "kwargs", "row_condition"),
                "is text, which Great Expectations reads no longer from its version 2 on",
                '{"type": "comparison", "column": {"name": "status"}, "operator": "==", "parameter": "A"}',
            )


def _asked(file: _File, name: Pass) -> bool:
    return any(name in item.meta.passes for item in file.expectations)


def _floors(file: _File, name: Pass) -> bool:
    """Whether a floor of one row or more is asked for in this pass."""
    return any(
        item.type == FLOOR and name in item.meta.passes and _at_least_one(item.kwargs.get("min_value"))
        for item in file.expectations
    )


def _at_least_one(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _shared(suites: list[Suite]) -> list[Fault]:
    """What several suites have in common and may not: an id, or a table."""
    faults: list[Fault] = []
    ids: dict[str, Suite] = {}
    tables: dict[tuple[str, str], Suite] = {}
    for suite in suites:
        for n, expectation in enumerate(suite.expectations):
            other = ids.setdefault(expectation.id, suite)
            first = next(i for i, each in enumerate(other.expectations) if each.id == expectation.id)
            if (other, first) != (suite, n):
                what = f"the id {expectation.id!r} stands twice, first in {other.path.name}"
                faults.append(place(suite.path, ("expectations", n, "meta", "id"), what, "an id of its own"))
        other = tables.setdefault((suite.side, bare(suite.table)), suite)
        if other is not suite:
            what = f"{other.path.name} is about {suite.table} of the {suite.side} too"
            faults.append(place(suite.path, ("meta", "golive", "table"), what, "one suite for a table and side"))
    return faults


def _of_condition(condition: object) -> Iterator[str]:
    if not isinstance(condition, Mapping):
        return
    column = condition.get("column")
    if isinstance(column, Mapping) and "name" in column:
        yield str(column["name"])
    for part in condition.get("conditions") or ():
        yield from _of_condition(part)


def _with_id(fault: Fault, data: Any) -> Fault:
    """A fault of the frame, which knows the number of an expectation, with its id beside."""
    found = re.match(r"expectations\[(\d+)\]", fault.key)
    if found is None:
        return fault
    where = ("expectations", int(found[1]))
    key = _called(where, data) + fault.key.removeprefix(found[0])
    return Fault(fault.path, fault.line, key, fault.what, fault.right)


def _called(where: Where, data: Any) -> str:
    """A place as people read it: ``expectations[3] (birth_date_set).severity``."""
    if len(where) < 2 or where[0] != "expectations":
        return dotted(where)
    try:
        name = data["expectations"][where[1]]["meta"]["id"]
    except (LookupError, TypeError):
        name = None
    rest = dotted(("", *where[2:])).lstrip(".") if len(where) > 2 else ""
    return dotted(where[:2]) + (f" ({name})" if name else "") + (f".{rest}" if rest else "")


def _refuse(project: Project, faults: list[Fault]) -> ProjectError:
    text = "\n".join(str(fault) for fault in faults)
    return ProjectError(f"the suites of {project.name}:\n{text}", faults=tuple(faults), project=project.name)
