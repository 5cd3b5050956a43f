"""The Success Agreement: what it holds, its versions, and what changed between them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.project import files
from golive.readiness import agreement, calendar, slots
from golive.readiness.stages import sentence

TEXT = """\
project: riverside
title: Riverside | School District
source: {connection: riverside_old}
target: {connection: riverside_new}
people: {lead: [ann], sponsor: {holders: [ruth], deputies: [tom], since: 2026-01-01}, head_office: [olaf]}
names: {ann: Ann Ames, ruth: Ruth Roe}
calendar: {freeze: 2026-06-05, go_live: 2026-06-06, at_hand: []}
departments: [{name: office, title: The office, head: head_office, obligations: [{what: tell families, owner: lead}]}]
third_parties:
  - {name: Buses, login: bus, direction: out, protocol: sql, owner: lead, action: switch, endpoint: "new.example:443"}
configuration: [{area: bells, title: Bells, owner: lead}]
criteria:
  - {id: clean, title: Clean data, measure: clean_up, at_most: 3}
  - {id: word, title: The office is ready, approver: head_office}
waves: [{team: north, lead: lead, day: 2026-06-16}]
stages: [{name: discover, due: 2026-05-01}, implement]
tables:
  - {target: family, source: fam, where: "status <> 'X'"}
  - {target: child, source: select 1 as child_id}
