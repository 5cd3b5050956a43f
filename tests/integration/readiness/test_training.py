"""Training: the matrix, the days counted back, what leaders attest, and hands-on work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.integration.readiness.preparing import School, approve
from tests.integration.readiness.site import Place

from golive.readiness.passes import check_trained
from golive.readiness.training import attesting, check_exercises, check_training, leader, matrix, to_attest

TRAINING = """\
calendar: {go_live: 2026-06-10}
departments: [{name: office, head: finance}]
training:
  build: "7"
  groups: {office: [tom, tim], drivers: [dora]}
  courses:
    - {name: basics, title: The basics, groups: [office, drivers], days_before: 9, materials: [guide]}
    - {name: invoices, title: Invoices, groups: [office], days_before: 3, materials: [guide]}
  materials: [{name: guide, kind: guide, build: "7", link: "https://docs/guide"}]
  exercises:
    - name: first_invoice
      group: office
      says: writes an invoice
      query: select 1 where not exists (select from invoice)
    - {name: own_case, group: drivers, says: a case of their own}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def attend(place: Place, course: str, *people: str, state: str = "attended") -> None:
    for person in people:
        place.write(
            "training",
            {
                "person": person,
                "group": "g",
                "course": course,
                "state": state,
                "on": "2026-05-20",
                "material": "7",
                "by": "ann",
            },
        )


def test_without_courses_nobody_has_to_learn(school: School) -> None:
    place = school.place("")
    assert check_training(place).missing == () and check_exercises(place).missing == ()


def test_the_matrix_has_everybody_with_the_days_counted_back(school: School) -> None:
    place = school.place(TRAINING)
    attend(place, "basics", "tom")
    rows = {(row.person, row.course): (row.group, row.due, row.state, row.over(place.today)) for row in matrix(place)}
    assert rows == {
        ("tom", "basics"): ("office", date(2026, 6, 1), "attended", True),
        ("tim", "basics"): ("office", date(2026, 6, 1), "", True),
        ("dora", "basics"): ("drivers", date(2026, 6, 1), "", True),
        ("tom", "invoices"): ("office", date(2026, 6, 7), "", False),
        ("tim", "invoices"): ("office", date(2026, 6, 7), "", False),
    }
    assert leader(place.project, "office") == "finance" and leader(place.project, "drivers") == "lead"


def test_a_course_that_is_due_and_not_done_is_missing_and_a_later_one_is_not(school: School) -> None:
    place = school.place(TRAINING)
    attend(place, "basics", "tom")
    outcome = check_training(place)
    assert outcome.says == "Training: 1 of 5 attendances done, 2 of the others due by now."
    office, drivers = outcome.missing
    assert "The basics was due on 2026-06-01, and Tim of group office" in office and "Fay (finance)" in office
    assert "dora of group drivers" in drivers and "Ann (lead)" in drivers and "harbour.record" in drivers
    (report,) = outcome.records
    assert report.evidence is not None
    assert "| office | Tim | basics | 2026-06-01 | overdue |  |" in report.evidence["text"]
    assert "| office | Tim | invoices | 2026-06-07 | open |  |" in report.evidence["text"]


def test_everybody_was_there(school: School) -> None:
    place = school.place(TRAINING)
    attend(place, "basics", "tom", "tim", "dora")
    assert check_training(place).missing == ()


def test_a_leader_attests_exactly_whom_the_form_listed(school: School) -> None:
    place = school.place(TRAINING)
    attend(place, "basics", "tom", "dora")
    evidence: Any = to_attest(place, "office")
    assert evidence == {"group": "office", "lacking": {"basics": ["tim"], "invoices": ["tom", "tim"]}}
    assert to_attest(place, "drivers") is None
    approve(place, attesting("office"), evidence, "fay", basics=True, invoices=False)
    outcome = place.keep(check_training(place))
    assert outcome.missing == ()
    assert [
        (r.payload["person"], r.payload["course"], r.payload["by"]) for r in outcome.records if r.kind == "training"
    ] == [("tim", "basics", "fay")]
    assert place.ledger.last("harbour", "attestation") is not None
    assert to_attest(place, "office") is None  # invoices are not due yet
    # In another run nobody attested anything, and what was attested stands.
    later = school.place(TRAINING, run="later")
    assert check_training(later).missing == ()


