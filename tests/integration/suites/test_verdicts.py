"""PASS, FAIL, ERROR and VACUOUS of expectations on real tables, also where a table, a column or the server goes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.integration.suites.asking import Asked, Kept, ask, expectation, floor, suite
from tests.integration.two_sides import run

from golive.databases import connect
from golive.project.suites import Expectation
from golive.results import CheckResult, Severity, Verdict
from golive.validation.expectations import run_suites

ROWS = """
create table t (id int primary key, name text, grade text, amount numeric(8, 2));
insert into t select n, 'name ' || n, null, n from generate_series(1, 100) n
"""
EMPTY = "create table t (id int primary key, name text, grade text, amount numeric(8, 2))"

# Stable, so that a query which does not read the column does not call it.
PLPGSQL = "language plpgsql as"
KILL = "begin perform pg_terminate_backend(pg_backend_pid()); return $1; end"

NOT_NULL = "expect_column_values_to_not_be_null"


def named(name: str = "named", column: str = "name", **more: object) -> Expectation:
    return expectation(name, NOT_NULL, column=column, **more)


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    made = new_database("suite")
    run(made, ROWS)
    return made


def test_a_result_says_what_was_asked_and_how_much_it_weighs(url: str) -> None:
    warned = replace(named(), severity="warning", owner="registrar", says="Everybody has a name.")
    result = ask(url, suite(floor(), warned)).results["named"]
    assert (result.name, result.severity, result.owner) == ("suite/t.target/named", Severity.MAJOR, "registrar")
    assert (result.verdict, result.says) == (Verdict.PASS, "Everybody has a name: 100 rows hold it")
    assert result.looked_at == 100
    hint = replace(named(column="grade"), severity="info")
    assert ask(url, suite(floor(), hint)).results["named"].severity is Severity.OPPORTUNITY


def test_only_what_belongs_to_a_pass_is_asked(url: str) -> None:
    late = expectation("late", NOT_NULL, passes=("pre_final",), column="grade")
    assert set(ask(url, suite(floor(), late), "initial").results) == {"floor"}
    assert set(ask(url, suite(floor(), late), "pre_final").results) == {"floor", "late"}
    assert ask(url, suite(late), "mid_cycle").results == {}


def test_a_column_that_is_not_there_is_an_error_of_its_expectations_alone(url: str) -> None:
    condition = {"type": "comparison", "column": {"name": "state"}, "operator": "==", "parameter": "A"}
    asked = ask(url, suite(floor(), named(), named("gone", "nick"), named("where", row_condition=condition)))
    assert asked.verdicts() == {
        "floor": Verdict.PASS, "named": Verdict.PASS, "gone": Verdict.ERROR, "where": Verdict.ERROR,
    }  # fmt: skip
    assert asked.results["gone"].says == (
        "What gone says: it could not be asked: there is no column nick in public.t of new"
    )
    assert "there is no column state in public.t" in asked.results["where"].says


def test_a_table_that_is_not_there_is_an_error_of_all(url: str) -> None:
    asked = ask(url, suite(floor(), named(), table="nowhere"))
    assert set(asked.verdicts().values()) == {Verdict.ERROR}
    assert "there is no table nowhere in new" in asked.results["named"].says


def test_a_server_that_is_not_there_is_an_error_of_all(url: str) -> None:
    away = psycopg.conninfo.make_conninfo(url, dbname="not_there")
    parts = psycopg.conninfo.conninfo_to_dict(away)
    asked = ask(f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/not_there", suite(floor(), named()))
    assert set(asked.verdicts().values()) == {Verdict.ERROR}
    assert "it could not be asked: connection new: " in asked.results["floor"].says


def test_what_a_type_cannot_be_asked_of_is_an_error_in_one_line_and_without_a_value(url: str) -> None:
    texts = expectation("texts", "expect_column_values_to_match_regex", column="id", regex="^x")
    query = "select id from {batch} where name::int > 3"
    cast = expectation("cast", "unexpected_rows_expectation", unexpected_rows_query=query)
    between = expectation("between", "expect_column_values_to_be_between", column="name", min_value=3)
    total = expectation("total", "expect_column_sum_to_be_between", column="name", min_value=3)
    written = expectation("written", "expect_column_values_to_be_between", column="name", min_value="2001-01-01")
    turned = expectation("turned", "expect_column_values_to_be_between", column="amount", min_value=3, max_value=2)
    asked = ask(url, suite(floor(), texts, cast, between, total, written, turned, named()))
    assert asked.verdicts() == {
        "floor": Verdict.PASS, "texts": Verdict.ERROR, "cast": Verdict.ERROR, "between": Verdict.ERROR,
        "total": Verdict.ERROR, "written": Verdict.ERROR, "turned": Verdict.ERROR, "named": Verdict.PASS,
    }  # fmt: skip
    said = {name: result.says.partition("asked: ")[2] for name, result in asked.results.items()}
    assert said["texts"] == "operator does not exist: integer !~ unknown"
    assert said["cast"] == "InvalidTextRepresentation, SQLSTATE 22P02"
    assert said["between"] == "operator does not exist: text < integer"
    assert said["total"] == "function sum(text) does not exist"
    assert said["written"] == "ColumnValuesBetween metrics cannot be computed on column of type TEXT."
    assert said["turned"] == "min_value cannot be greater than max_value"


def test_a_type_or_an_argument_that_is_not_right_is_an_error_here_too(url: str) -> None:
    mistyped = expectation("mistyped", "expect_column_values_to_not_be_nul", column="name")
    asked = ask(url, suite(floor(), mistyped, named("more", nose=1)))
    assert asked.verdicts() == {"floor": Verdict.PASS, "mistyped": Verdict.ERROR, "more": Verdict.ERROR}
    assert "'expect_column_values_to_not_be_nul' is not one that Golive accepts" in asked.results["mistyped"].says


def test_a_statement_that_does_not_end_is_an_error(url: str) -> None:
    run(url, f"create function nap(int) returns text stable {PLPGSQL} 'begin perform pg_sleep(60); return $1; end'")
    run(url, "create view slow as select id, nap(id) as nap from t")
    asked = ask(url, suite(floor(), named("nap", "nap"), table="slow"), seconds=1)
    assert asked.verdicts() == {"floor": Verdict.PASS, "nap": Verdict.ERROR}
    assert asked.results["nap"].says.endswith("it did not end within 1 s, or was cancelled")


def test_a_backend_that_is_killed_in_the_middle_is_an_error_and_the_others_still_run(url: str) -> None:
    """Whoever reads the column of the view loses the session."""
    run(url, f"create function kill(int) returns text stable {PLPGSQL} '{KILL}'")
    run(url, "create view deadly as select id, name, kill(id) as end from t")
    asked = ask(url, suite(floor(), named("end", "end"), named(), named("third", "id"), table="deadly"))
    assert asked.verdicts() == {
        "floor": Verdict.PASS, "end": Verdict.ERROR, "named": Verdict.PASS, "third": Verdict.PASS,
    }  # fmt: skip
    assert asked.results["end"].says.endswith("it could not be asked: the connection was lost")


def test_an_empty_table_fails_its_floor_and_all_else_looked_at_nothing(new_database: Callable[..., str]) -> None:
    url = new_database("empty")
    run(url, EMPTY)
    query = expectation("query", "unexpected_rows_expectation", unexpected_rows_query="select id from {batch}")
    least = expectation("least", "expect_column_max_to_be_between", column="amount", max_value=5)
    there = expectation("there", "expect_column_to_exist", column="amount")
    asked = ask(url, suite(floor(), named(), query, least, there))
    assert asked.verdicts() == {
        "floor": Verdict.FAIL, "named": Verdict.VACUOUS, "query": Verdict.VACUOUS, "least": Verdict.VACUOUS,
        "there": Verdict.PASS,
    }  # fmt: skip
    assert asked.results["floor"].says == "What floor says: 0 found, at least 1 asked"
    assert asked.results["named"].says == "What named says: the table is empty: nothing was looked at"


def test_a_table_that_may_be_empty_passes_once_it_is_proven_so(new_database: Callable[..., str]) -> None:
    url = new_database("empty")
    run(url, EMPTY)
    may = suite(named(), may_be_empty="filled from the autumn on")
    assert ask(url, may).results["named"].says == (
        "What named says: the table is empty, as it may be: filled from the autumn on"
    )
    assert ask(url, may).verdicts() == {"named": Verdict.PASS}
    run(url, "insert into t values (1, null, null, null)")
    assert ask(url, may).verdicts() == {"named": Verdict.FAIL}


def test_a_row_condition_is_kept_and_one_that_matches_nothing_is_vacuous(url: str) -> None:
    def only(operator: str, value: object) -> dict[str, object]:
        return {"type": "comparison", "column": {"name": "id"}, "operator": operator, "parameter": value}

    both = {
        "type": "and",
        "conditions": [only("<=", 3), {"type": "nullity", "column": {"name": "name"}, "is_null": False}],
    }
    either = {"type": "or", "conditions": [only("==", 7), only("IN", [9, 8])]}
    unlike = {"type": "and", "conditions": [only("NOT_IN", [1, 2]), only("<", 5), only("!=", 3)]}
    asked = ask(url, suite(
        floor(), named("both", "grade", row_condition=both), named("either", "grade", row_condition=either),
        named("unlike", "grade", row_condition=unlike), named("none", row_condition=only(">", 100)),
        expectation("mean", "expect_column_mean_to_be_between", column="id", max_value=9, row_condition=only(">", 100)),
        expectation("one", "expect_column_values_to_be_unique", column="grade", row_condition=only(">=", 99)),
    ))  # fmt: skip
    assert asked.kept.rows("both")[1:] == [("1",), ("2",), ("3",)]
    assert asked.kept.rows("either")[1:] == [("7",), ("8",), ("9",)]
    assert asked.kept.rows("unlike")[1:] == [("4",)]
    assert asked.results["both"].says == "What both says: 3 of 3 rows do not hold it"
    assert {name: asked.results[name].verdict for name in ("none", "mean", "one")} == dict.fromkeys(
        ("none", "mean", "one"), Verdict.VACUOUS
    )
    assert "no row fulfils its row condition" in asked.results["none"].says
    assert "id has no value in any row that fulfils its row condition" in asked.results["mean"].says
    assert "grade has no value in any row" in asked.results["one"].says


def test_a_column_without_a_value_was_not_looked_at(url: str) -> None:
    letters = expectation("letters", "expect_column_values_to_be_in_set", column="grade", value_set=["A"])
    most = expectation("most", "expect_column_max_to_be_between", column="grade", max_value=5)
    assert ask(url, suite(floor(), letters, most)).verdicts() == {
        "floor": Verdict.PASS, "letters": Verdict.VACUOUS, "most": Verdict.VACUOUS,
    }  # fmt: skip


def test_mostly_says_how_many_do_not_hold(url: str) -> None:
    run(url, "update t set name = null where id <= 5")
    asked = ask(url, suite(floor(), named("most", mostly=0.9), named("more", mostly=0.99)))
    assert asked.results["most"].verdict is Verdict.PASS
    assert asked.results["most"].says.endswith("5 of 100 rows do not hold it, which is within what is allowed")
    assert asked.results["more"].verdict is Verdict.FAIL
    assert len(asked.kept.rows("more")) == 1 + 5


def test_what_great_expectations_leaves_out_is_an_error(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(url, suite(floor(), named())).verdicts()["named"] is Verdict.PASS
    from great_expectations.validator.validator import Validator

    answer = Validator.graph_validate
    monkeypatch.setattr(
        Validator, "graph_validate",
        lambda self, configurations, how: [
            result for result in answer(self, configurations, how) if result.expectation_config.meta["id"] != "named"
        ],
    )  # fmt: skip
    asked = ask(url, suite(floor(), named()))
    assert asked.verdicts() == {"floor": Verdict.PASS, "named": Verdict.ERROR}
    assert asked.results["named"].says.endswith("Great Expectations gave no answer to it")


def test_where_great_expectations_stops_the_others_are_asked_alone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(url, suite(floor(), named())).verdicts()["named"] is Verdict.PASS
    from great_expectations.validator.validator import Validator

    answer = Validator.graph_validate

    def stop(self: Validator, configurations: list[Any], how: dict[str, Any]) -> list[Any]:
        if any(each.meta["id"] == "named" for each in configurations):
            raise ValueError("name 7")
        results: list[Any] = answer(self, configurations, how)
        return results

    monkeypatch.setattr(Validator, "graph_validate", stop)
    asked = ask(url, suite(floor(), named(), named("third", "id")))
    assert asked.verdicts() == {"floor": Verdict.PASS, "named": Verdict.ERROR, "third": Verdict.PASS}
    assert asked.results["named"].says.endswith("Great Expectations stopped with ValueError")


def test_nothing_is_written_into_a_database_that_only_reads(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'alter database "{name}" set default_transaction_read_only = on')
        connection.execute(f'revoke temporary on database "{name}" from public')
    shared = expectation("shared", "expect_compound_columns_to_be_unique", column_list=["name", "id"])
    assert set(ask(url, suite(floor(), named(), shared)).verdicts().values()) == {Verdict.PASS}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("expect_column_max_to_be_between", {"max_value": 50}),
        ("expect_column_mean_to_be_between", {"max_value": 10}),
        ("expect_column_distinct_values_to_be_in_set", {"value_set": [1, 2]}),
    ],
)
def test_a_figure_that_fails_is_told_from_another_and_not_shown(url: str, kind: str, more: dict[str, Any]) -> None:
    asked = suite(floor(), expectation("figure", kind, column="amount", **more), sensitive=frozenset({"amount"}))

    def figure() -> CheckResult:
        return ask(url, asked).results["figure"]

    first = figure()
    assert first.verdict is Verdict.FAIL and first.says.endswith("it does not hold")
    assert first.evidence["digest"] == figure().evidence["digest"]
    run(url, "update t set amount = 1 where id = 100")
    assert figure().says == first.says and figure().evidence["digest"] != first.evidence["digest"]
    run(url, "delete from t where id > 2; update t set amount = id")
    assert figure().verdict is Verdict.PASS and "digest" not in figure().evidence


def test_suites_of_both_sides_run_in_one_go(pair: tuple[str, str]) -> None:
    for url in pair:
        run(url, ROWS)
    run(pair[0], "update t set name = null where id = 9")
    databases = {"source": connect(pair[0], name="old"), "target": connect(pair[1], name="new")}
    old = replace(suite(named("old_named")), side="source", name="t.source")
    results = run_suites([old, suite(named())], databases, "initial", Kept(), b"")
    assert [(result.table, result.verdict) for result in results] == [
        ("t.source", Verdict.FAIL),
        ("t.target", Verdict.PASS),
    ]


def test_no_log_and_no_output_holds_a_value(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    cast = expectation("cast", "unexpected_rows_expectation", unexpected_rows_query="select name::int from {batch}")
    few = expectation("few", "expect_column_values_to_be_in_set", column="name", value_set=["name 1"])
    asked: Asked = ask(url, suite(floor(), cast, few, named("gone", "nick")))
    assert asked.verdicts()["few"] is Verdict.FAIL
    written = caplog.text + "".join(capfd.readouterr())
    assert "name 2" not in written and "golive_test" not in written and "select name::int" not in written


def test_an_aggregate_that_could_not_be_asked_is_no_empty_one(url: str) -> None:
    run(url, f"create function kill(int) returns int stable {PLPGSQL} '{KILL}'")
    run(url, "create view deadly as select id, kill(id) as end from t")
    least = expectation("least", "expect_column_min_to_be_between", column="end", min_value=3)
    asked = ask(url, suite(floor(), least, table="deadly"))
    assert asked.verdicts() == {"floor": Verdict.PASS, "least": Verdict.ERROR}
