"""Checks that can be true before the freeze: what has crossed is compared, and the rest is no difference."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.dags.runs import execute
from tests.integration.readiness.passing import SOURCE, TARGET, TEXT, cross, issues, judged, looked, passed
from tests.integration.readiness.site import Place, site_of

from golive.results import Verdict
from golive.transfer import Mode


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    execute(pair[0], SOURCE)
    execute(pair[1], TARGET)
    return site_of(TEXT, *pair, new_database("ledger"), stage="data_validation_initial")


def test_before_anything_crossed_a_check_says_that_it_looked_at_nothing(site: Place) -> None:
    found = looked(site)
    assert found["person", "crossed"].verdict is Verdict.VACUOUS
    assert found["person", "crossed"].says == "no row has crossed yet"
    assert found["person", "schema"].verdict is Verdict.PASS
    there, outcome = passed(site, "1")
    assert not outcome.missing and "looked at nothing: public.person: crossed" in judged(there).says


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
    there, _ = passed(site, "1", "pre_final", results=list(found.values()))
    assert issues(site)["check/public.person/crossed"]["severity"] == "critical"
    assert any("check/public.person/crossed" in line for line in judged(there).missing)
