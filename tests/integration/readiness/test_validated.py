"""Passes before the freeze: what has crossed is compared, issues follow, and the passes grow stricter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.dags.runs import execute
from tests.integration.readiness.site import Place, site_of

from golive.readiness import Outcome
from golive.readiness.crossed import absent, check_so_far
from golive.readiness.validated import check_trained, compare_passes, judge_pass, to_waive, waivers, waiving
from golive.results import CheckResult, Verdict
from golive.transfer import Mode, open_increments, settle, work

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {data_engineer: [daniel], sponsor: [sam], lead: [lena]}
names: {daniel: Daniel Kim, sam: Sam Okafor, lena: Lena Fischer}
training:
  groups: {offices: [ruth, olga]}
  courses: [{name: enrolment, title: Enrolling, groups: [offices]}]
tables:
  - {target: person, key: [id], cursor: changed, older_than: "id <= 60", sensitive: [name]}
  - {target: code, key: [code]}
"""

SOURCE = """
create table person (id int, name text, changed timestamptz);
insert into person select n, 'name ' || n, timestamptz '2026-01-01' + n * interval '1 hour'
  from generate_series(1, 100) n;
create table code (code text primary key, says text);
insert into code select 'c' || n, 'code ' || n from generate_series(1, 20) n;
"""

TARGET = """
create table person (id int primary key, name text);
create table code (code text primary key, says text);
"""


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    execute(pair[0], SOURCE)
    execute(pair[1], TARGET)
    return site_of(TEXT, *pair, new_database("ledger"), stage="data_validation_initial")


def cross(site: Place, mode: Mode = Mode.OLDER) -> None:
    """One increment, as older_data makes it."""
    open_increments(site.plan, site.source, site.target, mode=mode, run="increment", wait_seconds=10)
    work(site.plan, site.source, site.target, lane=1, run="increment", guard=lambda: None)
    settle(site.plan, site.source, site.target, run="increment", guard=lambda: None)


def looked(site: Place) -> dict[tuple[str, str], CheckResult]:
    """What the checks of all tables say, by table and check."""
    names = frozenset(table.name for table in site.plan.tables)
    results = check_so_far(site.plan, site.source, site.target, names)
    return {(str(result.table).removeprefix("public."), result.check): result for result in results}


def passed(
    site: Place,
    run: str,
    stage: str = "data_validation_initial",
    *,
    without: str = "",
    results: list[CheckResult] | None = None,
) -> tuple[Place, Outcome]:
    """A whole pass in a run of its own, kept as the flow keeps it; with the site as it stands in that run."""
    there = replace(site, stage=stage, run_name=f"test.{stage}/{run}")
    if results is None:
        results = [result for (table, _), result in looked(there).items() if table != without]
    verdicts = {verdict.value: sum(result.verdict is verdict for result in results) for verdict in Verdict}
    there.write(
        "checks", {"lane": 1, "lanes": 1, **verdicts}, evidence={"results": [result.as_dict() for result in results]}
    )
    return there, there.keep(compare_passes(there), task="compare_passes")


def issues(site: Place) -> dict[str, dict[str, Any]]:
    return {entry.payload["id"]: entry.payload for entry in site.ledger.latest("test", "issue", by=("id",))}


def test_before_anything_crossed_a_check_says_that_it_looked_at_nothing(site: Place) -> None:
    found = looked(site)
    assert found["person", "crossed"].verdict is Verdict.VACUOUS
    assert found["person", "crossed"].says == "no row has crossed yet"
    assert found["person", "schema"].verdict is Verdict.PASS
    there, outcome = passed(site, "1")
    assert not outcome.missing and "looked at nothing: public.person: crossed" in judge_pass(there).says


def test_what_has_crossed_is_compared_and_the_rest_is_no_difference(site: Place) -> None:
    cross(site)
    found = looked(site)
    assert {result.verdict for result in found.values()} == {Verdict.PASS}
    assert found["person", "crossed"].says == "60 of the older rows match"
    assert found["code", "crossed"].says == "20 of the rows that have crossed match"


