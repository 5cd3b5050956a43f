"""The counts check: every source row is in the target, held by it, or in quarantine."""

from __future__ import annotations

import pytest
from tests.integration.two_sides import TwoSides, two_sides

from golive.databases.relation import Refusal
from golive.results import Verdict
from golive.validation import summary


@pytest.mark.parametrize("change", ["delete from t where id = 100", "insert into t values (101)"], ids=["less", "more"])
def test_counts_fail_for_a_row_less_and_for_a_row_more(sides: TwoSides, change: str) -> None:
    sides.on_target(change)
    result = sides.check("counts")
    assert result.verdict is Verdict.FAIL
    assert result.says.startswith("100 source rows are not ")


def test_counts_know_quarantined_held_duplicate_and_keyless_rows(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair,
        "create table t (id int, v text); insert into t values (1), (2), (3), (3), (null), (null)",
        "create table t (id int, v text); insert into t values (1), (2)",
        {"target": "t", "key": ["id"]},
    )
    assert sides.check("counts").verdict is Verdict.FAIL
    sides.quarantine(
        Refusal(("3",), "duplicate", rows=2), Refusal((None,), "no key", rows=2), Refusal(("2",), "refused")
    )
    result = sides.check("counts")
    assert result.passed
    assert result.says == "6 source rows = 2 target rows - 1 held + 5 quarantined"
    assert result.evidence == {"source": 6, "target": 2, "quarantined": 5, "held": 1}
    sides.on_target("insert into t values (null)")  # a row that no key finds
    assert sides.check("counts").verdict is Verdict.FAIL


def test_two_entries_of_one_table_count_what_each_owns(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair,
        "create table a (id int primary key, v text); create table b (id int primary key, v text);"
        "insert into a select n, 'a' from generate_series(1, 20) n; insert into b values (50, 'b'), (51, 'b')",
        "create table t (id int primary key, v text); insert into t select n, 'a' from generate_series(1, 20) n;"
        "insert into t values (50, 'b'), (51, 'b'), (90, 'own')",
        {"target": "t", "source": "a", "owns": "v = 'a'"},
        {"target": "t", "source": "b", "owns": "v = 'b'"},
    )
    assert [table.name for table in sides.plan.tables] == ["public.t", "public.t#2"]
    results = sides.checks()
    assert {result.verdict for result in results} == {Verdict.PASS}
    assert [r.evidence["target"] for r in results if r.check == "counts"] == [20, 2]
    sides.on_target("update t set v = 'c' where id = 51")
    assert {r.table for r in sides.checks() if not r.passed} == {"public.t#2"}
    assert summary(sides.plan, results).left_out == dict.fromkeys(
        ("sequences", "foreign_keys"), ("public.t", "public.t#2")
    )
