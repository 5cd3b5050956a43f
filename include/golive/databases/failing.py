"""Which rows break an expectation: one query for every engine that SQLAlchemy speaks.

Great Expectations counts such rows and shows a few; here all of them are named, by their key. What a type means about
NULLs is Great Expectations' meaning: a test holds both counts together for every type.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Engine, FromClause, Select

Kwargs = Mapping[str, Any]
Value = ColumnElement[Any]
Condition = ColumnElement[bool]

# Rows that are fetched at once.
PAGE = 2_000


def _not_null(column: Value, kwargs: Kwargs) -> Condition:
    return column.is_not(None)


def _null(column: Value, kwargs: Kwargs) -> Condition:
    return column.is_(None)


def _in_set(column: Value, kwargs: Kwargs) -> Condition:
    return column.in_([value for value in kwargs["value_set"] if value is not None])


def _not_in_set(column: Value, kwargs: Kwargs) -> Condition:
    return column.not_in(list(kwargs["value_set"]))


def _between(column: Value, kwargs: Kwargs) -> Condition:
    low, high, bounds = kwargs.get("min_value"), kwargs.get("max_value"), list[Condition]()
    if low is not None:
        bounds.append(column > low if kwargs.get("strict_min") else column >= low)
    if high is not None:
        bounds.append(column < high if kwargs.get("strict_max") else column <= high)
    return sa.and_(sa.true(), *bounds)


def _length_between(column: Value, kwargs: Kwargs) -> Condition:
    return _between(sa.func.length(column), kwargs)


def _length(column: Value, kwargs: Kwargs) -> Condition:
    return _between(sa.func.length(column), {"min_value": kwargs["value"], "max_value": kwargs["value"]})


def _regex(column: Value, kwargs: Kwargs) -> Condition:
    return column.regexp_match(kwargs["regex"])


def _regexes(column: Value, kwargs: Kwargs) -> Condition:
    return _together(kwargs, [column.regexp_match(each) for each in kwargs["regex_list"]])


def _no_regex(column: Value, kwargs: Kwargs) -> Condition:
    return sa.not_(column.regexp_match(kwargs["regex"]))


def _no_regexes(column: Value, kwargs: Kwargs) -> Condition:
    return sa.and_(*(sa.not_(column.regexp_match(each)) for each in kwargs["regex_list"]))


def _like(column: Value, kwargs: Kwargs) -> Condition:
    return column.like(kwargs["like_pattern"], escape=kwargs.get("escape"))


def _likes(column: Value, kwargs: Kwargs) -> Condition:
    return _together(kwargs, [column.like(p, escape=kwargs.get("escape")) for p in kwargs["like_pattern_list"]])


def _not_like(column: Value, kwargs: Kwargs) -> Condition:
    return column.not_like(kwargs["like_pattern"], escape=kwargs.get("escape"))


def _no_likes(column: Value, kwargs: Kwargs) -> Condition:
    return sa.and_(*(column.not_like(p, escape=kwargs.get("escape")) for p in kwargs["like_pattern_list"]))


def _together(kwargs: Kwargs, conditions: Sequence[Condition]) -> Condition:
    return sa.and_(*conditions) if kwargs.get("match_on") == "all" else sa.or_(*conditions)


def _equal(one: Value, other: Value, kwargs: Kwargs) -> Condition:
    return sa.and_(one == other, one.is_not(None), other.is_not(None))


def _greater(one: Value, other: Value, kwargs: Kwargs) -> Condition:
    return one >= other if kwargs.get("or_equal") else one > other


def _pair_in_set(one: Value, other: Value, kwargs: Kwargs) -> Condition:
    return sa.or_(*(sa.and_(one == first, other == second) for first, second in kwargs["value_pairs_set"]))


def _sum(columns: Sequence[Value], kwargs: Kwargs) -> Condition:
    total: Value = functools.reduce(operator.add, columns)
    held: Condition = total == kwargs["sum_total"]
    return held


def _all_equal(columns: Sequence[Value], kwargs: Kwargs) -> Condition:
    return sa.and_(sa.true(), *(one.is_not_distinct_from(other) for one, other in pairwise(columns)))


def _all_different(columns: Sequence[Value], kwargs: Kwargs) -> Condition:
    same = (sa.or_(a == b, sa.and_(a.is_(None), b.is_(None))) for a, b in combinations(columns, 2))
    return sa.not_(sa.or_(*same))


# What a row has to fulfil, by the type of the expectation and by the columns that it is about.
OF_A_COLUMN: dict[str, Callable[[Value, Kwargs], Condition]] = {
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_be_between": _between,
    "expect_column_value_lengths_to_be_between": _length_between,
    "expect_column_value_lengths_to_equal": _length,
    "expect_column_values_to_match_regex": _regex,
    "expect_column_values_to_match_regex_list": _regexes,
    "expect_column_values_to_not_match_regex": _no_regex,
    "expect_column_values_to_not_match_regex_list": _no_regexes,
    "expect_column_values_to_match_like_pattern": _like,
    "expect_column_values_to_match_like_pattern_list": _likes,
    "expect_column_values_to_not_match_like_pattern": _not_like,
    "expect_column_values_to_not_match_like_pattern_list": _no_likes,
}
OF_A_PAIR: dict[str, Callable[[Value, Value, Kwargs], Condition]] = {
    "expect_column_pair_values_to_be_equal": _equal,
    "expect_column_pair_values_a_to_be_greater_than_b": _greater,
    "expect_column_pair_values_to_be_in_set": _pair_in_set,
}
OF_COLUMNS: dict[str, Callable[[Sequence[Value], Kwargs], Condition]] = {
    "expect_multicolumn_sum_to_equal": _sum,
    "expect_multicolumn_values_to_be_equal": _all_equal,
    "expect_select_column_values_to_be_unique_within_record": _all_different,
}
# The value of these columns together belongs to one row alone.
UNIQUE = frozenset({"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"})
# Whose query gives the failing rows itself.
QUERY = "unexpected_rows_expectation"
# They look at NULLs too.
OF_NULLS = frozenset({"expect_column_values_to_not_be_null", "expect_column_values_to_be_null"})

MAPPED = frozenset({*OF_A_COLUMN, *OF_A_PAIR, *OF_COLUMNS, *UNIQUE, QUERY})

_WHOLE_PAIRS = "both_values_are_missing"
_WHOLE_ROWS = "all_values_are_missing"


def failing_keys(table: str, key: Sequence[str], kind: str, kwargs: Kwargs) -> Select[Any]:
    """The keys of all rows of ``table`` that break an expectation of type ``kind``, as text, in the order of the key.

    Without a key it gives one empty column for each such row. Raises KeyError for a type that is not of rows.
    """
    if kind == QUERY:
        asked = sa.text(within(kwargs["unexpected_rows_query"], table)).columns(*(_column(name) for name in key))
        return _keys(asked.subquery("failing"), key)
    rows = named(table)
    held = _condition(kwargs.get("row_condition"))
    if kind in UNIQUE:
        columns = [_column(name) for name in kwargs.get("column_list") or [kwargs["column"]]]
        together = sa.func.count().over(partition_by=columns).label("rows_together")
        whole = (column.is_not(None) for column in columns)
        every = [_column(name) for name in dict.fromkeys(key)]
        shared = sa.select(*every, together).select_from(rows).where(held, *whole).subquery("shared")
        return _keys(shared, key).where(shared.c.rows_together > 1)
    return _keys(rows, key).where(held, _broken(kind, kwargs))


def failing_count(query: Select[Any]) -> Select[int]:
    """How many rows a query of failing keys gives, without the work of ordering them."""
    return sa.select(sa.func.count()).select_from(query.order_by(None).subquery("failing"))


def any_row(table: str, kwargs: Kwargs) -> Select[Any]:
    """One row that an expectation looks at: of its row condition, and with a value in its column; or none."""
    column = kwargs.get("column")
    valued = _column(column).is_not(None) if column else sa.true()
    return (
        sa.select(sa.literal(1))
        .select_from(named(table))
        .where(_condition(kwargs.get("row_condition")), valued)
        .limit(1)
    )


def within(query: str, table: str) -> str:
    """A query of an expectation, with the table in the place of ``{batch}``; doubled braces become single ones.

    As Great Expectations does it: a query without a JOIN knows the table as ``subselect``, one with a JOIN gives it
    an alias of its own. Raises what ``str.format`` raises where the braces name something else.
    """
    batch = f"{named(table)}" if re.search(r"\bjoin\b", query, re.IGNORECASE) else f"{named(table)} AS subselect"
    # The line break ends a comment at the query's end.
    return query.rstrip("; \t\r\n").format(batch=batch) + "\n"


def counted(query: str) -> str:
    """A query of an expectation that gives at most one row: none where ``query`` gives none.

    Great Expectations fetches what an expectation's query gives; this keeps the rows in the database.
    """
    rows = query.rstrip("; \t\r\n")
    before, behind = "select failing from (select count(*) as failing from (", ") rows_found) found where failing > 0"
    return "\n".join((before, rows, behind))


def planned(table: str, kind: str, kwargs: Kwargs) -> Select[Any]:
    """A query that looks at no row, and fails where an expectation does not fit the table's columns."""
    return failing_keys(table, (), kind, kwargs).limit(0)


