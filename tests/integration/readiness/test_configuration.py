"""Areas that are made in a database of their own: confirmed as they stand there, and copied at go-live as confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.configured import AREAS, Configured, configured
from tests.integration.readiness.preparing import approve
from tests.integration.readiness.site import Place, site_of

from golive.errors import ConnectionLost, FreezeViolated
from golive.readiness.areas import check_areas, confirming, plan_areas, settle_areas, to_confirm
from golive.readiness.config_night import TASK, copy_configuration, uncopied
from golive.readiness.measures import areas as measured
from golive.reports import stage_report

MORE = "  - {area: printers, title: Printers, owner: operations, copyable: false}\n"
OWNERS = {"terms": "ann", "scales": "ann", "fees": "fay"}


@pytest.fixture
def school(new_database: Callable[..., str]) -> Configured:
    return configured(new_database, AREAS + MORE)


@pytest.fixture
def place(school: Configured, new_database: Callable[..., str]) -> Place:
    return at(school, new_database("ledger"), "config_copy")


def at(school: Configured, ledger_url: str, stage: str, run: str = "test", text: str = AREAS + MORE) -> Place:
    urls = school.staging_url, school.target_url, ledger_url
    return site_of(text, *urls, stage=stage, run=run, staging_url=school.staging_url)


def again(place: Place, stage: str, run: str = "test") -> Place:
    """The same project in a run of another stage."""
    return Place(place.project, place.source, place.target, place.ledger, stage, place.today,
                 f"harbour.{stage}/{run}", place.staging)  # fmt: skip


def say(place: Place, area: str, state: str = "confirmed") -> None:
    declared = next(each for each in place.project.configuration if each.area == area)
    evidence = to_confirm(place, declared)
    assert evidence is not None
    approve(place, confirming(area), evidence, OWNERS.get(area, "ann"), state=state)


def all_confirmed(place: Place) -> None:
    place.keep(plan_areas(place))
    for area in OWNERS:
        say(place, area)
    assert place.keep(settle_areas(place)).missing == ()


def free() -> None:
    """A guard that lets everything pass."""


def copies(place: Place) -> dict[str, dict[str, Any]]:
    return {e.payload["area"]: e.payload for e in place.ledger.latest("harbour", "config_copy", by=("area",))}


def states(place: Place) -> dict[str, str]:
    return {e.payload["area"]: e.payload["state"] for e in place.ledger.latest("harbour", "area", by=("area",))}


def test_what_a_copy_would_do_is_planned_and_kept(place: Place) -> None:
    outcome = place.keep(plan_areas(place))
    assert outcome.missing == ()
    assert "fees (planned, 1 inserted, 1 updated, 0 removed, 0 unchanged)" in outcome.says
    assert "printers (not copyable)" in outcome.says
    entry = next(e for e in place.ledger.entries("harbour", kind="config_copy") if e.payload["area"] == "scales")
    assert entry.evidence_hash is not None
    evidence: Any = place.ledger.evidence(entry.evidence_hash)
    assert (entry.payload["state"], entry.payload["removed"], entry.payload["collides"]) == ("compared", 2, 0)
    assert evidence["snapshot"] == entry.payload["snapshot"] and len(evidence["tables"]) == 2


def test_a_row_that_changes_after_it_was_confirmed_takes_the_word_back(place: Place, school: Configured) -> None:
    all_confirmed(place)
    terms = next(each for each in place.project.configuration if each.area == "terms")
    assert to_confirm(place, terms) is None
    school.on_staging("update term set starts_on = '2027-02-02' where code = 'T2'")
    assert to_confirm(place, terms) is not None
    assert measured(place).what == ("terms: changed after it was confirmed",)
    late = again(place, "data_finalization")
    missing = late.keep(check_areas(late)).missing
    assert "The configuration area terms changed in staging after it was confirmed. ann (lead)" in missing[0]
    assert "area fees is confirmed, and depends on terms, which is started" in missing[1]
    # As it was when it was confirmed, or confirmed as it is now.
    school.on_staging("update term set starts_on = '2027-02-01' where code = 'T2'")
    assert late.keep(check_areas(late)).missing == () and states(late)["terms"] == "confirmed"
    school.on_staging("update term set starts_on = '2027-02-03' where code = 'T2'")
    newer = again(place, "data_finalization", "newer")
    say(newer, "terms")
    assert newer.keep(check_areas(newer)).missing == ()


def test_the_word_is_about_what_was_shown_not_what_stands_there_later(place: Place, school: Configured) -> None:
    place.keep(plan_areas(place))
    say(place, "terms")
    school.on_staging("delete from term where code = 'T2'")
    (missing,) = place.keep(settle_areas(place)).missing
    assert "terms changed in staging after it was confirmed" in missing and states(place)["terms"] == "started"


def test_what_collides_or_refers_outside_speaks_against_a_confirmed_area(
    school: Configured, new_database: Callable[..., str]
) -> None:
    school.on_staging("update fee set name = 'Arrived', term = 'T1' where code = 'LUNCH'")
    text = (AREAS + MORE).replace("depends: [terms]", "depends: []")
    place = at(school, new_database("ledger"), "config_copy", text=text)
    place.keep(plan_areas(place))
    say(place, "fees")
    (missing,) = place.keep(settle_areas(place)).missing
    assert (
        "The configuration area fees is confirmed, and cannot be copied: public.fee: 1 row has the name of a row of"
        " production that the area does not own. fay (finance)" in missing
    )
    # What refers to a row that the migration still brings waits for the night.
    school.on_staging("update fee set name = 'Lunch', term = 'T3' where code = 'LUNCH'")
    text = text.replace("  - {target: t}\n", "  - {target: t}\n  - {target: term}\n")
    text = text.replace("  - {area: terms, owner: lead, tables: [term]}\n", "")
    later = at(school, place.ledger._engine.url.render_as_string(hide_password=False), "config_copy", "later", text)
    later.keep(plan_areas(later))
    say(later, "fees")
    assert later.keep(settle_areas(later)).missing == ()


def test_confirmed_areas_are_copied_in_their_order_and_the_rest_is_listed(place: Place, school: Configured) -> None:
    place.keep(plan_areas(place))
    for area, state in (("terms", "confirmed"), ("scales", "started"), ("fees", "confirmed")):
        say(place, area, state)
    assert place.keep(settle_areas(place)).missing == ()
    night = again(place, "final_migration")
    before = school.everything()
    outcome = night.keep(copy_configuration(night, free))
    assert outcome.missing == ()
    assert outcome.says == (
        "Configuration: 2 of 4 areas copied, 5 rows written. Skipped: scales (it is started, not confirmed),"
        " printers (it is done by hand). By hand: scales (lead), Printers (operations)."
    )
    after = school.everything()
    assert after["scale"] == before["scale"] and after["fee"] != before["fee"]
    found = copies(night)
    assert {name: each["state"] for name, each in found.items()} == {
        "terms": "copied", "fees": "copied", "scales": "skipped", "printers": "skipped",
    }  # fmt: skip
    (table,) = found["terms"]["tables"]
    assert table["before"] != table["after"] and table["table"] == "public.term"
    # Once more, and it is the same, told the same.
    assert night.keep(copy_configuration(night, free)).says == outcome.says and school.everything() == after


def test_the_report_shows_what_became_of_each_area(place: Place) -> None:
    all_confirmed(place)
    night = again(place, "final_migration")
    night.keep(copy_configuration(night, free), task=TASK)
    report = stage_report(night.ledger, night.project, place.run_name)
    table = next(each for each in report.tables if each.title == "Configuration beside production")
    assert len(table.rows) == 3 and "10.00" not in str(report) and "Lunch" not in str(report)


def test_an_area_that_changed_or_whose_parent_was_not_copied_is_skipped(place: Place, school: Configured) -> None:
    all_confirmed(place)
    school.on_staging("insert into term values ('T4', '2028-01-01', null)")
    night = again(place, "final_migration")
    outcome = night.keep(copy_configuration(night, free))
    assert outcome.missing == ()
    assert "Skipped: terms (changed after it was confirmed)" in outcome.says
    assert "fees (it depends on terms, which was not copied)" in outcome.says
    assert copies(night)["scales"]["state"] == "copied"
    assert school.asked("select from term where code in ('T3', 'T4')") == []


def test_nobody_waits_for_what_is_done_by_hand(school: Configured, new_database: Callable[..., str]) -> None:
    text = (AREAS + MORE).replace("depends: [terms]", "depends: [terms, printers, forms]")
    text += "  - {area: forms, owner: lead}\n"
    place = at(school, new_database("ledger"), "config_copy", text=text)
    place.keep(plan_areas(place))
    for area in ("terms", "forms", "fees"):
        say(place, area)
    assert place.keep(settle_areas(place)).missing == ()
    night = again(place, "final_migration")
    night.keep(copy_configuration(night, free))
    assert {name: copies(night)[name]["state"] for name in ("terms", "fees", "forms", "printers")} == {
        "terms": "copied", "fees": "copied", "forms": "skipped", "printers": "skipped",
    }  # fmt: skip


def test_what_was_copied_before_is_no_work_for_people(place: Place, school: Configured) -> None:
    """Its owner changed it after the copy: the copy stays, and what depends on it is copied all the same."""
    all_confirmed(place)
    night = again(place, "final_migration")
    night.keep(copy_configuration(night, free), task=TASK)
    school.on_staging("insert into term values ('T4', '2028-01-01', null)")
    before = school.everything()
    outcome = night.keep(copy_configuration(night, free), task=TASK)
    assert outcome.missing == () and school.everything() == before
    assert "Copied before, and left as it is: terms (changed after it was confirmed)." in outcome.says
    assert outcome.says.endswith("Skipped: printers (it is done by hand). By hand: Printers (operations).")
    found = copies(night)
    assert (found["terms"]["state"], found["fees"]["state"]) == ("copied before", "copied")
    assert uncopied(night) == []


def test_rows_that_somebody_wrote_after_the_copy_keep_the_system_shut(place: Place, school: Configured) -> None:
    all_confirmed(place)
    night = again(place, "final_migration")
    night.keep(copy_configuration(night, free), task=TASK)
    school.on_target("update mark set low = 1 where mark = 'P'", "update fee set price = 2 where origin = 'old'")
    assert uncopied(night) == [
        "rows of the configuration area scales are not in production as they were copied any more: public.mark. ann"
        " (lead): find out who wrote them; copy_configuration, cleared, copies the area again"
    ]
    night.keep(copy_configuration(night, free), task=TASK)
    assert uncopied(night) == []
    # Production was set back to the day before, and an area that was copied then is not what was confirmed any more.
    school.on_target("drop schema golive cascade", "delete from mark")
    school.on_staging("update mark set low = 91 where low = 90")
    second = again(place, "final_migration", "second")
    second.keep(copy_configuration(second, free), task=TASK)
    assert copies(second)["scales"]["state"] == "skipped" and uncopied(second) == []


def test_an_area_that_fails_is_told_and_the_others_are_copied(place: Place, school: Configured) -> None:
    all_confirmed(place)
    school.on_target("insert into fee values ('OWN', 'Lunch', 1, null, 'old')")
    night = again(place, "final_migration")
    (missing,) = night.keep(copy_configuration(night, free), task=TASK).missing
    assert missing.startswith("The configuration area fees could not be copied:") and "fay (finance)" in missing
    assert "1 row has the name of a row of production that the area does not own" in missing
    found = copies(night)
    assert [found[area]["state"] for area in OWNERS] == ["copied", "copied", "not copied"]
    assert uncopied(night) == list(night.ledger.entries("harbour", kind="step")[-1].payload["missing"])
    school.on_target("delete from fee where code = 'OWN'")
    assert night.keep(copy_configuration(night, free), task=TASK).missing == ()
    assert uncopied(night) == []


def test_killed_between_two_areas_and_run_again_it_is_the_same(place: Place, school: Configured) -> None:
    all_confirmed(place)
    night, calls = again(place, "final_migration"), list[int]()

    def killed() -> None:
        calls.append(1)
        if len(calls) == 3:  # the first area is committed, the second begins
            raise ConnectionLost("the worker is gone")

    with pytest.raises(ConnectionLost):
        copy_configuration(night, killed)
    half = school.everything()
    outcome = night.keep(copy_configuration(night, free))
    assert school.everything() != half and outcome.missing == ()
    assert outcome.says.startswith("Configuration: 3 of 4 areas copied, 12 rows written.")


def test_nothing_is_written_where_the_guard_says_no(place: Place, school: Configured) -> None:
    all_confirmed(place)
    before = school.everything()

    def broken() -> None:
        raise FreezeViolated("somebody wrote into the old system")

    with pytest.raises(FreezeViolated):
        copy_configuration(again(place, "final_migration"), broken)
    assert school.everything() == before


def test_a_run_that_copied_nothing_or_whose_copy_was_taken_back_does_not_open(place: Place) -> None:
    all_confirmed(place)
    night = again(place, "final_migration")
    assert uncopied(night) == ["no configuration was copied in this run: clear copy_configuration"]
    night.keep(copy_configuration(night, free), task=TASK)
    assert uncopied(night) == []
    night.write("config_copy", {"area": "terms", "state": "undone", "reason": "wrong", "forced": False, "did": []})
    assert uncopied(night) == [
        "the configuration areas terms were taken back after they were copied: clear copy_configuration"
    ]


def test_without_a_database_of_its_own_nothing_is_copied(school: Configured, new_database: Callable[..., str]) -> None:
    text = AREAS[: AREAS.index("configuration:")].replace("staging: {connection: harbour_config}\n", "")
    place = site_of(text, school.staging_url, school.target_url, new_database("ledger"), stage="final_migration")
    assert copy_configuration(place, free).says == "No configuration is copied: the project file has no `staging`."
    assert uncopied(place) == []
