"""A checklist of several signers: one tick by any of them is enough, and only words that stand count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.errors import ProjectError
from golive.ledger import digest
from golive.readiness.checklist import unticked
from golive.readiness.evidence import evidence_of

STAGE = """\
stages:
  - name: discover
    signs: [lead, finance]
    checklist: [{id: one, what: First.}, {id: two, what: Second.}, {id: three, what: Third., mandatory: false}]
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def sign(place: Place, role: str, verdict: str = "approved", **ticks: bool) -> None:
    place.write("approval", {
        "question": f"sign_off/{role}", "role": role, "verdict": verdict, "evidence_hash": shown(place),
        "comment": "", "answers": {f"item_{name}": tick for name, tick in ticks.items()},
    }, actor=role)  # fmt: skip


def left(place: Place) -> list[str]:
    found = list(unticked(place.ledger, place.project, "discover", place.run_name, ["lead", "finance"], shown(place)))
    return [line.partition("(")[2].partition(")")[0] or line for line in found]


def shown(place: Place) -> str:
    """The hash of what whoever signs is shown."""
    return digest(evidence_of(place.ledger, place.project, "discover", place.run_name))


def lacks(*roles: str) -> list[str]:
    return [f"whether the checklist is ticked is open until the word of {' and '.join(roles)} stands"]


def test_each_mandatory_item_needs_a_tick_of_one_of_them(school: School) -> None:
    place = school.place(STAGE, stage="discover")
    assert left(place) == lacks("lead", "finance")
    sign(place, "lead", one=True)
    assert left(place) == lacks("finance")
    sign(place, "finance", one=False, two=False)
    assert left(place) == ["two"]
    sign(place, "finance", two=True)
    assert left(place) == []


def test_what_is_no_tick_does_not_count(school: School) -> None:
    place = school.place(STAGE, stage="discover")
    sign(place, "lead", one=True, two=True)
    sign(place, "finance")
    assert left(place) == []
    sign(place, "lead", one="true", two=1)  # type: ignore[arg-type]
    assert left(place) == ["one", "two"]


def test_a_tick_is_gone_with_the_word_and_with_what_it_was_about(school: School) -> None:
    place = school.place(STAGE, stage="discover")
    sign(place, "lead", one=True, two=True)
    sign(place, "finance")
    changed = school.place(STAGE.replace("Second.", "Second again."), stage="discover")
    sign(changed, "finance")
    sign(changed, "lead")
    assert (left(changed), left(place)) == (["one", "two"], [])


def test_words_on_anything_else_than_what_is_closed_tick_nothing(school: School) -> None:
    place = school.place(STAGE, stage="discover")
    sign(place, "lead", one=True, two=True)
    sign(place, "finance")
    roles = ["lead", "finance"]
    (line,) = unticked(place.ledger, place.project, "discover", place.run_name, roles, "0" * 64)
    assert line == lacks(*roles)[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (STAGE.replace("id: two", "id: one"), "'one' stands twice"),
        (STAGE.replace("signs: [lead, finance]", "signs: []"), "nobody signs off discover, so nobody can tick it"),
        (STAGE.replace("name: discover", "name: final_migration"), "nobody signs off final_migration"),
        (STAGE.replace("id: two, what", "id: two, mandatori: 1, what"), "stages[0].checklist[1].mandatori"),
        (STAGE.replace("mandatory: false", "mandatory: maybe"), "stages[0].checklist[2].mandatory"),
    ],
)
def test_a_list_that_nobody_can_tick_is_refused(school: School, text: str, says: str) -> None:
    with pytest.raises(ProjectError) as raised:
        school.place(text, stage="discover")
    assert says in raised.value.message and "project.yaml:" in raised.value.message
