"""Every type of expectation about rows: it holds, it does not, and then the right rows are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import databases
from tests.integration.suites.asking import Asked, ask, expectation, floor, suite
from tests.integration.two_sides import run

from golive.databases.failing import MAPPED, failing_keys, pages
from golive.results import Verdict
from golive.validation.judge import quiet
from golive.validation.suites import ABOUT_THE_TABLE, AGGREGATES, refused

TABLE = """
create table t (
  id int primary key, name text, born date, amount numeric(8,2), one int, other int, third int, code text, blank text,
  even boolean, rest int
);
insert into t values
  (1, 'Ann',   '2001-01-01', 10.00, 1, 1, 1, 'A-1', null, false, 6),
  (2, 'Bob',   '2002-02-02', 20.50, 2, 1, 3, 'A-2', null, true, 5),
  (3, 'Ann',   '2003-03-03', 30.00, 3, 4, 1, 'B_3', null, false, 4),
  (4, null,    null,         null,  4, null, 4, null, null, true, 3),
  (5, 'x%',    '1890-01-01', -1.00, null, null, null, 'b-5', null, false, 2),
  (6, 'Zoë''s','2006-06-06', 60.00, 6, 6, 6, 'A-6', null, true, 1)
"""
ALL = "expect_column_values_to_"
NAMES = ["Ann", "Bob", "x%", "Zoë's"]

# type: arguments with which it holds, arguments with which it does not, and the rows that then break it.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[int]]] = {
    ALL + "not_be_null": ({"column": "id"}, {"column": "name"}, [4]),
    ALL + "be_null": ({"column": "blank"}, {"column": "name"}, [1, 2, 3, 5, 6]),
    ALL + "be_in_set": (
        {"column": "name", "value_set": NAMES},
        {"column": "born", "value_set": ["2001-01-01", "2006-06-06", None]},
        [2, 3, 5],
    ),
    ALL + "not_be_in_set": (
        {"column": "name", "value_set": ["Eve"]},
        {"column": "name", "value_set": ["Ann", "Zoë's"]},
        [1, 3, 6],
    ),
    ALL + "be_between": (
        {"column": "amount", "min_value": -1, "max_value": 60},
        {"column": "born", "min_value": "1900-01-01", "max_value": "2003-03-03", "strict_max": True},
        [3, 5, 6],
    ),
    "expect_column_value_lengths_to_be_between": (
        {"column": "name", "max_value": 5},
        {"column": "name", "min_value": 2, "strict_min": True},
        [5],
    ),
    "expect_column_value_lengths_to_equal": ({"column": "code", "value": 3}, {"column": "name", "value": 3}, [5, 6]),
    ALL + "match_regex": ({"column": "code", "regex": "^.[-_]"}, {"column": "code", "regex": r"^[A-Z]-\d$"}, [3, 5]),
    ALL + "not_match_regex": ({"column": "code", "regex": "^C"}, {"column": "code", "regex": "^A-[26]"}, [2, 6]),
    ALL + "match_regex_list": (
        {"column": "code", "regex_list": ["^A", "^B", "^b"], "match_on": "any"},
        {"column": "code", "regex_list": ["^A", "[16]$"], "match_on": "all"},
        [2, 3, 5],
    ),
    ALL + "not_match_regex_list": (
        {"column": "code", "regex_list": ["^C", "^D"]},
        {"column": "code", "regex_list": ["_", "5$"]},
        [3, 5],
    ),
    ALL + "match_like_pattern": (
        {"column": "code", "like_pattern": "___"},
        {"column": "code", "like_pattern": "A-%"},
        [3, 5],
    ),
    ALL + "not_match_like_pattern": (
        {"column": "code", "like_pattern": "C%"},
        {"column": "name", "like_pattern": "%!%%", "escape": "!"},
        [5],
    ),
    ALL + "match_like_pattern_list": (
        {"column": "code", "like_pattern_list": ["A%", "B%", "b%"], "match_on": "any"},
        {"column": "code", "like_pattern_list": ["A%", "%6"], "match_on": "all"},
        [1, 2, 3, 5],
    ),
    ALL + "not_match_like_pattern_list": (
        {"column": "code", "like_pattern_list": ["C%"]},
        {"column": "code", "like_pattern_list": ["%1", "%6"]},
        [1, 6],
    ),
    ALL + "be_unique": ({"column": "born"}, {"column": "name"}, [1, 3]),
    "expect_compound_columns_to_be_unique": (
        {"column_list": ["name", "born"]},
        {"column_list": ["third", "even"]},
        [1, 3],
    ),
    "expect_column_pair_values_to_be_equal": (
        {"column_A": "id", "column_B": "id"},
        {"column_A": "one", "column_B": "other"},
        [2, 3, 4],
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        {"column_A": "id", "column_B": "one", "or_equal": True},
        {"column_A": "one", "column_B": "other"},
        [1, 3, 6],
    ),
    "expect_column_pair_values_to_be_in_set": (
        {"column_A": "one", "column_B": "other", "value_pairs_set": [[1, 1], [2, 1], [3, 4], [4, None], [6, 6]]},
        {"column_A": "one", "column_B": "other", "value_pairs_set": [[1, 1], [2, 1]]},
        [3, 4, 6],
    ),
    "expect_multicolumn_sum_to_equal": (
        {"column_list": ["id", "rest"], "sum_total": 7},
        {"column_list": ["one", "other"], "sum_total": 2},
        [2, 3, 6],
    ),
    "expect_multicolumn_values_to_be_equal": (
        {"column_list": ["id", "id"]},
        {"column_list": ["one", "other", "third"]},
        [2, 3, 4],
    ),
    "expect_select_column_values_to_be_unique_within_record": (
        {"column_list": ["id", "amount"]},
        {"column_list": ["one", "other", "third"]},
        [1, 4, 6],
    ),
    "unexpected_rows_expectation": (
        {"unexpected_rows_query": "select * from {batch} where amount > 99;"},
        {"unexpected_rows_query": "select a.id from {batch} a join t b on b.name = a.name and b.id <> a.id -- twice"},
        [1, 3],
    ),
}

COLUMNS = ["id", "name", "born", "amount", "one", "other", "third", "code", "blank", "even", "rest"]
AGGREGATED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "expect_column_distinct_values_to_be_in_set": ({"value_set": [1, 2, 3, 4, 6]}, {"value_set": [1]}),
    "expect_column_distinct_values_to_contain_set": ({"value_set": [1, 6]}, {"value_set": [7]}),
    "expect_column_distinct_values_to_equal_set": ({"value_set": [1, 2, 3, 4, 6]}, {"value_set": [1]}),
    "expect_column_max_to_be_between": ({"max_value": 6}, {"max_value": 5}),
    "expect_column_mean_to_be_between": ({"min_value": 3, "max_value": 4}, {"max_value": 3}),
    "expect_column_median_to_be_between": ({"min_value": 3, "max_value": 3}, {"max_value": 2}),
    "expect_column_min_to_be_between": ({"min_value": 1}, {"min_value": 2}),
    "expect_column_most_common_value_to_be_in_set": (
        {"value_set": [1, 2, 3, 4, 6], "ties_okay": True},
        {"value_set": [7]},
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": ({"min_value": 0.8}, {"min_value": 0.9}),
    "expect_column_proportion_of_unique_values_to_be_between": ({"min_value": 1}, {"max_value": 0.5}),
    "expect_column_quantile_values_to_be_between": (
        {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[3, 3]]}},
        {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[4, 5]]}},
    ),
    "expect_column_stdev_to_be_between": ({"min_value": 1}, {"max_value": 1}),
    "expect_column_sum_to_be_between": ({"min_value": 16, "max_value": 16}, {"max_value": 15}),
    "expect_column_unique_value_count_to_be_between": ({"min_value": 5}, {"max_value": 4}),
}
TABLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "expect_column_to_exist": ({"column": "id"}, {"column": "nix"}),
    "expect_table_column_count_to_be_between": ({"min_value": 11, "max_value": 11}, {"max_value": 10}),
    "expect_table_column_count_to_equal": ({"value": 11}, {"value": 10}),
    "expect_table_columns_to_match_ordered_list": ({"column_list": COLUMNS}, {"column_list": COLUMNS[1:]}),
    "expect_table_columns_to_match_set": (
        {"column_set": ["id", "name"], "exact_match": False},
        {"column_set": ["id"], "exact_match": True},
    ),
    "expect_table_row_count_to_be_between": ({"min_value": 6}, {"min_value": 7}),
    "expect_table_row_count_to_equal": ({"value": 6}, {"value": 7}),
}

WITHOUT_KEYS = {
    kind: tuple({"column": "one"} | kwargs for kwargs in both) for kind, both in AGGREGATED.items()
} | TABLES


@pytest.fixture(scope="module")
def url(server_url: Callable[[str], str]) -> Iterator[str]:
    with databases(server_url) as make:
        made = make("types")
        run(made, TABLE)
        yield made


@pytest.fixture(scope="module")
def asked(url: str) -> Asked:
    """Every case at once: a suite is one question to the database, however long."""
    cases = [
        expectation(f"{kind}_{holds}", kind, **kwargs)
        for kind, (right, wrong, *_) in (CASES | WITHOUT_KEYS).items()
        for holds, kwargs in (("holds", right), ("fails", wrong))
    ]
    with quiet():
        assert [what for each in cases if (what := refused(each))] == []
    return ask(url, suite(floor(), *cases))


def test_every_type_that_is_accepted_is_tried() -> None:
    assert CASES.keys() == MAPPED
    assert AGGREGATED.keys() == AGGREGATES.keys()
    assert TABLES.keys() == ABOUT_THE_TABLE


@pytest.mark.parametrize("kind", sorted(MAPPED))
def test_of_rows(asked: Asked, kind: str) -> None:
    holds, fails = asked.results[f"{kind}_holds"], asked.results[f"{kind}_fails"]
    assert holds.verdict is Verdict.PASS, holds.says
    assert fails.verdict is Verdict.FAIL, fails.says
    assert asked.kept.rows(f"{kind}_fails") == [("id",), *((str(key),) for key in CASES[kind][2])]
    assert fails.evidence["failing"] == len(CASES[kind][2])
    if kind != "unexpected_rows_expectation":  # of which Great Expectations is not asked the number
        assert fails.evidence["counted"] == fails.evidence["failing"]
    assert fails.says.endswith(" rows do not hold it"), fails.says


@pytest.mark.parametrize("kind", sorted(WITHOUT_KEYS))
def test_of_a_figure_or_of_the_table(asked: Asked, kind: str) -> None:
    holds, fails = asked.results[f"{kind}_holds"], asked.results[f"{kind}_fails"]
    assert (holds.verdict, fails.verdict) == (Verdict.PASS, Verdict.FAIL), (holds.says, fails.says)
    assert fails.looked_at == 6
    assert f"{kind}_fails" not in asked.kept.files


def test_a_figure_is_said_and_a_value_of_a_row_is_not(asked: Asked) -> None:
    said = {kind: asked.results[f"{kind}_fails"].says.partition(": ")[2] for kind in WITHOUT_KEYS}
    assert said["expect_column_sum_to_be_between"] == "16 found, at most 15 asked"
    assert said["expect_column_proportion_of_non_null_values_to_be_between"] == "0.8333 found, at least 0.9 asked"
    assert said["expect_table_row_count_to_equal"] == "6 found, 7 asked"
    for kind in ("max", "min", "median", "quantile_values"):
        assert said[f"expect_column_{kind}_to_be_between"] == "it does not hold"


@pytest.fixture(scope="module")
def another_engine() -> Iterator[sa.Engine]:
    """The same table in an engine that Golive does not move yet."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        for statement in TABLE.split(";"):
            connection.execute(sa.text(statement))
    yield engine
    engine.dispose()


@pytest.mark.parametrize("kind", sorted(MAPPED))
def test_the_same_rows_fail_in_another_engine(another_engine: sa.Engine, kind: str) -> None:
    for kwargs, failing in zip(CASES[kind][:2], ([], CASES[kind][2]), strict=True):
        found = pages(another_engine, failing_keys("t", ("id",), kind, kwargs))
        assert list(found) == [(str(key),) for key in failing]
