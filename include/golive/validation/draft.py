"""A suite proposed from what a live table holds today: a beginning that people correct, never a verdict."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from golive.databases import Database
from golive.databases.catalog import TableInfo
from golive.databases.figures import ColumnFigures, Sort, table_figures
from golive.errors import Terminal
from golive.project import Project
from golive.project.preparing import Side
from golive.project.sides import bare, entries, key_of, sensitive_columns, tables
from golive.project.suites import FLOOR, Weight
from golive.validation.failing import why

# So many different texts are a set of codes; more are names.
FEW = 20
SECONDS = 900

Proposed = tuple[str, str, dict[str, Any], Weight, str]


def draft(project: Project, side: Side, table: str, database: Database) -> str:
    """A suite about a table of one side, as the text of its file.

    It holds of every row that is there now: a floor of rows, columns without a NULL, unique keys, sets of few codes,
    ranges of numbers and days, lengths. No value of a sensitive column is in it. Only reads. Raises Terminal for a
    table that the project file or the database does not know, ConnectionLost when the database cannot be reached.
    """
    if not entries(project, side, table):
        known = ", ".join(sorted(tables(project, side)))
        raise Terminal(f"{table!r} is no {side} of {project.name}'s file. Right: {known}", project=project.name)
    with database.session(read_only=True) as connection:
        info = database.catalog.table(connection, table)
    if info is None:
        raise Terminal(
            f"there is no table {table} in {database.name}. Right: a table or view of the {side}", project=project.name
        )
    try:
        with database.reading_engine(seconds=SECONDS) as engine:
            rows, columns = table_figures(engine, info.name, FEW)
    except SQLAlchemyError as error:
        raise Terminal(
            f"table {table} of {database.name} could not be read: {why(error, database, SECONDS)}", table=table
        ) from None
    key = key_of(project, side, table) or info.primary_key
    hidden = {name.lower() for name in sensitive_columns(project, side, table)}
    proposed = list(_proposed(info, rows, columns, key, hidden))
    about: dict[str, Any] = {"side": side, "table": table, "key": list(key)}
    if not rows:
        about["may_be_empty"] = "it was without rows when this was drafted"
    file = {
        "name": f"{bare(table)}.{side}",
        "expectations": [
            {
                "type": kind, "kwargs": kwargs, "severity": weight,
                "meta": {"id": name, "owner": "data_engineer", "says": says},
            }
            for name, (_, kind, kwargs, weight, says) in zip(_ids(table, side, proposed), proposed, strict=True)
        ],
        "meta": {"golive": about},
    }  # fmt: skip
    return json.dumps(file, indent=2, ensure_ascii=False) + "\n"


def _proposed(
    info: TableInfo, rows: int, columns: tuple[ColumnFigures, ...], key: tuple[str, ...], hidden: set[str]
) -> Iterator[Proposed]:
    name = bare(info.name)
    if not rows:
        every = {"column_set": [column.name for column in columns], "exact_match": False}
        says = f"{name} has the columns that it had"
        yield "columns", "expect_table_columns_to_match_set", every, "critical", says
        return
    yield "rows", FLOOR, {"min_value": 1}, "critical", f"{name} has rows"
    for unique in dict.fromkeys((*info.unique, *([key] if key == info.primary_key else []))):
        if unique:
            yield _unique(unique)
    for column in columns:
        if column.valued == rows:
            says = f"{column.name} has a value in every row"
            yield (
                f"{column.name}_given", "expect_column_values_to_not_be_null", {"column": column.name}, "warning", says
            )  # fmt: skip
        alone = any(unique == (column.name,) for unique in info.unique)
        if column.valued and not alone and column.name.lower() not in hidden:
            yield from _of_values(column)
        if column.longest:
            yield (
                f"{column.name}_length", "expect_column_value_lengths_to_be_between",
                {"column": column.name, "max_value": column.longest}, "info",
                f"{column.name} is no longer than it was",
            )  # fmt: skip


def _unique(columns: tuple[str, ...]) -> Proposed:
    says = f"no two rows share {', '.join(columns)}"
    if len(columns) == 1:
        kwargs: dict[str, Any] = {"column": columns[0]}
        return f"{columns[0]}_unique", "expect_column_values_to_be_unique", kwargs, "critical", says
    together = "_".join(columns)
    kwargs = {"column_list": list(columns)}
    return f"{together}_unique", "expect_compound_columns_to_be_unique", kwargs, "critical", says


def _of_values(column: ColumnFigures) -> Iterator[Proposed]:
    """What the values of a column themselves suggest."""
    name = column.name
    if column.values is not None:
        says = f"{name} is one of the codes that were known"
        kwargs = {"column": name, "value_set": list(column.values)}
        yield f"{name}_known", "expect_column_values_to_be_in_set", kwargs, "warning", says
    elif column.sort in (Sort.NUMBER, Sort.DAY) and column.least is not None:
        says = f"{name} lies where it lay"
        kwargs = {"column": name, "min_value": _below(column.least), "max_value": _above(column.most)}
        yield f"{name}_range", "expect_column_values_to_be_between", kwargs, "info", says


def _below(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else math.floor(value)


def _above(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else math.ceil(value)


def _ids(table: str, side: Side, proposed: list[Proposed]) -> list[str]:
    """An id for each, of letters, digits and underscores, and no two alike."""
    ids: list[str] = []
    for what, *_ in proposed:
        plain = re.sub(r"[^a-z0-9_]+", "_", f"{side}_{bare(table)}_{what}".lower())[:58]
        again = sum(1 for each in ids if each == plain or re.fullmatch(rf"{re.escape(plain)}_\d+", each))
        ids.append(f"{plain}_{again + 1}" if again else plain)
    return ids
