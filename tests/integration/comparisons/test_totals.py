"""Totals and judgements of both sides: equal to the cent, group by group, in little memory."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import psycopg
import pytest
from tests.conftest import ROOT
from tests.integration.comparisons.comparing import HEAD, compare, comparison
from tests.integration.two_sides import run

from golive.databases import connect
from golive.errors import ConnectionLost
from golive.project import Project
from golive.results import Group, Severity, Verdict
from golive.validation.comparisons import run_comparisons
from golive.validation.failing import FailingKeys

SALES = "create table sale (period text, product text, amount {}, pieces {}, ssn text)"
GROUPED = "select period, product, sum(amount) as amount, sum(pieces) as pieces from sale group by 1, 2"
REVENUE = comparison(key=["period", "product"], source=GROUPED, target=GROUPED)
ROWS = "insert into sale values ('2026-01', 'A', 10.10, 1), ('2026-01', 'A', 0.2, 2), ('2026-02', 'b', 7, 3)"


@pytest.fixture
def sales(pair: tuple[str, str]) -> tuple[str, str]:
    """The same sales on both sides, in other types of numbers."""
    for url, kinds in zip(pair, (("numeric(10,2)", "int"), ("numeric", "bigint")), strict=True):
        run(url, SALES.format(*kinds))
        run(url, ROWS)
    return pair


def test_what_is_equal_to_the_cent_passes_whatever_the_types(sales: tuple[str, str]) -> None:
    result = compare(sales, REVENUE).one()
    assert (result.verdict, result.looked_at, result.evidence["differ"]) == (Verdict.PASS, 2, {})
    assert result.says == "What revenue says: all 2 groups are equal on both sides"
    assert (result.name, result.group) == ("comparison/revenue", Group.COMPARISON)
    assert (result.severity, result.owner) == (Severity.CRITICAL, "finance")


def test_one_cent_is_found_and_named(sales: tuple[str, str]) -> None:
    run(sales[1], "update sale set amount = amount + 0.01 where product = 'b'")
    compared = compare(sales, REVENUE | {"severity": "major"})
    result = compared.one()
    assert (result.verdict, result.severity) == (Verdict.FAIL, Severity.MAJOR)
    assert result.says == "What revenue says: 1 of 2 groups differ: 1 with another amount"
    assert compared.kept.rows("revenue") == [
        ("period", "product", "differs"), ("2026-02", "b", "another amount"),
    ]  # fmt: skip
    assert result.evidence["failing"] == 1
    assert result.evidence["keys"] == "hash of comparison/revenue"
    assert result.diff is not None
    (example,) = result.diff.examples
    assert (example.key, example.source, example.target) == (
        ("2026-02", "b"), {"amount": "7"}, {"amount": "7.01"},
    )  # fmt: skip


def test_groups_of_one_side_alone_are_found_at_either_end_and_in_the_middle(sales: tuple[str, str]) -> None:
    run(sales[0], "insert into sale values ('2026-01', 'B', 1, 1), ('2026-03', 'z', 1, 1)")
    run(sales[1], "insert into sale values ('2025-12', 'a', 1, 1), ('2026-01', 'a', 1, 1)")
    compared = compare(sales, REVENUE)
    # In the order of bytes: B before a, whatever a server's collation says.
    assert compared.kept.rows("revenue")[1:] == [
        ("2025-12", "a", "not in the source"), ("2026-01", "B", "missing in the target"),
        ("2026-01", "a", "not in the source"), ("2026-03", "z", "missing in the target"),
    ]  # fmt: skip
    result = compared.one()
    assert result.says.endswith("4 of 6 groups differ: 2 missing in the target, 2 not in the source")
    assert result.diff is not None
    assert (result.diff.matching, result.diff.missing, result.diff.extra, result.diff.different) == (2, 2, 2, 0)


def test_a_group_without_a_name_is_one_group_and_no_sum_is_not_zero(sales: tuple[str, str]) -> None:
    for url in sales:
        run(url, "insert into sale values (null, 'A', 5, 1), ('2026-09', null, 5, null)")
    assert compare(sales, REVENUE).one().says.endswith("all 4 groups are equal on both sides")
    run(sales[1], "update sale set pieces = 0 where period = '2026-09'")
    run(sales[1], "delete from sale where period is null")
    compared = compare(sales, REVENUE)
    assert compared.kept.rows("revenue")[1:] == [
        ("2026-09", "NULL", "another pieces"), ("NULL", "A", "missing in the target"),
    ]  # fmt: skip
    diff = compared.one().diff
    assert diff is not None
    assert (diff.examples[0].source, diff.examples[0].target) == ({"pieces": None}, {"pieces": "0"})


def test_values_of_every_type_are_compared_without_rounding(pair: tuple[str, str]) -> None:
    run(pair[0], "create table t (k int, v text); insert into t values (1, 'x')")
    run(pair[1], "create table t (k int, v text); insert into t values (1, 'x')")

    def verdict(ours: str, theirs: str) -> Verdict:
        ours, theirs = (f"select k, {value} as v, 1 as rows from t" for value in (ours, theirs))
        each = comparison(key=["k"], source=ours, target=theirs)
        return compare(pair, each).one().verdict

    assert verdict("5::int", "5.000::numeric") is Verdict.PASS
    assert verdict("-0.0::float8", "0::numeric") is Verdict.PASS
    assert verdict("12.5::float4", "'12.50'::money") is Verdict.PASS
    assert verdict("'NaN'::numeric", "'NaN'::float8") is Verdict.PASS
    assert verdict("12345678901234567890.12", "12345678901234567890.13") is Verdict.FAIL
    assert verdict("0.1::float8 + 0.2::float8", "0.3") is Verdict.FAIL
    assert verdict("true", "not false") is Verdict.PASS
    assert verdict("date '2026-01-31'", "date '2026-01-30'") is Verdict.FAIL
    assert verdict("''", "null") is Verdict.FAIL


def test_columns_may_come_in_another_order_and_not_under_other_names(sales: tuple[str, str]) -> None:
    turned = "select sum(pieces) as pieces, product, sum(amount) as amount, period from sale group by 2, 4;"
    assert compare(sales, REVENUE | {"target": turned}).one().verdict is Verdict.PASS
    other = compare(sales, REVENUE | {"target": turned.replace("as pieces", "as number")}).one()
    assert other.verdict is Verdict.ERROR
    assert "both have to give the same columns" in other.says and "amount, pieces" in other.says


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "select period from sal"}, 'the query of the source: relation "sal" does not exist'),
        ({"target": "select 1; delete from sale"}, "the query of the target: "),
        ({"target": "with gone as (delete from sale returning *) select * from gone"}, "the query of the target: "),
        ({"key": ["month"]}, "the query of the source: it gives no column month, only period, product"),
        ({"target": GROUPED.replace("as pieces", "as amount")}, "the query of the target: it gives two columns"),
        (
            {"target": "select period, product, amount, pieces from sale"},
            "the query of the target gives several rows of one key",
        ),
        ({"sensitive": ["emial"]}, "`sensitive` names emial, which the query of the source does not give"),
        ({"source": GROUPED.replace("amount) as", "amount / (pieces - 3)) as")}, "the query of the source: DivisionBy"),
        ({"source": GROUPED.replace("sum(amount)", "sum(period::int)")}, "SQLSTATE 22P02"),
        (
            {"source": "select period, product, 1 as amount, pg_sleep(5)::text as pieces from sale", "seconds": 1},
            "the query of the source: it did not end within 1 s",
        ),
    ],
)
def test_one_that_cannot_be_made_is_an_error_and_the_others_are(
    sales: tuple[str, str], change: dict[str, Any], said: str
) -> None:
    compared = compare(sales, REVENUE | {"name": "wrong"} | change, REVENUE)
    wrong = compared.results["wrong"]
    assert wrong.verdict is Verdict.ERROR
    assert wrong.says.startswith("What revenue says: it could not be made: ") and said in wrong.says
    assert "2026" not in compared.text and compared.results["revenue"].verdict is Verdict.PASS
    with psycopg.connect(sales[1]) as connection:
        assert connection.execute("select count(*) from sale").fetchone() == (3,)


def test_a_server_that_goes_away_in_the_middle_is_an_error_and_the_others_are_made(sales: tuple[str, str]) -> None:
    ended = GROUPED.replace("sum(pieces)", "bool_or(pg_terminate_backend(pg_backend_pid()))::int")
    compared = compare(sales, REVENUE | {"name": "ended", "source": ended}, REVENUE)
    said = compared.results["ended"]
    assert (said.verdict, compared.results["revenue"].verdict) == (Verdict.ERROR, Verdict.PASS)
    assert "the query of the source: connection " in said.says


def test_a_server_that_is_back_at_once_costs_one_try(sales: tuple[str, str]) -> None:
    """The query ends its own server process, once: as long as another session of the test stands, which it ends too."""
    other = psycopg.connect(sales[0], application_name="once")
    try:
        once = (
            "with once as materialized (select bool_or(pg_terminate_backend(pid, 10000)) as ended"
            " from pg_stat_activity where application_name = 'once')"
            f" select period, product, amount, case when (select ended from once) then"
            f" pg_terminate_backend(pg_backend_pid())::int else pieces end as pieces from ({GROUPED}) g"
        )
        result = compare(sales, REVENUE | {"source": once}).one()
    finally:
        other.close()
    assert (result.verdict, result.looked_at) == (Verdict.PASS, 2)


def test_a_ledger_that_is_lost_is_no_word_of_a_comparison(sales: tuple[str, str]) -> None:
    run(sales[1], "update sale set amount = amount + 1")
    project = Project.model_validate({**HEAD, "comparisons": [REVENUE]})

    def keep(failing: FailingKeys) -> str:
        assert next(failing.rows)
        raise ConnectionLost("the ledger went away")

    with pytest.raises(ConnectionLost, match="the ledger went away"):
        run_comparisons(project, *(connect(url, name="side") for url in sales), "initial", keep, b"")


def test_a_database_that_cannot_be_reached_is_an_error_of_each(sales: tuple[str, str]) -> None:
    compared = compare((sales[0], sales[1] + "_gone"), REVENUE, REVENUE | {"name": "again"})
    assert {result.verdict for result in compared.results.values()} == {Verdict.ERROR}
    assert "it could not be made: connection new: " in compared.results["again"].says


def test_nothing_on_both_sides_proves_nothing_and_on_one_side_is_a_finding(sales: tuple[str, str]) -> None:
    run(sales[0], "truncate sale")
    assert compare(sales, REVENUE).one().says.endswith("2 of 2 groups differ: 2 not in the source")
    run(sales[1], "truncate sale")
    result = compare(sales, REVENUE).one()
    assert (result.verdict, result.looked_at) == (Verdict.VACUOUS, 0)
    assert result.says == "What revenue says: neither side has any groups"


def test_what_is_sensitive_is_masked_wherever_people_see_it(sales: tuple[str, str]) -> None:
    for url, salary in zip(sales, ("71234", "71235"), strict=True):
        run(url, f"insert into sale values ('secret-a', 'P', {salary}, 1, 'ssn-1')")
        run(url, f"insert into sale values ('open', 'P', 1, {salary}, 'ssn-2')")
    query = "select period, ssn, amount, pieces from sale where ssn is not null"
    each = comparison(key=["period", "ssn"], source=query, target=query, sensitive=["period", "amount"])
    compared = compare(sales, each)
    assert compared.one().verdict is Verdict.FAIL
    # `ssn` is declared under `tables`, and so is masked in every query that gives a column of the name.
    assert compared.kept.rows("revenue")[1:] == [("***", "***", "another pieces"), ("***", "***", "another amount")]
    assert "secret-a" not in compared.text and "ssn-" not in compared.text
    diff = compared.one().diff
    assert diff is not None
    assert [(e.source, e.target) for e in diff.examples] == [
        ({"pieces": "71234"}, {"pieces": "71235"}), ({"amount": "***"}, {"amount": "***"}),
    ]  # fmt: skip


def test_what_is_sensitive_is_masked_in_whatever_case(sales: tuple[str, str]) -> None:
    for url, pieces in zip(sales, (1, 2), strict=True):
        run(url, f"insert into sale values ('open', 'P', 71234, {pieces}, 'ssn-1')")
    query = 'select period, ssn as "Ssn", amount as "Amount", pieces from sale where ssn is not null'
    each = comparison(key=["period", "Ssn"], source=query, target=query, sensitive=["AMOUNT"])
    run(sales[1], "update sale set amount = amount + 1")
    compared = compare(sales, each)
    assert compared.kept.rows("revenue")[1:] == [("open", "***", "another Amount, pieces")]
    assert "ssn-" not in compared.text and "7123" not in compared.text


def test_what_differs_is_told_from_another_difference_of_as_many_groups(sales: tuple[str, str]) -> None:
    def digest(amount: str, **more: Any) -> str:
        run(sales[1], f"update sale set amount = {amount} where product = 'b'")
        result = compare(sales, REVENUE | {"sensitive": ["amount"]}, **more).one()
        assert result.evidence["failing"] == 1
        return str(result.evidence["digest"])

    first = digest("8")
    assert first == digest("8.00") != digest("9")
    # Hidden, and of few values: who lacks the secret cannot try out which it was.
    assert digest("8", secret=b"another") not in (first, digest("9", secret=b"another"))
    run(sales[1], "update sale set amount = 7 where product = 'b'")
    assert "digest" not in compare(sales, REVENUE).one().evidence


def test_sums_of_nothing_prove_nothing(sales: tuple[str, str]) -> None:
    for url in sales:
        run(url, "update sale set amount = 0, pieces = null")
    result = compare(sales, REVENUE).one()
    assert (result.verdict, result.looked_at) == (Verdict.VACUOUS, 0)
    assert result.says == "What revenue says: all 2 groups sum up nothing"
    for url in sales:
        run(url, "update sale set pieces = 3 where product = 'b'")
    result = compare(sales, REVENUE).one()
    assert (result.verdict, result.looked_at) == (Verdict.PASS, 1)
    assert result.says.endswith("all 1 groups are equal on both sides, and 1 more sum up nothing")
    run(sales[1], "update sale set amount = 1 where product = 'A'")
    result = compare(sales, REVENUE).one()
    assert (result.verdict, result.looked_at) == (Verdict.FAIL, 2)
    # Groups without any sum are compared by their names, and judgements as they are.
    named = "select period from sale group by 1"
    assert compare(sales, comparison(key=["period"], source=named, target=named)).one().verdict is Verdict.PASS
    judged = "select product, 0 as accepted from sale group by 1"
    parity = comparison("orders", "parity", key=["product"], source=judged, target=judged)
    assert compare(sales, parity).one().verdict is Verdict.PASS


MANY = """
import resource, sys
from tests.integration.comparisons.comparing import compare, comparison

