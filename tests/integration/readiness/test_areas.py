"""Configuration areas: their order, what their owners say, and what speaks against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.readiness.preparing import School, approve
from tests.integration.readiness.site import Place

from golive.errors import ProjectError
from golive.readiness.areas import CHANGED, NOT_READY, check_areas, confirming, plan_areas, settle_areas, to_confirm

AREAS = """\
configuration:
  - area: fees
    title: Fee plans
    owner: finance
    tables: [fee]
    depends: [terms]
    not_ready: select 1 from fee where price is null
  - {area: terms, owner: lead, tables: [term]}
  - {area: printers, title: Printers, owner: operations, copyable: false}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_target("create table fee (id int, price int)")
    return made


def say(place: Place, area: str, state: str, by: str = "fay", comment: str = "so it is") -> None:
    declared = next(each for each in place.project.configuration if each.area == area)
    evidence: Any = to_confirm(place, declared)
    assert evidence is not None
    approve(place, confirming(area), evidence, by, comment=comment, state=state)


def states(place: Place) -> dict[str, str]:
    return {e.payload["area"]: e.payload["state"] for e in place.ledger.latest("harbour", "area", by=("area",))}


def test_nothing_declared(school: School) -> None:
    place = school.place("", stage="config_copy")
    assert not (plan_areas(place).missing or settle_areas(place).missing or check_areas(place).missing)


def test_areas_are_planned_each_after_those_it_depends_on(school: School) -> None:
    place = school.place(AREAS, stage="config_copy")
    outcome = place.keep(plan_areas(place))
    assert outcome.missing == ()
    order = [str(record.payload["area"]) for record in outcome.records]
    assert order.index("terms") < order.index("fees")
    assert states(place) == {"terms": "planned", "printers": "not copyable", "fees": "planned"}
    assert plan_areas(place).records == ()


def test_a_circle_is_refused_with_its_names(school: School) -> None:
    with pytest.raises(ProjectError) as refused:
        school.place(AREAS.replace("tables: [term]", "tables: [term], depends: [fees]"), stage="config_copy")
    for name in ("fees", "terms"):
        assert f"{name} depends on itself, over others: none of them can be copied first" in refused.value.message


def test_a_query_that_fails_is_missing(school: School) -> None:
    school.on_target("drop table fee")
    place = school.place(AREAS, stage="config_copy")
    (missing,) = plan_areas(place).missing
    assert 'fees is ready could not be asked: relation "fee" does not exist. Fay (finance)' in missing


def test_what_owners_say_is_kept_and_the_rest_is_done_by_hand(school: School) -> None:
    place = school.place(AREAS, stage="config_copy")
    place.keep(plan_areas(place))
    say(place, "terms", "confirmed", "ann")
    say(place, "fees", "planned")
    outcome = place.keep(settle_areas(place))
    assert outcome.missing == ()
    assert (
        outcome.says
        == "Configuration: 1 of 3 areas confirmed. By hand at go-live: Printers (operations), Fee plans (finance)."
    )
    assert states(place) == {"terms": "confirmed", "printers": "not copyable", "fees": "planned"}
    fees, terms, printers = place.project.configuration
    assert to_confirm(place, fees) is not None and to_confirm(place, terms) is None
    assert to_confirm(place, printers) is None


def test_a_confirmed_area_has_to_be_ready(school: School) -> None:
    school.on_target("insert into fee values (1, null)")
    place = school.place(AREAS, stage="config_copy")
    place.keep(plan_areas(place))
    say(place, "terms", "confirmed", "ann")
    say(place, "fees", "confirmed")
    (missing,) = place.keep(settle_areas(place)).missing
    assert "fees is confirmed, and 1 thing in it is not ready. Fay (finance)" in missing
    assert states(place)["fees"] == "started"
    school.on_target("update fee set price = 3")
    assert place.keep(settle_areas(place)).missing == ()
    assert states(place)["fees"] == "confirmed"


def test_an_owners_comment_is_never_the_machines_word(school: School) -> None:
    """Whatever they write, an area that they call started stays so."""
    place = school.place(AREAS, stage="config_copy")
    place.keep(plan_areas(place))
    say(place, "terms", "confirmed", "ann")
    for words in (NOT_READY, CHANGED):
        say(place, "fees", "started", comment=words)
        assert place.keep(settle_areas(place)).missing == ()
        assert place.keep(settle_areas(place)).records == ()
        assert states(place)["fees"] == "started"


def test_a_confirmed_area_needs_those_it_depends_on(school: School) -> None:
    place = school.place(AREAS, stage="config_copy")
    place.keep(plan_areas(place))
    say(place, "terms", "started", "ann")
    say(place, "fees", "confirmed")
    (missing,) = settle_areas(place).missing
    assert "fees is confirmed, and depends on terms, which is started" in missing


def test_in_the_end_whatever_was_started_is_confirmed_and_still_ready(school: School) -> None:
    before = school.place(AREAS, stage="config_copy")
    before.keep(plan_areas(before))
    say(before, "terms", "confirmed", "ann")
    say(before, "fees", "started")
    assert before.keep(settle_areas(before)).missing == ()
    place = school.place(AREAS, stage="data_finalization")
    (missing,) = place.keep(check_areas(place)).missing
    assert "fees was started and is not confirmed. Fay (finance)" in missing
    say(place, "fees", "confirmed")
    assert place.keep(check_areas(place)).missing == ()
    later = school.place(AREAS, stage="data_finalization", run="later")
    assert later.keep(check_areas(later)).missing == ()
    # What was ready is not any more, and then is again.
    school.on_target("insert into fee values (1, null)")
    (missing,) = later.keep(check_areas(later)).missing
    assert "1 thing in it is not ready" in missing
    school.on_target("delete from fee")
    assert later.keep(check_areas(later)).missing == ()
    assert states(later)["fees"] == "confirmed"


def test_with_other_tables_an_area_has_to_be_confirmed_anew(school: School) -> None:
    before = school.place(AREAS, stage="config_copy")
    before.keep(plan_areas(before))
    say(before, "terms", "confirmed", "ann")
    say(before, "fees", "confirmed")
    before.keep(settle_areas(before))
    place = school.place(AREAS.replace("tables: [term]", "tables: [term, holiday]"), stage="data_finalization")
    (missing,) = check_areas(place).missing
    assert "fees is confirmed, and depends on terms, which is planned" in missing
    assert to_confirm(place, place.project.configuration[1]) is not None
