"""What support measured, as a report's tables show it."""

from __future__ import annotations

from typing import Any

from golive.project.files import parse
from golive.reports.cells import Table
from golive.reports.tables import table

PROJECT = parse(
    """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [lena]}
names: {lena: Lena Fischer}
tables: [{target: t}]
""",
    "project.yaml",
    "harbour",
)


def shown(kind: str, *payloads: dict[str, Any]) -> tuple[Table, list[dict[str, str]]]:
    """The table of these payloads, and its lines by head."""
    made = table(kind, payloads, PROJECT)
    assert made is not None
    return made, [dict(zip(made.head, (cell.text for cell in row), strict=True)) for row in made.rows]


def test_the_old_systems_time_stands_beside_the_new_ones() -> None:
    figure = {"limit": 500, "unit": "ms", "state": "PASS"}
    _, lines = shown(
        "figure",
        figure | {"name": "page", "value": 20, "source_value": 1300, "source_says": "the old system 1300 ms"},
        figure | {"name": "list", "value": 30, "source_value": None, "source_says": "the old system could not be"},
    )
    assert [(line["Measured"], line["The old system"]) for line in lines] == [("20", "1,300"), ("30", "")]
    assert lines[1]["Of the old system"] == "the old system could not be"
    # Where nothing is declared of the old system, the table says nothing of it.
    made, _ = shown("figure", figure | {"name": "page", "value": 20, "source_value": None, "source_says": ""})
    assert "The old system" not in made.head


def test_a_team_that_is_late_stands_first() -> None:
    team = {"lead": "lead", "day": "2026-06-01", "first_use": "", "says": "as it is"}
    made, lines = shown(
        "first_use",
        team | {"team": "office", "state": "used", "first_use": "2026-06-02T09:30:05-04:00"},
        team | {"team": "desk", "state": "late"},
    )
    assert [(line["Team"], line["State"]) for line in lines] == [("desk", "late"), ("office", "in use")]
    assert lines[0]["Lead"] == "lead (Lena Fischer)" and made.note == "1 of 2 in use"


def test_how_an_endpoint_and_a_level_answered() -> None:
    party = {"name": "Bank", "login": "bank", "state": "ok", "endpoint": "new.example:22", "tried_on": "2026-06-01"}
    _, (line,) = shown("third_party", party | {"answers": False, "answer": "it refuses connections"})
    assert (line["It answers"], line["How"], line["Tried on"]) == ("no", "it refuses connections", "2026-06-01")
    _, (line,) = shown("ticket", {"on": "2026-06-01", "level": 1, "opened": 2, "answered": [12, 1045]})
    assert line["Answered after, minutes"] == "12, 1045"