def test_a_row_that_nothing_reads_again_is_a_finding(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(pair[1], "update person set name = 'somebody else' where id = 3", "delete from person where id = 4")
    found = looked(site)["person", "crossed"]
    assert found.verdict is Verdict.FAIL and found.diff is not None
    assert (found.diff.matching, found.diff.different, found.diff.missing) == (58, 1, 1)
    assert "somebody else" not in str(found.as_dict()) and "***" in str(found.as_dict())


def test_what_may_have_changed_since_waits(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(
        pair[0],
        "update person set name = 'new', changed = '2026-03-01' where id = 3",
        "update person set name = 'new', changed = null where id = 4",
        "delete from person where id = 5",
        "update code set says = 'new' where code = 'c1'",
    )
    found = looked(site)
    person, code = found["person", "crossed"], found["code", "crossed"]
    assert person.verdict is Verdict.PASS and (person.evidence["waiting"], person.evidence["gone"]) == (2, 1)
    assert code.verdict is Verdict.PASS and code.evidence["waiting"] == 1
    cross(site)
    cross(site, Mode.OLDER_SWEEP)
    assert looked(site)["person", "crossed"].says == "59 of the older rows match"


def test_a_table_of_which_nothing_is_certain_was_not_looked_at(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(pair[0], "update code set says = says || ' new'")
    assert looked(site)["code", "crossed"].verdict is Verdict.VACUOUS


def test_a_table_without_a_key_is_compared_as_a_whole(pair: tuple[str, str], new_database: Callable[..., str]) -> None:
    execute(pair[0], SOURCE, "create table log (said text)", "insert into log values ('a'), ('a'), ('b')")
    execute(pair[1], TARGET, "create table log (said text)")
    site = site_of(TEXT + "  - {target: log}\n", *pair, new_database("ledger"), stage="data_validation_initial")
    assert ("log", "duplicates") not in looked(site)
    cross(site)
    assert looked(site)["log", "crossed"].says == "3 of the rows that have crossed match"
    execute(pair[0], "insert into log values ('c')")
    found = looked(site)["log", "crossed"]
    assert found.verdict is Verdict.PASS and found.evidence["waiting"] == 1


def test_keys_that_rows_share_are_found_on_the_source(site: Place, pair: tuple[str, str]) -> None:
    execute(pair[0], "insert into person values (7, 'twice', now()), (null, 'none', now())")
    found = looked(site)
    assert found["person", "duplicates"].verdict is Verdict.FAIL
    assert found["person", "duplicates"].says.startswith("1 keys are shared by 2 of 101 rows, and 1 rows lack")
    assert found["code", "duplicates"].verdict is Verdict.PASS


def test_an_empty_table_passes_because_it_is_empty(site: Place, pair: tuple[str, str]) -> None:
    execute(pair[0], "delete from person")
    found = looked(site)
    assert found["person", "crossed"].says == found["person", "duplicates"].says == "empty on both sides"


def test_a_check_that_cannot_run_is_an_error_and_no_pass(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    assert site.plan.tables
    execute(pair[0], "alter table person rename column name to nm")
    found = looked(site)
    assert found["person", "crossed"].verdict is Verdict.ERROR
    assert found["code", "crossed"].verdict is Verdict.PASS
    there, _ = passed(site, "1", "data_validation_pre_final", results=list(found.values()))
    assert issues(site)["check/public.person/crossed"]["severity"] == "major"
    assert any("check/public.person/crossed" in line for line in judge_pass(there).missing)


def test_each_finding_is_new_still_open_fixed_or_regressed(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    name, spoil = "check/public.person/crossed", "update person set name = 'wrong' where id = 3"
    execute(pair[1], spoil)
    assert "1 new, 0 still open" in passed(site, "1")[1].says
    assert issues(site)[name] | {"says": ""} == {
        "id": name, "title": "crossed of public.person", "severity": "critical", "owner": "data_engineer",
        "state": "open", "says": "", "from": "test.data_validation_initial/1", "change": "new",
    }  # fmt: skip
    # The same run again, as after a clear: it is new still.
    assert "1 new, 0 still open" in passed(site, "1")[1].says
    assert "0 new, 1 still open" in passed(site, "2")[1].says
    execute(pair[1], "update person set name = 'name 3' where id = 3")
    assert "0 still open, 1 fixed" in passed(site, "3")[1].says
    assert issues(site)[name]["state"] == "closed"
    assert "0 fixed" in passed(site, "4")[1].says
    execute(pair[1], spoil)
    assert "1 regressed" in passed(site, "5")[1].says


def test_a_finding_that_nobody_looked_at_again_stays_open(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(pair[1], "delete from code where code = 'c1'", "update person set name = 'wrong' where id = 3")
    passed(site, "1")
    _, outcome = passed(site, "2", without="person")
    assert issues(site)["check/public.person/crossed"]["state"] == "open"
    assert outcome.missing[0].startswith("public.person: schema has no verdict in this run")


def test_a_table_that_left_the_project_file_closes_its_issues(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(pair[1], "update person set name = 'wrong' where id = 3")
    passed(site, "1")
    tables = tuple(spec for spec in site.project.tables if spec.target == "code")
    smaller = replace(site, project=site.project.model_copy(update={"tables": tables}))
    passed(smaller, "2")
    assert issues(site)["check/public.person/crossed"]["state"] == "closed"


def test_a_lane_without_a_verdict_is_missing(site: Place) -> None:
    assert len(absent(site.plan, set())) == 6
    outcome = compare_passes(site)
    assert "public.code: crossed has no verdict in this run: clear the lanes of check_what_crossed" in outcome.missing


def test_the_initial_pass_reports_the_last_one_demands(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(pair[1], "update person set name = 'wrong' where id = 3")
    initial, _ = passed(site, "1")
    assert judge_pass(initial).missing == () and "1 FAIL" in judge_pass(initial).says
    middle, _ = passed(site, "2", "data_validation_mid_cycle")
    assert judge_pass(middle).missing == ()
    last, _ = passed(site, "3", "data_validation_pre_final")
    (line,) = judge_pass(last).missing
    assert "check/public.person/crossed" in line and "Daniel Kim (data engineer)" in line


def test_the_middle_pass_bears_only_so_many(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    middle, _ = passed(site, "1", "data_validation_mid_cycle")
    for number in range(11):
        issue = {
            "id": f"by_hand/{number}",
            "title": "t",
            "severity": "critical",
            "owner": "lead",
            "says": "s",
            "from": "",
        }
        site.write("issue", {**issue, "state": "open"})
        assert bool(judge_pass(middle).missing) == (number == 10)


def test_a_waiver_by_name_holds_until_its_day(site: Place, pair: tuple[str, str]) -> None:
    cross(site)
    execute(pair[1], "update person set name = 'wrong' where id = 3")
    last, _ = passed(site, "1", "data_validation_pre_final")
    shown = to_waive(last)
    assert shown is not None and [issue["id"] for issue in shown["issues"]] == ["check/public.person/crossed"]
    answer = last.write(
        "approval", {"question": "waive_findings", "verdict": "approved", "comment": "known", "answers": {"days": 5}},
        actor="sam",
    )  # fmt: skip
    for record in waiving(last, answer, shown):
        last.write(record.kind, record.payload, actor=answer.actor)
    assert to_waive(last) is None and judge_pass(last).missing == ()
    assert "waived by name: check/public.person/crossed" in judge_pass(last).says
    assert issues(site)["check/public.person/crossed"]["state"] == "waived"
    assert waivers(last)["check/public.person/crossed"].payload["expires"] == "2026-06-06"
    again, _ = passed(site, "2", "data_validation_pre_final")
    assert issues(site)["check/public.person/crossed"]["state"] == "waived" and not judge_pass(again).missing
    later = replace(again, today=date(2026, 6, 1) + timedelta(days=6))
    assert len(judge_pass(later).missing) == 1
    passed(replace(later, ledger=site.ledger), "3", "data_validation_pre_final")
    assert issues(site)["check/public.person/crossed"]["state"] == "open"


def test_everybody_is_trained(site: Place) -> None:
    assert "ruth, olga of group offices" in check_trained(site).missing[0]
    for person in ("ruth", "olga"):
        assert check_trained(site).missing
        site.write("training", {"person": person, "group": "offices", "course": "enrolment", "state": "attended",
                                "on": "2026-05-01", "material": "1", "by": "lena"})  # fmt: skip
    assert check_trained(site) == Outcome("Training: 2 of 2 attendances done.")