def pages(engine: Engine, query: Select[Any]) -> Generator[tuple[str | None, ...], None, None]:
    """The rows of a query, one after the other, some of them held at once; its connection closes with the iterator."""
    with engine.connect().execution_options(yield_per=PAGE) as connection:
        for row in connection.execute(query):
            yield tuple(row)


def named(table: str) -> sa.TableClause:
    """A table by its name, ``table`` or ``schema.table``."""
    schema, _, name = table.rpartition(".")
    return sa.table(name, schema=schema or None)


def _column(name: str) -> Value:
    return sa.column(name)


def _keys(rows: FromClause, key: Sequence[str]) -> Select[Any]:
    columns = [_column(name) for name in key]
    texts: list[Value] = [sa.cast(column, sa.String).label(f"k{n}") for n, column in enumerate(columns)]
    chosen: Select[Any] = sa.select(*(texts or [sa.null().label("k0")]))
    return chosen.select_from(rows).order_by(*columns)


def _broken(kind: str, kwargs: Kwargs) -> Condition:
    if kind in OF_A_COLUMN:
        column = _column(kwargs["column"])
        expected = sa.not_(OF_A_COLUMN[kind](column, kwargs))
        return expected if kind in OF_NULLS else sa.and_(column.is_not(None), expected)
    if kind in OF_A_PAIR:
        one, other = _column(kwargs["column_A"]), _column(kwargs["column_B"])
        ignored = kwargs.get("ignore_row_if", _WHOLE_PAIRS)
        return sa.and_(_looked_at([one, other], ignored), sa.not_(OF_A_PAIR[kind](one, other, kwargs)))
    columns = [_column(name) for name in kwargs["column_list"]]
    ignored = kwargs.get("ignore_row_if", _WHOLE_ROWS)
    return sa.and_(_looked_at(columns, ignored), sa.not_(OF_COLUMNS[kind](columns, kwargs)))


def _looked_at(columns: Sequence[Value], ignored: str) -> Condition:
    """The rows that are left by ``ignore_row_if``."""
    if ignored in ("both_values_are_missing", "all_values_are_missing"):
        return sa.or_(*(column.is_not(None) for column in columns))
    if ignored in ("either_value_is_missing", "any_value_is_missing"):
        return sa.and_(*(column.is_not(None) for column in columns))
    return sa.true()


_COMPARED: dict[str, Callable[[Value, Any], Condition]] = {
    "==": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "IN": lambda column, value: column.in_(value),
    "NOT_IN": lambda column, value: column.not_in(value),
}


def _condition(condition: Kwargs | None) -> Condition:
    """A row condition as Great Expectations writes it down."""
    if condition is None:
        return sa.true()
    kind = condition["type"]
    if kind in ("and", "or"):
        parts = [_condition(part) for part in condition["conditions"]]
        return sa.and_(*parts) if kind == "and" else sa.or_(*parts)
    column = _column(condition["column"]["name"])
    if kind == "nullity":
        return column.is_(None) if condition["is_null"] else column.is_not(None)
    return _COMPARED[condition["operator"]](column, condition["parameter"])
