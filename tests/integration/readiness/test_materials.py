"""Materials: their build, whether a demo was given, and whether each course has some."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import School

from golive.readiness.materials import check_materials

MATERIALS = """\
training:
  build: "7"
  groups: {office: [tom]}
  courses: [{name: basics, title: The basics, groups: [office], materials: [handbook]}]
  materials:
    - {name: handbook, kind: guide, build: "7", link: "https://docs/handbook"}
    - {name: tour, kind: demo, build: "7", link: "https://docs/tour"}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def tour(build: str, on: str = "") -> dict[str, str]:
    return {"name": "tour", "kind": "demo", "build": build, "link": "https://docs/tour", "delivered_on": on}


def test_nothing_declared(school: School) -> None:
    outcome = check_materials(school.place(""))
    assert outcome.missing == () and outcome.records == ()


def test_all_is_well_once_the_demo_was_given(school: School) -> None:
    place = school.place(MATERIALS)
    (missing,) = place.keep(check_materials(place)).missing
    assert "The demo tour was not given in build 7 yet. Ann (lead)" in missing
    place.write("material", tour("7", "2026-05-30"))
    outcome = check_materials(place)
    assert outcome.missing == () and outcome.records == ()
    assert outcome.says == "2 materials, 0 of another build than 7."


def test_a_new_build_makes_them_stale_and_a_new_edition_mends_that(school: School) -> None:
    place = school.place(MATERIALS.replace('build: "7"\n', 'build: "8"\n', 1))
    place.write("material", tour("7", "2026-05-30"))
    first, second = check_materials(place).missing
    assert "The demo tour shows build 7, and people will get build 8" in first
    assert "The guide handbook shows build 7" in second
    mended = MATERIALS.replace('"7"', '"8"')
    (missing,) = check_materials(school.place(mended)).missing
    assert "The demo tour was not given in build 8" in missing  # the old one was


def test_what_was_only_recorded_goes_stale_too(school: School) -> None:
    place = school.place(MATERIALS)
    place.write("material", tour("7", "2026-05-30"))
    place.write("material", tour("6") | {"name": "clip", "kind": "video"})
    (missing,) = check_materials(place).missing
    assert "The video clip shows build 6" in missing


def test_a_course_without_material_is_missing(school: School) -> None:
    place = school.place(MATERIALS.replace(", materials: [handbook]", ""))
    place.write("material", tour("7", "2026-05-30"))
    (missing,) = check_materials(place).missing
    assert "The course The basics has no material" in missing