def compared(rows):
    groups = f"select 'group ' || n as g, n * 1.01 as amount from generate_series(1, {rows}) n"
    other = groups.replace("n * 1.01", "case when n % 4 = 0 then 0 else n * 1.01 end")
    return compare((sys.argv[1], sys.argv[2]), comparison(key=["g"], source=groups, target=other))

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

compared(4_000)  # what every comparison takes, and imports
before = peak()
many = compared(100_000)
grown = peak() - before
print(many.one().looked_at, many.one().evidence["failing"], len(many.kept.rows("revenue")) - 1, grown)
"""


def test_a_hundred_thousand_groups_take_little_memory(pair: tuple[str, str]) -> None:
    """In a process of its own, whose memory nothing else has used; to hold one side of them takes 19 MB more."""
    done = subprocess.run([sys.executable, "-c", MANY, *pair], cwd=ROOT, capture_output=True, text=True, check=True)
    looked_at, failing, kept, grown = map(int, done.stdout.split())
    assert (looked_at, failing, kept) == (100_000, 25_000, 25_000)
    assert grown < 6_000, f"{grown} kB"


def test_only_what_a_pass_asks_is_made(sales: tuple[str, str]) -> None:
    late = REVENUE | {"name": "late", "passes": ["pre_final"]}
    assert list(compare(sales, REVENUE, late).results) == ["revenue"]
    assert list(compare(sales, REVENUE, late, stage_pass="pre_final").results) == ["revenue", "late"]


ORDERS = "create table o (no int, state text, ok boolean)"
JUDGED = comparison(
    "orders", "parity", key=["no"], source="select no, state = 'A' as accepted from o",
    target="select no, ok as accepted from o",
)  # fmt: skip


def test_orders_that_both_sides_judge_alike(pair: tuple[str, str]) -> None:
    for url in pair:
        run(url, ORDERS + "; insert into o values (1, 'A', true), (2, 'R', false), (10, 'A', true), (9, null, null)")
    result = compare(pair, JUDGED).one()
    assert (result.verdict, result.says) == (
        Verdict.PASS, "What orders says: all 4 judgements are equal on both sides",
    )  # fmt: skip


def test_an_order_that_only_one_side_takes_or_that_only_one_side_judges_is_a_finding(pair: tuple[str, str]) -> None:
    run(pair[0], ORDERS + "; insert into o values (1, 'A'), (2, 'R'), (3, 'A'), (5, 'A')")
    run(pair[1], ORDERS + "; insert into o values (1, null, true), (2, null, true), (4, null, false), (5, null, null)")
    compared = compare(pair, JUDGED)
    assert compared.kept.rows("orders")[1:] == [
        ("2", "another accepted"), ("3", "missing in the target"), ("4", "not in the source"),
        ("5", "another accepted"),
    ]  # fmt: skip
    assert compared.one().says.endswith(
        "4 of 5 judgements differ: 1 missing in the target, 1 not in the source, 2 with another accepted"
    )
