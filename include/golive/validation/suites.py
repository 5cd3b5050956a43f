"""Suites of expectations as a whole: the frame of their files, and what Great Expectations says of each expectation.

Great Expectations drops an expectation that it does not know with a line in its log, and calls an empty suite a
success. Nothing here is dropped: every fault is told with its file, its line and the expectation's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

from golive.databases.failing import MAPPED, QUERY
from golive.errors import Fault, ProjectError
from golive.project.suites import Expectation, load_suites, place
from golive.validation.judge import domain_object, quiet

# A figure of a column, without keys; true where the figure is a count or a mean and not the value of some row.
AGGREGATES: dict[str, bool] = {
    "expect_column_distinct_values_to_be_in_set": False,
    "expect_column_distinct_values_to_contain_set": False,
    "expect_column_distinct_values_to_equal_set": False,
    "expect_column_max_to_be_between": False,
    "expect_column_mean_to_be_between": True,
    "expect_column_median_to_be_between": False,
    "expect_column_min_to_be_between": False,
    "expect_column_most_common_value_to_be_in_set": False,
    "expect_column_proportion_of_non_null_values_to_be_between": True,
    "expect_column_proportion_of_unique_values_to_be_between": True,
    "expect_column_quantile_values_to_be_between": False,
    "expect_column_stdev_to_be_between": True,
    "expect_column_sum_to_be_between": True,
    "expect_column_unique_value_count_to_be_between": True,
}
# What is true of an empty table as well.
ABOUT_THE_TABLE = frozenset({
    "expect_column_to_exist",
    "expect_table_column_count_to_be_between",
    "expect_table_column_count_to_equal",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
    "expect_table_row_count_to_be_between",
    "expect_table_row_count_to_equal",
})  # fmt: skip
ACCEPTED = MAPPED | AGGREGATES.keys() | ABOUT_THE_TABLE

# Arguments that would change how an expectation is run, not what it demands.
_HOW = ("batch_id", "catch_exceptions", "condition_parser", "result_format", "windows")
_WITHOUT_BOUNDS = frozenset({"expect_column_quantile_values_to_be_between"})


def check_suites(name: str, folder: Path | None = None, projects: Path | None = None) -> list[Fault]:
    """Every fault of a project's suites, in the files' order; empty if they are right.

    What Great Expectations says is asked once the frames are right; importing it takes seconds. Opens no connection.
    """
    try:
        suites = load_suites(name, folder, projects)
    except ProjectError as error:
        return list(error.faults)
    if not suites:
        return []
    with quiet():
        return [
            place(suite.path, ("expectations", number, *where), what, right)
            for suite in suites
            for number, expectation in enumerate(suite.expectations)
            for where, what, right in _faults(expectation)
        ]


def refused(expectation: Expectation) -> str:
    """What is wrong with an expectation, in one line; '' if it is right. Within ``quiet``."""
    return "; ".join(f"{what}. Right: {right}" for _, what, right in _faults(expectation))


def _faults(expectation: Expectation) -> Iterator[tuple[tuple[str, ...], str, str]]:
    kind, kwargs = expectation.type, expectation.kwargs
    if kind not in ACCEPTED:
        yield ("type",), f"{kind!r} is not one that Golive accepts", f"one of {', '.join(sorted(ACCEPTED))}"
        return
    for name in _HOW:
        if name in kwargs:
            yield ("kwargs", name), f"{name} says how it is run, which is Golive's to say", "without it"
    if any(isinstance(value, dict) and "$PARAMETER" in value for value in kwargs.values()):
        yield ("kwargs",), "has a $PARAMETER, and nothing gives it a value", "the value itself"
        return
    yield from _says_nothing(kind, kwargs)
    if kind == QUERY:
        yield from _query(kwargs.get("unexpected_rows_query"))
    yield from _refused_by_library(expectation)


def _says_nothing(kind: str, kwargs: Any) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Arguments under which Great Expectations passes whatever the data are."""
    bounded = kind.endswith("_to_be_between") and kind not in _WITHOUT_BOUNDS
    if bounded and kwargs.get("min_value") is None and kwargs.get("max_value") is None:
        yield ("kwargs",), "has neither min_value nor max_value", "one of them or both"
    for name in ("value_set", "value_pairs_set", "regex_list", "like_pattern_list"):
        if name in kwargs and not kwargs[name]:
            yield ("kwargs", name), "is empty", "at least one"
    if kind.endswith("_in_set") and "value_set" not in kwargs and "value_pairs_set" not in kwargs:
        yield ("kwargs",), "has no value_set", "the values"
    if kind == "expect_column_values_to_not_be_in_set" and None in (kwargs.get("value_set") or ()):
        yield ("kwargs", "value_set"), "has a null, beside which nothing is ever found", "the values without null"
    if kwargs.get("mostly", 1) == 0:
        yield ("kwargs", "mostly"), "is 0, which every table holds", "more than 0, up to 1"


def _query(text: object) -> Iterator[tuple[tuple[str, ...], str, str]]:
    where = ("kwargs", "unexpected_rows_query")
    if not isinstance(text, str) or not text.strip().lower().startswith(("select", "with")):
        yield where, "is no query", "select ... from {batch} where ..."
        return
    try:
        named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        yield where, f"has a brace too many or too few ({error})", "{batch}; other braces doubled: {{ and }}"
        return
    if named != {"batch"}:
        yield where, "does not name {batch}, and that alone", "{batch} for the table; other braces doubled"


def _refused_by_library(expectation: Expectation) -> Iterator[tuple[tuple[str, ...], str, str]]:
    try:
        domain_object(expectation)
    except Exception as error:  # Great Expectations' own, pydantic's, or whatever a validator of theirs raises
        listed = getattr(error, "errors", None)
        if not callable(listed):
            yield ("kwargs",), f"is refused by Great Expectations: {_line(error)}", "what its documentation says"
            return
        told: dict[tuple[str, ...], list[str]] = {}
        for item in listed():
            # One of several sorts that a value may have: each sort has its own complaint.
            told.setdefault(tuple(str(part) for part in item["loc"] if part != "__root__"), []).append(str(item["msg"]))
        for where, messages in told.items():
            yield ("kwargs", *where), ", ".join(dict.fromkeys(messages)), "what its documentation says"


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
