"""The keys of failing rows: all of them, masked, in little memory; and what is said when they cannot be had."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
from collections.abc import Callable

import pytest
from tests.integration.suites.asking import ask, expectation, floor, suite
from tests.integration.two_sides import run

from golive.results import Verdict
from golive.validation import failing
from golive.validation.failing import FailingKeys, packed

ROWS = """
create table t (school text, id int, ssn text, grade int, primary key (school, id));
insert into t select 's' || n % 3, n, 'ssn-' || n, case when n > 30000 then 9 end from generate_series(1, 30100) n
"""
GRADED = expectation("graded", "expect_column_values_to_not_be_null", column="grade")


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    made = new_database("failing")
    run(made, ROWS)
    return made


def test_thirty_thousand_failing_keys_are_complete_and_in_their_order(url: str) -> None:
    asked = ask(url, suite(floor(), GRADED, key=()))
    columns, *keys = asked.kept.rows("graded")
    assert columns == ("school", "id")  # the primary key, where the suite names none
    assert keys == sorted(((f"s{n % 3}", str(n)) for n in range(1, 30001)), key=lambda key: (key[0], int(key[1])))
    evidence = asked.results["graded"].evidence
    assert evidence["failing"] == evidence["counted"] == 30_000
    assert (evidence["keys"], evidence["columns"]) == ("hash of graded", ["school", "id"])
    assert asked.results["graded"].says == "What graded says: 30000 of 30100 rows do not hold it"


def test_a_sensitive_column_of_the_key_is_masked_and_a_missing_one_is_said(url: str) -> None:
    run(url, "update t set ssn = null where id = 3")
    asked = ask(url, suite(floor(), GRADED, key=("id", "SSN".lower()), sensitive=frozenset({"ssn"})))
    assert set(asked.kept.rows("graded")[1:]) == {(str(n), "***") for n in range(1, 30001)}
    assert b"ssn-" not in gzip.decompress(asked.kept.files["graded"])
    open_ = ask(url, suite(floor(), GRADED, key=("ssn",)))
    assert ("NULL",) in open_.kept.rows("graded")
    gone = ask(url, suite(floor(), GRADED, key=("number",)))
    assert gone.results["graded"].verdict is Verdict.FAIL
    assert gone.results["graded"].says.endswith('their keys could not be listed: column "number" does not exist')


def test_a_sum_over_a_sensitive_column_is_not_said(url: str) -> None:
    much = expectation("much", "expect_column_sum_to_be_between", column="grade", min_value=1000)
    assert ask(url, suite(floor(), much)).results["much"].says == "What much says: 900 found, at least 1000 asked"
    hidden = ask(url, suite(floor(), much, sensitive=frozenset({"grade"}))).results["much"]
    assert (hidden.verdict, hidden.says) == (Verdict.FAIL, "What much says: it does not hold")


def test_rows_of_a_table_without_a_key_are_counted(url: str) -> None:
    run(url, "create table u as select grade from t")
    asked = ask(url, suite(floor(), GRADED, table="u", key=()))
    assert asked.kept.files == {}
    assert asked.results["graded"].evidence["failing"] == 30_000
    assert asked.results["graded"].says.endswith("the table has no key by which to name them")


def test_a_query_that_does_not_give_the_key_is_counted_by_nobody_and_says_so(url: str) -> None:
    asked = ask(url, suite(floor(), expectation(
        "query", "unexpected_rows_expectation", unexpected_rows_query="select grade from {batch} where grade is null",
    ), key=("id",)))  # fmt: skip
    assert asked.results["query"].verdict is Verdict.FAIL
    assert asked.results["query"].says.endswith('their keys could not be listed: column "id" does not exist')


def test_a_count_that_is_not_great_expectations_is_said_on_the_target_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = failing.failing_keys
    monkeypatch.setattr(failing, "failing_keys", lambda *of: every(*of).limit(29_999))
    said = ask(url, suite(floor(), GRADED, key=("id",))).results["graded"]
    assert said.evidence["failing"] == 29_999 and said.evidence["counted"] == 30_000
    assert "Great Expectations counted 30000, and nobody else should write to the target" in said.says
    old = ask(url, suite(floor(), GRADED, key=("id",), side="source")).results["graded"]
    assert old.says == "What graded says: 29999 of 30100 rows do not hold it"


def test_keys_are_packed_alike_each_time_and_never_held_as_a_whole() -> None:
    def keys(rows: int) -> FailingKeys:
        return FailingKeys("t.target", "graded", ("id", "name"), ((str(n), 'a "b", c') for n in range(rows)))

    assert packed(keys(3)) == packed(keys(3))
    assert gzip.decompress(packed(keys(1))) == b'id,name\n0,"a ""b"", c"\n'
    packed(keys(10))
    tracemalloc.start()
    packed(keys(40_000))
    assert tracemalloc.get_traced_memory()[1] < 1_500_000  # as rows they would be more than five times that
    tracemalloc.stop()


def test_the_rest_of_a_stream_is_counted_when_the_caller_stops_reading(url: str) -> None:
    from golive.databases import connect
    from golive.validation.expectations import run_suite

    (_, result) = run_suite(
        suite(floor(), GRADED, key=("id",)), connect(url, name="new"), "initial",
        lambda keys: str(len(list(itertools.islice(keys.rows, 5)))), b"",
    )  # fmt: skip
    assert (result.evidence["keys"], result.evidence["failing"]) == ("5", 30_000)