"""
SIZING: dict[str, Any] = {
    "rows": 4100, "bytes": 900000, "rate": 12000, "complexity": "low", "days": {"discover": 2}, "minutes_frozen": 7,
}  # fmt: skip
RISK: dict[str, Any] = {
    "id": "late", "what": "The hall is late", "likelihood": "low", "impact": "high", "owner": "lead",
    "mitigation": "another hall", "review": "2026-06-01", "state": "accepted", "raised_by": "people",
}  # fmt: skip
Make = Callable[..., Place]


@pytest.fixture
def make(new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a site of a text, all on one ledger and without a schedule file."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    url = new_database("ledger")
    return lambda text=TEXT, **more: site_of(text, url, url, url, stage="implement", **more)


def fill(site: Place) -> None:
    """What the stages before have written."""
    site.write("profile", {"tables": 9, "rows": 5000, "bytes": 1000000, "findings": 4}, stage="discover")
    site.write("sizing", SIZING, stage="onboard")
    site.write("risk", RISK)
    site.write("risk", RISK | {"id": "gone", "what": "No longer one", "state": "closed"})
    [saturday] = calendar.broken(site)
    site.write("waiver", calendar.waiver(site, saturday, "nobody is there on Saturdays"), actor="ruth")
    slots.book(site, date(2026, 6, 6), 1, "")


def test_it_holds_scope_days_people_conditions_and_risks(make: Make) -> None:
    site = make()
    fill(site)
    text = agreement.render(site)
    for line in (
        "# Success Agreement: Riverside \\| School District",
        "The old system was measured: 9 tables, 5000 rows, 1000000 bytes, 4 findings in the data.",
        "2 tables of the new system are filled:",
        "| family | fam | rows where not: status \\<\\> 'X' |",
        "| child | a query |  |",
        "| Bells | lead | copied |",
        "| Buses | out | lead | switch to new.example:443 |",
        "- Cut-over, from when the old system is read-only: **Friday 2026-06-05**",
        "- Users are let in: **Saturday 2026-06-06**",
        "- The team north (lead) starts: **Tuesday 2026-06-16**",
        "- On the schedule of all projects: Saturday 2026-06-06",
        "| discover | 2026-05-01 | 2 | lead |",
        "| implement |  |  | sponsor, lead |",
        "4100 rows, 900000 bytes, 12000 rows a second, complexity low: the old system is read-only for about 7 minutes"
        " before the new one can open.",
        "| sponsor | Ruth Roe | tom | 2026-01-01 |  |",
        "| The office | head_office | tell families | lead |  |",
        "- Clean data (measured, at most 3 open)",
        "- The office is ready (signed by head_office)",
        "| The hall is late | low | high | lead | another hall | 2026-06-01 | accepted |",
    ):
        assert line in text.splitlines(), line
    assert "Set aside by Ruth Roe: The go-live is on Saturday 2026-06-06" in text
    assert "The reason: nobody is there on Saturdays" in text
    assert "No longer one" not in text
    assert "\n\n\n" not in text


def test_what_was_not_measured_is_said(make: Make) -> None:
    never = "calendar: {blackouts: [{since: 2026-01-01, until: 2030-01-01, why: nobody is there}]}\n"
    bare = TEXT[: TEXT.index("calendar:")] + never + "tables: [{target: family}]\nstages: [discover]\n"
    text = agreement.render(make(bare))
    for line in (
        "The old system's data was not measured.",
        "- Users are let in: **no day yet**",
        "- On the schedule of all projects: no day is booked",
        "It was not sized: how long the old system will be read-only is not known.",
        "- No condition of this project's own: the cut-over's checks alone decide.",
        "None is known.",
    ):
        assert line in text.splitlines(), line


def test_the_same_content_is_the_same_version_in_another_run_on_another_day(make: Make) -> None:
    first = make()
    fill(first)
    found = first.keep(agreement.render_agreement(first))
    [record] = found.records
    assert record.evidence is not None
    text = agreement.render(first)
    assert record.evidence["text"] == text
    assert record.payload == {"version": 1, "hash": sha256(text.encode()).hexdigest(), "changed": []}
    later = make(run="later", today=date(2026, 6, 3))
    assert agreement.render_agreement(later) == found
    assert agreement.drift(later) == []


def test_a_change_is_a_new_version_that_says_what_changed(make: Make) -> None:
    first = make()
    fill(first)
    assert agreement.drift(first) == []  # without a version there is none
    first.keep(agreement.render_agreement(first))
    first.write("sizing", SIZING | {"minutes_frozen": 9})
    other = make(TEXT.replace("lead: [ann]", "lead: [tom]").replace("at_most: 3", "at_most: 2"))
    changed = [
        "no longer: 4100 rows, 900000 bytes, 12000 rows a second, complexity low: the old system is read-only for"
        " about 7 minutes before the new one can open.",
        "new: 4100 rows, 900000 bytes, 12000 rows a second, complexity low: the old system is read-only for about 9"
        " minutes before the new one can open.",
        "no longer: lead, Ann Ames",
        "new: lead, tom",
        "no longer: Clean data (measured, at most 3 open)",
        "new: Clean data (measured, at most 2 open)",
    ]
    assert agreement.drift(other) == changed
    second = other.keep(agreement.render_agreement(other))
    assert (second.records[0].payload["version"], second.records[0].payload["changed"]) == (2, changed)
    assert "is version 2" in second.says and "Changed since version 1: no longer: 4100 rows" in second.says
    # Again, it is still version 2, and still says what changed then.
    assert agreement.render_agreement(other) == second
    # Back to what it was is a change as well.
    first.write("sizing", SIZING)
    assert agreement.render_agreement(first).records[0].payload["version"] == 3
    newest = agreement.agreed(first.ledger, "riverside")
    assert newest is not None and newest.payload["version"] == 2


DRIFT = "alarm/drift/"


def signed(make: Make) -> Place:
    """A version that was written, and the stage that signs it closed."""
    site = make()
    fill(site)
    site.keep(agreement.render_agreement(site))
    site.write("stage", {"state": "opened", "reason": ""})
    site.write("stage", {"state": "closed", "reason": ""})
    return site


def tell(site: Place, name: str, what: str) -> None:
    """What the watchdog writes once it has told people."""
    site.ledger.append(
        project=site.project.name, kind="alarm", actor="golive", once=f"{DRIFT}{name}",
        payload={"title": "t", "what": what, "do": "d", "table": "", "delivered": True},
    )  # fmt: skip


def test_a_version_is_in_force_from_its_signing_until_the_new_system_opens(make: Make) -> None:
    site = make()
    fill(site)
    site.keep(agreement.render_agreement(site))
    assert agreement.in_force(site.ledger, "riverside") is None
    site.write("stage", {"state": "closed", "reason": ""})
    version = agreement.in_force(site.ledger, "riverside")
    assert version is not None and version.payload["version"] == 1
    site.write("opening", {"step": "everybody"}, stage="final_migration")
    assert agreement.in_force(site.ledger, "riverside") is None


def test_the_stages_sentence_says_what_drifted_until_it_holds_again_or_is_written_anew(make: Make) -> None:
    site = signed(make)

    def says() -> str:
        return sentence(site.ledger, site.project, "implement").partition("UTC.")[2]

    assert says() == ""
    tell(site, "1/abc", "Since then changed: new: Ann is gone.")
    assert says() == " Since then changed: new: Ann is gone."
    assert "drift" not in sentence(site.ledger, site.project, "discover")
    tell(site, "over/9", "It holds again.")
    assert says() == ""
    tell(site, "9/def", "Since then changed: new: Tom is gone.")
    assert says() == " Since then changed: new: Tom is gone."
    site.write("sizing", SIZING | {"minutes_frozen": 9})
    site.keep(agreement.render_agreement(site))
    assert says() == ""
