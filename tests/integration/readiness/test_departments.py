"""The impact map: every hole in it is missing, and a whole one is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import BASE, School

from golive.readiness import departments
from golive.readiness.records import enter

MAP = """\
departments:
  - name: office
    title: Business office
    head: finance
    obligations:
      - {what: Close the books, owner: finance, due: 2026-07-01}
      - {what: Tell the banks, owner: finance}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def test_a_whole_map_is_kept(school: School) -> None:
    place = school.place(MAP, stage="onboard")
    found = place.keep(departments.check_departments(place))
    assert found.missing == ()
    assert found.says == "1 department, 2 obligations: 0 met, 2 open with an owner and in time."
    (record,) = found.records
    assert record.payload["what"] == "impact map" and record.evidence is not None
    assert "| Business office | Close the books | finance | Fay | 2026-07-01 | open |" in record.evidence["text"]


@pytest.mark.parametrize(
    ("base", "more", "says"),
    [
        (BASE.replace("[fay]", "{}"), MAP, ["Business office has no head", "'Close the books'", "'Tell the banks'"]),
        (BASE, MAP.replace("2026-07-01", "2026-05-31"), ["'Close the books' was due on 2026-05-31. Fay (finance): "]),
        (
            BASE,
            "departments: [{name: office, head: finance}]\n",
            ["Fay (finance) declared nothing that office has to do for the move"],
        ),
    ],
)
def test_every_hole_is_missing(school: School, base: str, more: str, says: list[str]) -> None:
    missing = departments.check_departments(school.place(more, stage="onboard", base=base)).missing
    assert len(missing) == len(says) and all(part in line for part, line in zip(says, missing, strict=True))


def test_what_its_owner_says_is_met_stands_in_the_map_and_is_no_longer_past_due(school: School) -> None:
    place = school.place(MAP.replace("2026-07-01", "2026-05-31"), stage="onboard")
    assert len(departments.check_departments(place).missing) == 1
    given = {"what": "obligation", "department": "office", "obligation": "Close the books", "on": "2026-05-30"}
    (record,) = enter(place, "fay", given | {"state": "closed"}).records
    place.write(record.kind, record.payload, actor="fay")
    found = departments.check_departments(place)
    assert found.missing == ()
    assert found.says == "1 department, 2 obligations: 1 met, 1 open with an owner and in time."
    assert found.records[0].evidence is not None
    assert "| 2026-05-31 | met on 2026-05-30 |" in found.records[0].evidence["text"]
    # In other words it is another obligation, of which nobody said anything yet.
    other = MAP.replace("2026-07-01", "2026-05-31").replace("Close the books", "Close all books")
    assert len(departments.check_departments(school.place(other, stage="onboard")).missing) == 1


def test_no_departments_are_said(school: School) -> None:
    found = departments.check_departments(school.place("", stage="onboard"))
    assert found.missing == () and found.says.startswith("No departments are declared")
