"""The closing report: every number and name out of the ledger, and everything escaped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.readiness.closing import facts
from golive.reports.closing import write

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


def test_an_empty_ledger_makes_no_number_up(site: Place) -> None:
    report = write(facts(site))
    assert "the ledger holds no opening" in report.markdown
    assert "The ledger holds no summary of a final migration." in report.markdown
    assert "Nobody signed anything yet." in report.markdown and "Nobody signed anything yet." in report.html