def test_a_leader_is_not_asked_before_a_course_is_due(school: School) -> None:
    assert to_attest(school.place(TRAINING, today=date(2026, 5, 31)), "office") is None


def test_without_a_day_of_going_live_or_people_nothing_is_known_to_be_done(school: School) -> None:
    never = "calendar: {blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]}\n"
    text = TRAINING.replace("calendar: {go_live: 2026-06-10}\n", never).replace("drivers: [dora]", "drivers: []")
    no_day, nobody = check_training(school.place(text)).missing
    assert "that has no date yet" in no_day and "Ann (lead)" in no_day
    assert "The group drivers has something to learn, and nobody is in it" in nobody and "clear check_tr" in nobody


def test_where_nobody_is_nobody_has_learnt_or_worked(school: School) -> None:
    place = school.place(TRAINING.replace("office: [tom, tim], drivers: [dora]", "office: [], drivers: []"))
    for look, task in ((check_trained, "check_trained"), (check_exercises, "check_exercises")):
        missing = [line for line in look(place).missing if "and nobody is in it" in line]
        assert [line.split()[2] for line in missing] == ["office", "drivers"]
        assert all(line.endswith(f"then clear {task}") for line in missing)
    assert check_trained(place).says == "Training: 0 of 0 attendances done."
    assert check_exercises(place).says == "Hands-on work: 0 of 2 exercises passed."


def test_an_exercise_is_passed_once_all_were_there_and_the_new_system_shows_it(school: School) -> None:
    day = date(2026, 6, 7)
    place = school.place(TRAINING, today=day)
    absent, alone = check_exercises(place).missing
    assert "first_invoice of group office (writes an invoice) was not done by Tom, Tim" in absent
    assert "own_case of group drivers" in alone
    attend(place, "first_invoice", "tom", "tim")
    attend(place, "own_case", "dora")
    (unasked,) = check_exercises(place).missing
    assert 'could not be asked: relation "invoice" does not exist' in unasked
    school.on_target("create table invoice (id int)")
    (unshown,) = check_exercises(place).missing
    assert "was held, but its query in the new system finds 1 open" in unshown
    school.on_target("insert into invoice values (1)")
    outcome = place.keep(check_exercises(place))
    assert outcome.missing == () and outcome.says == "Hands-on work: 2 of 2 exercises passed."
    assert {(r.payload["person"], r.payload["state"]) for r in outcome.records} == {
        ("tom", "passed"),
        ("tim", "passed"),
        ("dora", "passed"),
    }
    assert check_exercises(place).records == ()


def test_every_group_with_a_course_brings_a_case_of_its_own(school: School) -> None:
    of_drivers = "    - {name: own_case, group: drivers, says: a case of their own}\n"
    assert of_drivers in TRAINING
    early = date(2026, 5, 1)
    (missing,) = check_exercises(school.place(TRAINING.replace(of_drivers, ""), today=early)).missing
    assert missing == (
        "The group drivers has courses, and no exercise. Ann (lead): bring a case of the group's own, declare it under"
        " `training.exercises` in the project file, then clear check_exercises"
    )
    assert check_exercises(school.place(TRAINING, today=early)).missing == ()
    without = TRAINING[: TRAINING.index("  exercises:")]
    assert check_exercises(school.place(without, today=early)).missing == ()


def test_an_exercise_is_not_due_before_the_last_course_of_its_group(school: School) -> None:
    (due,) = check_exercises(school.place(TRAINING, today=date(2026, 6, 6))).missing
    assert "own_case" in due
    assert check_exercises(school.place(TRAINING, today=date(2026, 5, 31))).missing == ()
