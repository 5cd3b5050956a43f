"""All checks together: where they pass, where they could not run, where there is nothing to look at."""

from __future__ import annotations

import psycopg
import pytest
from tests.integration.two_sides import TwoSides, run

from golive import plan as planning
from golive.databases import connect
from golive.databases.relation import Refusal
from golive.demo.organisation import make_source, make_target
from golive.demo.riverside import ORGANISATION
from golive.errors import ConnectionLost, Terminal
from golive.project import load
from golive.results import CheckResult, Verdict
from golive.transfer import Mode, finish, open_increments, settle, work
from golive.validation import CHECKS, draw_and_compare, run_checks, summary


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
        "schema": Verdict.PASS,
        "counts": Verdict.PASS,
        "sequences": Verdict.PASS,
        "foreign_keys": Verdict.VACUOUS,
        "checksums": Verdict.VACUOUS,
        "rows": Verdict.VACUOUS,
    }


def test_names_and_tables_limit_and_are_known(sides: TwoSides) -> None:
    assert [r.check for r in sides.checks("rows", "counts", tables=frozenset({"public.t"}))] == ["counts", "rows"]
    assert sides.checks(tables=frozenset()) == []
    with pytest.raises(Terminal, match=r"there is no check row\. Right: schema"):
        sides.checks("row")
    with pytest.raises(Terminal, match=r"there is no table t\. Right: public\.t"):
        sides.checks(tables=frozenset({"t"}))


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
    make_source(ORGANISATION, pair[0], size=200, seed=3)
    make_target(ORGANISATION, pair[1])
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
