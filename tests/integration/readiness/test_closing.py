"""The closing report: every number and name out of the ledger, and everything escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.ledger import Entry
from golive.readiness.closing import facts, stages
from golive.reports import tables
from golive.reports.closing import shortened, write

TEXT = """\
project: test
title: Harbour <Town>
source: {connection: old}
target: {connection: new}
people: {lead: [lena], sponsor: [sam]}
names: {lena: Lena Fischer, sam: "Sam *Okafor*"}
stages: [discover, onboard, final_migration, support]
tables: [{target: t}]
"""


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Place:
    return site_of(TEXT, *pair, new_database("ledger"), stage="support")


def moved(site: Place) -> None:
    """A whole move, as the ledger tells it."""

    def approved(question: str, role: str, actor: str, stage: str, comment: str = "") -> None:
        said = {"question": question, "role": role, "verdict": "approved", "comment": comment}
        site.write("approval", said, actor=actor, stage=stage)

    site.write("stage", {"state": "opened", "reason": ""}, stage="discover")
    approved("sign_off/lead", "lead", "lena", "discover")
    approved("sign_off/lead", "lead", "lena", "discover")
    site.write("stage", {"state": "closed", "reason": ""}, stage="discover")
    site.write("stage", {"state": "waived", "reason": "known"}, stage="onboard", actor="sam")
    for state in ("open", "closed"):
        issue = {"id": "a", "title": "A", "severity": "minor", "owner": "lead", "says": "", "from": ""}
        site.write("issue", {**issue, "state": state})
    site.write("issue", {**issue, "id": "b", "state": "open"})
    site.write("increment", {"what": "older data"}, stage="older_data")
    site.write("sweep", {"what": "everything"}, stage="final_migration")
    site.write("checks", {"lane": 1, "lanes": 1, "verdict": "PASS", "PASS": 12, "FAIL": 0}, stage="final_migration")
    approved("quarantine", "go_live", "sam", "final_migration", "they are <old>")
    site.write("opening", {"step": "project team", "approved_by": "sam"}, stage="final_migration")
    totals = {"tables": 3, "rows": 12_345, "inserted": 12_000, "updated": 40, "deleted": 5, "quarantined": 7}
    site.write("summary", {**totals, "sampled": 1_300, "seconds_frozen": 95}, stage="final_migration")
    site.write("ticket", {"on": "2026-06-01", "level": 1, "opened": 9, "closed": 1, "open": 8})
    site.write("ticket", {"on": "2026-06-01", "level": 1, "opened": 4, "closed": 1, "open": 3})
    site.write("outcome", {"name": "clean", "owner": "lead", "state": "PASS", "says": "it ran"})


def test_the_numbers_are_the_ledgers(site: Place) -> None:
    moved(site)
    found = facts(site)
    assert (found.totals["rows"], found.totals["seconds_frozen"], found.totals["quarantined"]) == (12_345, 95, 7)
    assert (found.issues_found, found.issues_closed, found.issues_waived) == (2, 1, 0)
    assert (found.increments, found.sweeps, found.checks_passed, found.tickets, found.days) == (1, 1, 12, 4, 0)
    assert [(stage.shown, bool(stage.on), stage.waived_by) for stage in found.stages] == [
        ("discover", True, ""), ("onboard", True, "Sam *Okafor*"), ("final migration", False, ""),
        ("support", False, ""),
    ]  # fmt: skip
    assert {one.person: one.what for one in found.signed} == {
        "Lena Fischer": ("lead: discover",), "Sam *Okafor*": ("go live: final migration",)
    }  # fmt: skip


def test_both_reports_say_the_same_and_escape_what_people_wrote(site: Place) -> None:
    moved(site)
    report = write(facts(site))
    for text in (report.markdown, report.html):
        for number in ("12,345", "1 min 35 s", "2 issues", "4 tickets", "1,300"):
            assert number in text
        assert "still open" in text and "Lena Fischer" in text
    assert "12,345 rows of 3 tables" in report.markdown
    assert "Harbour &lt;Town&gt;" in report.html and "<old>" not in report.html
    assert r"Sam \*Okafor\*" in report.markdown and "<old>" not in report.markdown.replace("\\<old\\>", "")
    assert "http" not in report.html and "<script" not in report.html
    assert write(facts(site)) == report


def test_the_days_that_were_proposed_stand_beside_those_it_took(site: Place) -> None:
    def moved_on(stage: str, state: str, day: str) -> Entry:
        entry = site.write("stage", {"state": state, "reason": ""}, stage=stage, actor="sam")
        return replace(entry, at=datetime.fromisoformat(f"2026-{day}T12:00:00+00:00"))

    entries = [
        moved_on("discover", "opened", "03-02"),
        moved_on("discover", "opened", "03-20"),
        moved_on("discover", "closed", "03-30"),
        site.write("sizing", {"days": {"discover": 14, "onboard": 7}}, stage="onboard"),
        moved_on("onboard", "waived", "04-01"),
        site.write("sizing", {"days": {"discover": 28, "onboard": 14, "final_migration": 1}}, stage="onboard"),
        moved_on("support", "opened", "05-01"),
        moved_on("support", "closed", "05-01"),
    ]
    timeline = stages(site.project, entries)
    assert [(stage.shown, stage.proposed, stage.took) for stage in timeline] == [
        ("discover", 28, 28), ("onboard", 14, None), ("final migration", 1, None), ("support", None, 0),
    ]  # fmt: skip
    report = write(replace(facts(site), stages=timeline))
    for line in (
        "2026-03-30, after 28 days; 28 days were proposed",
        "still open; 1 day was proposed",
        "2026-05-01, after 0 days",
    ):
        assert line in report.markdown and line in report.html
    assert "2026-04-01; 14" not in report.markdown and "after 0 days;" not in report.markdown
    table = tables.timeline(timeline)
    assert table is not None and table.head == ("Stage", "Proposed", "It took", "Complete on")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["discover", "28", "28", "2026-03-30"], ["onboard", "14", "", "waived by Sam *Okafor*, 2026-04-01"],
        ["final migration", "1", "", ""], ["support", "", "0", "2026-05-01"],
    ]  # fmt: skip
    assert tables.timeline(stages(site.project, entries[:3])) is None


def test_a_message_bears_whole_lines_from_the_beginning(site: Place) -> None:
    moved(site)
    markdown = write(facts(site)).markdown
    assert shortened(markdown) == markdown
    short = shortened(markdown, 300)
    kept, more = short.split("\n\nThere is more")
    assert len(short) <= 300 and more == " in the report." and markdown.startswith(f"{kept}\n")
    assert "12,345 rows of 3 tables" in kept


def test_an_empty_ledger_makes_no_number_up(site: Place) -> None:
    report = write(facts(site))
    assert "the ledger holds no opening" in report.markdown
    assert "The ledger holds no summary of a final migration." in report.markdown
    assert "Nobody signed anything yet." in report.markdown and "Nobody signed anything yet." in report.html
