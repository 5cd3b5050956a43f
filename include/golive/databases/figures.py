"""What the columns of a table look like in figures, for every engine that SQLAlchemy speaks. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine

from golive.databases.failing import named


class Sort(StrEnum):
    """What can be said of a column's values."""

    NUMBER = "number"
    DAY = "day"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """A column: how many rows have a value, and of which sort.

    ``least`` and ``most`` bound numbers and days, ``longest`` is in characters; ``values`` are all values that
    there are, None if they are more than were asked for or of no such sort.
    """

    name: str
    sort: Sort
    valued: int
    least: Decimal | float | int | date | datetime | None = None
    most: Decimal | float | int | date | datetime | None = None
    longest: int | None = None
    values: tuple[str, ...] | None = None


def table_figures(engine: Engine, table: str, few: int) -> tuple[int, tuple[ColumnFigures, ...]]:
    """The number of a table's rows and its columns' figures, in the table's order.

    One scan, and one more for each column of text whose values are at most ``few``. Raises SQLAlchemy's errors.
    """
    schema, _, name = table.rpartition(".")
    sorts = {column["name"]: _sort(column["type"]) for column in sa.inspect(engine).get_columns(name, schema or None)}
    asked: list[ColumnElement[Any]] = [sa.func.count()]
    for column, sort in sorts.items():
        asked += _asked(sa.column(column), sort)
    with engine.connect() as connection:
        rows, *found = connection.execute(sa.select(*asked).select_from(named(table))).one()
        figures = []
        for n, (column, sort) in enumerate(sorts.items()):
            valued, least, most, longest = found[4 * n : 4 * n + 4]
            values = _values(connection, table, column, few) if sort is Sort.TEXT and valued else None
            figures.append(ColumnFigures(column, sort, valued, least, most, longest, values))
    return rows, tuple(figures)


def _asked(column: ColumnElement[Any], sort: Sort) -> list[ColumnElement[Any]]:
    """Four figures of a column, NULL for those that its sort has not."""
    least = most = longest = sa.null()
    if sort in (Sort.NUMBER, Sort.DAY):
        least, most = sa.func.min(column), sa.func.max(column)  # type: ignore[assignment]
    elif sort is Sort.TEXT:
        longest = sa.func.max(sa.func.length(column))  # type: ignore[assignment]
    return [sa.func.count(column), least, most, longest]


def _values(connection: Connection, table: str, name: str, few: int) -> tuple[str, ...] | None:
    column: ColumnElement[Any] = sa.column(name)
    query = sa.select(column).distinct().select_from(named(table)).where(column.is_not(None)).limit(few + 1)
    values = [str(value) for value in connection.scalars(query)]
    return tuple(sorted(values)) if len(values) <= few else None


def _sort(kind: sa.types.TypeEngine[Any]) -> Sort:
    if isinstance(kind, sa.Numeric | sa.Float | sa.Integer):
        return Sort.NUMBER
    if isinstance(kind, sa.Date | sa.DateTime):
        return Sort.DAY
    if isinstance(kind, sa.String) and not isinstance(kind, sa.Enum):
        return Sort.TEXT
    return Sort.OTHER
