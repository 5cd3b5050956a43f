"""Every check: where it passes, where it fails, where it could not run, and where there is nothing to look at."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.integration.two_sides import TwoSides, as_text, run, two_sides

from golive import plan as planning
from golive.databases import connect
from golive.databases.relation import Refusal
from golive.demo.riverside import make_source, make_target
from golive.errors import ConnectionLost, Terminal
from golive.project import load
from golive.results import CheckResult, Verdict
from golive.transfer import Mode, finish, open_increments, settle, work
from golive.validation import CHECKS, draw_and_compare, run_checks, summary

# One table that every check has something to look at.
SOURCE = """
create table t (id int primary key, parent int, name text, born date);
insert into t select n, nullif(n / 2, 0), 'name ' || n, date '2000-01-01' + n from generate_series(1, 100) n
"""
TARGET = """
create table t (id serial primary key, parent int references t, name text, born date);
insert into t select n, nullif(n / 2, 0), 'name ' || n, date '2000-01-01' + n from generate_series(1, 100) n;
select setval('t_id_seq', 100)
"""


@pytest.fixture
def sides(pair: tuple[str, str]) -> TwoSides:
    return two_sides(pair, SOURCE, TARGET)


def _bare(pair: tuple[str, str], **entry: object) -> TwoSides:
    """A table of a key and a value, empty on both sides."""
    table = "create table t (id int primary key, v text)"
    return two_sides(pair, table, table, {"target": "t", **entry})


def test_every_check_passes_on_equal_sides(sides: TwoSides) -> None:
    results = sides.checks()
    assert [result.check for result in results] == list(CHECKS)
    assert {result.verdict for result in results} == {Verdict.PASS}
    assert all(result.looked_at for result in results)
    by_name = {result.check: result for result in results}
    assert by_name["counts"].says == "100 source rows = 100 target rows - 0 held + 0 quarantined"
    assert by_name["checksums"].says.endswith(" over 100 rows on both sides")
    assert by_name["foreign_keys"].says == "0 orphans among 100 children of 1 foreign key(s)"
    assert summary(sides.plan, results).verdict is Verdict.PASS


@pytest.mark.parametrize("name", list(CHECKS))
def test_what_cannot_run_is_an_error_in_one_line(sides: TwoSides, name: str) -> None:
    # The schema check asks the source what expressions mean; the others read the target.
    with psycopg.connect(sides.urls[0 if name == "schema" else 1]) as other:
        other.execute(f"alter database {other.info.dbname} set lock_timeout = '50ms'")
        other.commit()
        other.execute("lock table t in access exclusive mode")
        result = sides.check(name)
    assert result.verdict is Verdict.ERROR
    assert result.says == "could not run: LockNotAvailable, SQLSTATE 55P03"
    assert sides.check(name).passed


def test_a_lost_session_is_one_error_and_the_other_checks_still_run(sides: TwoSides) -> None:
    def lose(doing: str) -> None:
        if doing == "public.t: counts":
            with psycopg.connect(sides.urls[0]) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where datname = current_database() and application_name = 'golive'"
                )

    verdicts = {result.check: result.verdict for result in sides.checks(progress=lose)}
    assert [name for name, verdict in verdicts.items() if verdict is not Verdict.PASS] == ["counts"]
    assert verdicts["counts"] is Verdict.ERROR


def test_a_side_that_cannot_be_reached_is_raised(sides: TwoSides) -> None:
    gone = connect(sides.urls[0] + "_gone", name="old")
    with pytest.raises(ConnectionLost):
        run_checks(sides.plan, gone, sides.target)


def test_empty_on_both_sides_is_proven_by_count(sides: TwoSides) -> None:
    sides.on_source("truncate t")
    sides.on_target("truncate t")
    results = {result.check: result for result in sides.checks()}
    assert {result.verdict for result in results.values()} == {Verdict.PASS}
    for name in ("counts", "foreign_keys", "checksums", "rows"):
        assert results[name].says == "empty on both sides"
    assert sides.check("rows").says == "empty on both sides"  # the count is made where it was not asked for


def test_what_looked_at_nothing_is_vacuous(sides: TwoSides) -> None:
    sides.on_source("delete from t where id > 1")
    sides.on_target("truncate t")
    sides.quarantine(Refusal(("1",), "refused"))
    assert sides.verdicts() == {
        "schema": Verdict.PASS, "counts": Verdict.PASS, "sequences": Verdict.PASS, "foreign_keys": Verdict.VACUOUS,
        "checksums": Verdict.VACUOUS, "rows": Verdict.VACUOUS,
    }


def test_names_and_tables_limit_and_are_known(sides: TwoSides) -> None:
    assert [r.check for r in sides.checks("rows", "counts", tables=frozenset({"public.t"}))] == ["counts", "rows"]
    assert sides.checks(tables=frozenset()) == []
    with pytest.raises(Terminal, match=r"there is no check row\. Right: schema"):
        sides.checks("row")
    with pytest.raises(Terminal, match=r"there is no table t\. Right: public\.t"):
        sides.checks(tables=frozenset({"t"}))


# schema


@pytest.mark.parametrize(
    ("side", "change", "says"),
    [
        ("target", "alter table t alter name type varchar", "columns.name was"),
        ("target", "alter table t alter born set not null", "born was nullable, is NOT NULL"),
        ("target", "alter table t drop born", "columns.born was"),
        ("target", "alter table t drop constraint t_pkey cascade", "key was id, is absent"),
        ("target", "alter table t add grade int not null", "nothing is mapped to public.t.grade"),
        ("target", "drop table t", "the target has no table 't'"),
        ("source", "alter table t drop born", "columns.born was"),
        ("source", "alter table t alter parent type bigint", "columns.parent was"),
        ("source", "drop table t", "the source has no table 't'"),
    ],
)
def test_schema_names_what_changed(sides: TwoSides, side: str, change: str, says: str) -> None:
    if "grade" in change:
        sides.on_target("truncate t")
    getattr(sides, f"on_{side}")(change)
    result = sides.check("schema")
    assert result.verdict is Verdict.FAIL
    assert says in result.says


def test_schema_sees_digits_change(pair: tuple[str, str]) -> None:
    table = "create table t (id int primary key, v numeric(6, 2))"
    sides = two_sides(pair, table, table)
    sides.on_target("alter table t alter v type numeric(8, 3)")
    result = sides.check("schema")
    assert result.verdict is Verdict.FAIL
    assert "numeric(6,2)" in result.says and "numeric(8,3)" in result.says


def test_schema_fails_for_a_column_that_nothing_fills(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair, "create table t (id int primary key, v text)",
        "create table t (id int primary key, v text not null, note text, kind text default 'x')",
        {"target": "t", "without": ["v"]},
    )
    result = sides.check("schema")
    assert result.verdict is Verdict.FAIL
    assert result.says == "v is NOT NULL, and neither the mapping nor a default fills it"
    assert result.evidence["left_empty"] == ["note"]


def test_schema_fails_for_rows_copied_under_another_plan(sides: TwoSides) -> None:
    with sides.target.session() as connection:
        sides.target.state.prepare(connection)
        for where, verdict in (("id > 5", Verdict.FAIL), ("", Verdict.PASS)):
            fingerprint = sides.plan.tables[0].fingerprint | {"where": where}
            sides.target.state.set_progress(connection, "small", "public.t", fingerprint=fingerprint)
            result = sides.check("schema")
            assert result.verdict is verdict
            assert ("copied under another plan: where was id > 5, is absent" in result.says) == bool(where)


# counts


@pytest.mark.parametrize("change", ["delete from t where id = 100", "insert into t values (101)"])
def test_counts_fail(sides: TwoSides, change: str) -> None:
    sides.on_target(change)
    result = sides.check("counts")
    assert result.verdict is Verdict.FAIL
    assert result.says.startswith("100 source rows are not ")


def test_counts_know_quarantined_held_duplicate_and_keyless_rows(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair, "create table t (id int, v text); insert into t values (1), (2), (3), (3), (null), (null)",
        "create table t (id int, v text); insert into t values (1), (2)", {"target": "t", "key": ["id"]},
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
        {"target": "t", "source": "a", "owns": "v = 'a'"}, {"target": "t", "source": "b", "owns": "v = 'b'"},
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


# checksums and rows


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
        "schema": Verdict.PASS, "counts": Verdict.FAIL, "checksums": Verdict.FAIL, "rows": Verdict.FAIL
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
        "rows": 2, "keys": 2, "reasons": {"refused": 2},
        "named": [{"key": ["2"], "reason": "refused", "state": "23514", "rows": 1},
                  {"key": ["3"], "reason": "refused", "state": "23505", "rows": 1}],
    }


def test_a_row_that_cannot_be_read_fails_unless_it_is_in_quarantine(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair, "create table t (id int primary key, v text); insert into t values (1, '5'), (2, 'Confidential')",
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
        pair, table + "; insert into t values (1, 'a'), (2, 'b'), (2, 'c')", table + "; insert into t values (1, 'a')",
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
        pair, table + "; insert into t values (77, 'v')", table + "; insert into t values (77, 'v'), (77, 'v')",
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
        pair, f"{table}; insert into t values (777001, 'Ann'), (777002, 'Bob'), (777003, 'Cay'), (777005, 'Dee')",
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
        new_database("latin", "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"), new_database("utf8")
    )
    script = "create table t (id text primary key, v text); insert into t values ('z', 'é'), ('é', 'ü'), ('a', '½')"
    sides = two_sides(urls, script, script)
    assert set(sides.verdicts().values()) == {Verdict.PASS}


# foreign keys


def test_orphans_under_a_key_that_was_never_validated_fail(sides: TwoSides) -> None:
    sides.on_target("alter table t drop constraint t_parent_fkey")
    assert sides.checks("foreign_keys") == []
    sides.on_target("update t set parent = 5000 where id in (7, 8)")
    sides.on_target("alter table t add constraint up foreign key (parent) references t not valid")
    result = sides.check("foreign_keys")
    assert result.verdict is Verdict.FAIL
    assert result.says == (
        "2 orphans among 100 children of 1 foreign key(s): 2 of up (public.t -> public.t);"
        " not validated by the server: up"
    )


@pytest.mark.parametrize(("match", "orphans"), [("simple", 1), ("full", 2)])
def test_a_key_that_is_partly_null_is_an_orphan_under_match_full_only(
    pair: tuple[str, str], match: str, orphans: int
) -> None:
    sides = two_sides(
        pair, "create table t (id int primary key, a int, b int)",
        "create table p (a int, b int, primary key (a, b)); create table t (id int primary key, a int, b int);"
        "insert into p values (1, 1); insert into t values (1, 1, 1), (2, 1, null), (3, null, null), (4, 1, 2);"
        f"alter table t add constraint up foreign key (a, b) references p match {match} not valid",
    )
    assert sides.check("foreign_keys").evidence["keys"][0]["orphans"] == orphans


def test_a_child_outside_the_plan_is_checked_with_its_parent(sides: TwoSides) -> None:
    sides.on_target("create table note (t int)")
    sides.on_target("alter table note add foreign key (t) references t not valid")
    sides.on_target("alter table t drop constraint t_parent_fkey")
    assert sides.check("foreign_keys").passed  # empty, and that is counted
    sides.on_target("alter table note disable trigger all")
    sides.on_target("insert into note values (1), (null), (1234)")
    result = sides.check("foreign_keys")
    assert result.verdict is Verdict.FAIL
    assert "1 of note_t_fkey (public.note -> public.t)" in result.says


# sequences


@pytest.mark.parametrize(
    ("column", "rows", "behind"),
    [
        ("serial", "(1), (2)", "gives 1 next, but the highest id is 2"),
        ("int generated always as identity", "(3)", "gives 1 next, but the highest id is 3"),
        ("int generated by default as identity (increment -1)", "(-4), (-9)", "gives -1 next, but the lowest id is -9"),
        ("int generated by default as identity (start 10)", "(9)", None),
        ("int generated by default as identity (increment -1)", "(4)", None),
        ("serial", "(0), (-7)", None),
    ],
)
def test_a_sequence_stands_beyond_its_column(
    pair: tuple[str, str], column: str, rows: str, behind: str | None
) -> None:
    sides = two_sides(
        pair, "create table t (id int primary key)",
        f"create table t (id {column} primary key); insert into t overriding system value values {rows}",
    )
    result = sides.check("sequences")
    assert result.verdict is (Verdict.FAIL if behind else Verdict.PASS)
    assert (behind or "public.t_id_seq") in result.says
    with sides.target.session() as connection:
        (sequence,) = sides.target.catalog.sequences(connection, "public.t")
        moved = sides.target.write.advance(connection, sequence)
    assert (moved is None) == (behind is None)
    assert sides.check("sequences").passed


# the whole


def test_a_summary_misses_a_check_that_did_not_run(sides: TwoSides) -> None:
    results = sides.checks()
    whole = summary(sides.plan, [result for result in results if result.check != "rows"])
    assert (whole.verdict, whole.not_run) == (Verdict.ERROR, ("public.t: rows",))
    assert summary(sides.plan, results, ["counts"]).says == "6 PASS"
    failed = [CheckResult("rows", "public.t", Verdict.FAIL, "planted"), *results[:-1]]
    assert summary(sides.plan, failed).verdict is Verdict.FAIL
    assert summary(sides.plan, failed).as_dict()["verdicts"] == {"PASS": 5, "FAIL": 1, "ERROR": 0, "VACUOUS": 0}


def test_a_migrated_district_passes_and_a_planted_difference_does_not(pair: tuple[str, str]) -> None:
    project = load("riverside")
    make_source(pair[0], students=200, seed=3)
    make_target(pair[1])
    source, target = (connect(url, name="riverside", timezone=project.timezone) for url in pair)
    plan = planning.build(project, source, target)
    open_increments(plan, source, target, mode=Mode.SWEEP, run="one")
    work(plan, source, target, lane=1, run="one", guard=lambda: None)
    settle(plan, source, target, run="one", guard=lambda: None)
    finish(plan, target, lambda: None)

    results = run_checks(plan, source, target)
    whole = summary(plan, results)
    assert (whole.verdict, [r.says for r in results if not r.passed]) == (Verdict.PASS, [])
    assert draw_and_compare(plan, source, target, seed=3, percent=10).verdict is Verdict.PASS

    run(pair[1], "update grade set comment = 'planted' where grade_id = (select min(grade_id) from grade)")
    failed = [r for r in run_checks(plan, source, target, names=["counts", "checksums", "rows"]) if not r.passed]
    assert [(r.check, r.table) for r in failed] == [("checksums", "public.grade"), ("rows", "public.grade")]
    assert draw_and_compare(plan, source, target, seed=3, percent=100).verdict is Verdict.FAIL
