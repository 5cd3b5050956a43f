"""The criteria of going live on a run's report and on the project's page: nothing passes that nobody looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.web.stage_stories import TEXT, project
from tests.web.stories import Story
from tests.web.test_reports import HOSTILE, as_html

from golive.ledger import Ledger
from golive.project import files
from golive.reports import RunReport, criteria, report_of
from golive.reports.cells import Table

RUN = "lakeside.final_migration/manual__2026-06-01"
DECLARED = """\
criteria:
  - {id: trained, title: Everybody is trained, measure: training}
  - {id: defects, title: Few defects are left, query: select 1, of: select 1, side: source, at_most: 1200}
  - {id: load, title: It bears the load, approver: operations, days: 7, signed_for_now: true}
"""
# With no stage before the final migration, nothing comes to the criteria of the file.
ALONE = TEXT[: TEXT.index("stages:")] + "stages: [final_migration]\n" + TEXT[TEXT.index("tables:") :]
WITH = ALONE + DECLARED
TODAY = datetime.now(UTC).date()


@pytest.fixture
def ledger(
    new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ledger]:
    """A ledger, and the project of these tests among the project files."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    (tmp_path / "lakeside").mkdir()
    (tmp_path / "lakeside" / "project.yaml").write_text(WITH)
    with Ledger(new_database("ledger")) as made:
        made.migrate()
        yield made


def night(ledger: Ledger, run: str = RUN) -> Story:
    return Story(ledger, run, "lakeside")


def reported(ledger: Ledger, run: str = RUN) -> RunReport:
    report = report_of(ledger, "lakeside", run, airflow="running")
    assert isinstance(report, RunReport)
    return report


def rows(table: Table | None) -> dict[str, list[str]]:
    """State, evidence, approver and until, by title."""
    assert table is not None
    return {row[0].text: [cell.text for cell in row[2:]] for row in table.rows}


def test_each_stands_with_its_rule_state_evidence_approver_and_until(ledger: Ledger) -> None:
    told = night(ledger)
    told.judged("trained", says="2 of 2 have passed").judged("defects", "FAIL", says="1,500 open").looked()
    told.judged("load", measured=False, who="ann", expires="2999-01-08", says="tried with all users")
    report = reported(ledger)
    assert report.criteria is not None and report.criteria.note == "2 of 3 passed"
    assert report.criteria.head == ("Criterion", "Rule", "State", "Evidence", "Approver", "Until")
    # What did not pass stands first.
    assert [(row[0].text, row[1].text) for row in report.criteria.rows] == [
        ("Few defects are left", "a query over the old system: at most 1,200 open"),
        ("Everybody is trained", "measured: training, nothing open"),
        ("It bears the load", "the word of a role, which holds for 7 days, until it can be measured"),
    ]
    signed = ledger.entries("lakeside", kind="criterion")[-1]
    assert signed.evidence_hash is not None
    found = rows(report.criteria)
    where = f"{signed.at:%Y-%m-%d %H:%M} UTC, entry 4, evidence {signed.evidence_hash[:12]}"
    assert found["It bears the load"] == [
        "passed", f"tried with all users ({where})", "Ann Cole, as operations", "2999-01-08",
    ]  # fmt: skip
    assert found["Few defects are left"][0] == "failed" and found["Few defects are left"][2:] == ["", ""]
    html = as_html(report).html
    assert "Criteria of going live" in html and "2 of 3 passed" in html


def test_what_nobody_looked_at_or_signed_has_not_passed(ledger: Ledger) -> None:
    night(ledger).judged("trained").judged("load", "VACUOUS", measured=False, says="waits for the word of Ann").looked()
    report = reported(ledger)
    found = rows(report.criteria)
    assert found["Few defects are left"] == ["not looked at yet", "", "", ""]
    assert found["It bears the load"][0::2] == ["not signed yet", "operations (Ann Cole)"]
    assert report.criteria is not None and report.criteria.note == "1 of 3 passed"


def test_a_measurement_is_no_signature(ledger: Ledger) -> None:
    """A criterion that was measured once and is signed by now has nobody's word."""
    night(ledger).judged("load", measured=True).looked()
    assert rows(reported(ledger).criteria)["It bears the load"][0] == "not looked at yet"


def test_a_signature_whose_days_are_over_has_expired(ledger: Ledger) -> None:
    night(ledger).judged("load", measured=False, who="ann", expires=str(TODAY)).looked()
    assert rows(criteria.as_they_stand(ledger, project(WITH), TODAY))["It bears the load"][0] == "passed"
    later = criteria.as_they_stand(ledger, project(WITH), TODAY + timedelta(days=1))
    assert rows(later)["It bears the load"][0] == "expired" and later is not None and later.note == "0 of 3 passed"


def test_a_signature_of_an_earlier_run_stands_and_one_of_a_later_run_does_not(ledger: Ledger) -> None:
    night(ledger, "lakeside.final_migration/first").judged("load", measured=False, who="ann", expires="2999-01-01")
    night(ledger).judged("trained").judged("defects", "FAIL").looked()
    night(ledger, "lakeside.final_migration/third").judged("defects").looked()
    found = rows(reported(ledger).criteria)
    assert [found[title][0] for title in ("It bears the load", "Few defects are left")] == ["passed", "failed"]
    assert rows(criteria.as_they_stand(ledger, project(WITH), TODAY))["Few defects are left"][0] == "passed"


def test_a_run_that_did_not_come_to_them_and_a_project_without_any_show_none(ledger: Ledger) -> None:
    assert criteria.as_they_stand(ledger, project(WITH), TODAY) is None
    night(ledger, "lakeside.older_data/x").moved("older data")
    assert reported(ledger, "lakeside.older_data/x").criteria is None
    night(ledger).judged("trained").looked()
    assert criteria.of_run(ledger, project(ALONE), RUN) is None


def test_one_that_was_taken_out_of_the_file_holds_nothing_up(ledger: Ledger) -> None:
    night(ledger).judged("forgotten", "FAIL").judged("trained").looked()
    assert "The criterion forgotten" not in rows(reported(ledger).criteria)


def test_a_run_that_found_the_system_open_shows_what_the_opening_stood_on(ledger: Ledger) -> None:
    night(ledger).judged("trained").looked().gone_live()
    later = reported(ledger, "lakeside.final_migration/later")
    assert later.shown_from == RUN and rows(later.criteria)["Everybody is trained"][0] == "passed"


def test_the_night_is_shown_although_the_project_file_was_broken_meanwhile(ledger: Ledger, tmp_path: Path) -> None:
    night(ledger).judged("trained").looked().dry_run().asked()
    (tmp_path / "lakeside" / "project.yaml").write_text("project: [")
    report = reported(ledger)
    assert report.criteria is None and report.says.startswith("Waits for maria to approve")


def test_nothing_that_others_wrote_is_obeyed(ledger: Ledger) -> None:
    night(ledger).judged("load", measured=False, who=HOSTILE, expires="2999-01-01", says=HOSTILE).looked()
    night(ledger).judged("trained", HOSTILE, says=HOSTILE)
    html = as_html(reported(ledger)).html
    assert html.count("<script") == 1 and "&lt;script&gt;alert(1)" in html and "\x1b" not in html
