"""The checks of checksums and of rows: every cell of every row that is not in quarantine."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.two_sides import TwoSides, as_text, two_sides

from golive.databases.relation import Refusal
from golive.results import Verdict


def _bare(pair: tuple[str, str], **entry: object) -> TwoSides:
    """A table of a key and a value, empty on both sides."""
    table = "create table t (id int primary key, v text)"
    return two_sides(pair, table, table, {"target": "t", **entry})


def test_one_changed_cell_fails_checksums_and_is_named_by_rows(sides: TwoSides) -> None:
    before = sides.check("checksums")
    sides.on_target("update t set born = date '1999-01-01' where id = 42")
    result = sides.check("checksums")
    assert result.verdict is Verdict.FAIL
    assert result.evidence["unequal_buckets"] == 1
    assert result.evidence["source"] == before.evidence["source"] != result.evidence["target"]
    rows = sides.check("rows")
    assert rows.verdict is Verdict.FAIL
    assert rows.diff is not None
    assert (rows.diff.matching, rows.diff.different, rows.diff.missing, rows.diff.extra) == (99, 1, 0, 0)
    (example,) = rows.diff.examples
    assert (example.key, example.source, example.target) == (("42",), {"born": "2000-02-12"}, {"born": "1999-01-01"})


def test_missing_and_extra_rows_are_counted_with_ten_examples_each(pair: tuple[str, str]) -> None:
    sides = _bare(pair)
    sides.on_source("insert into t select n, 'v' from generate_series(1, 500) n")
    sides.on_target("insert into t select n, case when n > 450 then 'w' else 'v' end from generate_series(101, 700) n")
    diff = sides.check("rows").diff
    assert diff is not None
    assert (diff.matching, diff.different, diff.missing, diff.extra) == (350, 50, 100, 200)
    assert len(diff.examples) == 30
    assert sum(example.source is None for example in diff.examples) == 10
    assert sum(example.target is None for example in diff.examples) == 10
    assert sides.check("checksums").verdict is Verdict.FAIL


def test_rows_of_the_new_systems_own_are_not_looked_at(pair: tuple[str, str]) -> None:
    sides = _bare(pair, owns="id < 1000")
    sides.on_source("insert into t select n, 'v' from generate_series(1, 5) n")
    sides.on_target("insert into t select n, 'v' from generate_series(1, 5) n; insert into t values (1000, 'own')")
    assert set(sides.verdicts().values()) == {Verdict.PASS}
    sides.on_target("insert into t values (999, 'planted')")
    assert sides.verdicts() == {
        "schema": Verdict.PASS,
        "counts": Verdict.FAIL,
        "checksums": Verdict.FAIL,
        "rows": Verdict.FAIL,
    }


def test_quarantined_keys_are_left_out_on_both_sides_and_named(pair: tuple[str, str]) -> None:
    sides = _bare(pair, key=["id"])
    sides.on_source("insert into t values (1, 'a'), (2, 'b'), (3, 'new')")
    sides.on_target("insert into t values (1, 'a'), (3, 'old')")
    sides.quarantine(Refusal(("2",), "refused", "23514", "check"), Refusal(("3",), "refused", "23505"))
    assert set(sides.verdicts().values()) == {Verdict.PASS}
    result = sides.check("rows")
    assert result.says == "1 rows match, 0 differ, 0 are missing, 0 are extra; 2 keys in quarantine are left out"
    assert result.evidence["quarantined"] == {
        "rows": 2,
        "keys": 2,
        "reasons": {"refused": 2},
        "named": [
            {"key": ["2"], "reason": "refused", "state": "23514", "rows": 1},
            {"key": ["3"], "reason": "refused", "state": "23505", "rows": 1},
        ],
    }


def test_a_row_that_cannot_be_read_fails_unless_it_is_in_quarantine(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair,
        "create table t (id int primary key, v text); insert into t values (1, '5'), (2, 'Confidential')",
        "create table t (id int primary key, v int); insert into t values (1, 5)",
        {"target": "t", "columns": {"v": "cast(v as int)"}},
    )
    results = sides.checks("checksums", "rows")
    assert [result.verdict for result in results] == [Verdict.ERROR, Verdict.FAIL]
    assert results[0].says == "could not run: rows were refused by the source (SQLSTATE 22P02)"
    assert "1 more cannot be read or told apart, and are not in quarantine" in results[1].says
    assert results[1].evidence["not_quarantined"]["named"][0]["key"] == ["2"]
    assert "Confidential" not in as_text(results)
    sides.quarantine(Refusal(("2",), "unreadable", "22P02"))
    assert set(sides.verdicts().values()) == {Verdict.PASS}


def test_source_rows_that_share_a_key_fail_unless_they_are_in_quarantine(pair: tuple[str, str]) -> None:
    table = "create table t (id int, v text)"
    sides = two_sides(
        pair,
        table + "; insert into t values (1, 'a'), (2, 'b'), (2, 'c')",
        table + "; insert into t values (1, 'a')",
        {"target": "t", "key": ["id"]},
    )
    result = sides.check("rows")
    assert result.verdict is Verdict.FAIL
    assert result.evidence["not_quarantined"]["reasons"] == {"duplicate": 2}
    sides.quarantine(Refusal(("2",), "duplicate", rows=2))
    assert sides.check("rows").passed


def test_two_rows_of_one_key_in_the_target_fail(pair: tuple[str, str]) -> None:
    table = "create table t (id int, v text)"
    sides = two_sides(
        pair,
        table + "; insert into t values (77, 'v')",
        table + "; insert into t values (77, 'v'), (77, 'v')",
        {"target": "t", "key": ["id"], "sensitive": ["id"]},
    )
    result = sides.check("rows")
    assert result.verdict is Verdict.FAIL
    assert "2 rows of the target share the key (***)" in result.says


def test_a_table_without_a_key_is_compared_as_a_multiset(pair: tuple[str, str]) -> None:
    table = "create table t (at date, v text)"
    rows = "insert into t select date '2024-01-01', 'v' from generate_series(1, 3); insert into t values (null, null)"
    sides = two_sides(pair, f"{table}; {rows}", f"{table}; {rows}")
    assert set(sides.verdicts().values()) == {Verdict.PASS}
    sides.on_target("delete from t where ctid = (select min(ctid) from t where v = 'v')")
    sides.on_target("insert into t values (null, 'w')")
    assert sides.check("checksums").verdict is Verdict.FAIL
    result = sides.check("rows")
    assert result.verdict is Verdict.FAIL
    assert result.diff is not None
    assert (result.diff.matching, result.diff.missing, result.diff.extra, result.diff.examples) == (3, 1, 1, ())
    assert "the table has no key" in result.says
    assert sides.check("counts").passed


def test_sensitive_values_appear_nowhere(pair: tuple[str, str]) -> None:
    table = "create table t (ssn bigint generated by default as identity primary key, v text)"
    sides = two_sides(
        pair,
        f"{table}; insert into t values (777001, 'Ann'), (777002, 'Bob'), (777003, 'Cay'), (777005, 'Dee')",
        f"{table}; insert into t values (777001, 'Ann'), (777002, 'Bad'), (777004, 'Eve')",
        {"target": "t", "sensitive": ["ssn", "v"]},
    )
    sides.quarantine(Refusal(("777005",), "refused"))
    results = sides.checks()
    assert {r.check for r in results if not r.passed} == {"sequences", "checksums", "rows"}
    text = as_text(results)
    assert not [secret for secret in ("777", "Ann", "Bob", "Bad", "Cay", "Dee", "Eve") if secret in text]
    diff = next(result.diff for result in results if result.check == "rows")
    assert diff is not None
    assert (diff.different, diff.missing, diff.extra) == (1, 1, 1)
    assert diff.examples[0].source == {"v": "***"}


def test_a_source_of_another_encoding_is_no_difference(new_database: Callable[..., str]) -> None:
    urls = (
        new_database("latin", "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"),
        new_database("utf8"),
    )
    script = "create table t (id text primary key, v text); insert into t values ('z', 'é'), ('é', 'ü'), ('a', '½')"
    sides = two_sides(urls, script, script)
    assert set(sides.verdicts().values()) == {Verdict.PASS}
