"""The pages on paper: nothing is cut at the sheet's edge, and the ground is white whatever its reader likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.web.browser import PROGRAM, on_paper
from tests.web.stage_stories import agreeing, discovered, onboarding, prepared, project
from tests.web.stories import Story

from golive.ledger import Ledger
from golive.reports import project_report, roadmap, run_report, stage_report
from golive.web.render import page

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs Chromium")
WHITE = "rgb(255, 255, 255)"


@pytest.fixture
def ledger(new_database: Callable[..., str]) -> Iterator[Ledger]:
    with Ledger(new_database("ledger")) as made:
        made.migrate()
        yield made


def printed(html: str, folder: Path) -> tuple[str, list[str]]:
    file = folder / "page.html"
    file.write_text(html)
    return on_paper(file.as_uri())


def test_the_report_of_the_night(ledger: Ledger, tmp_path: Path) -> None:
    Story(ledger).gone_live()
    report = run_report(ledger, "riverside", Story(ledger).run, airflow="success")
    html = page("report.html", report=report, airflow="success", runs=(), root="", refresh=0).html
    assert printed(html, tmp_path) == (WHITE, [])


def test_the_report_of_a_stage_with_all_its_tables(ledger: Ledger, tmp_path: Path) -> None:
    report = stage_report(ledger, project(), prepared(ledger).run, airflow="success")
    html = page("stage.html", report=report, airflow="success", runs=(), root="", refresh=0).html
    assert printed(html, tmp_path) == (WHITE, [])


def test_the_page_of_a_project(ledger: Ledger, tmp_path: Path) -> None:
    for told in (discovered, onboarding, agreeing, prepared):
        told(ledger)
    now = datetime.now(UTC)
    made = roadmap(ledger, project(), airflow=lambda run: "running", alarms_after=now - timedelta(hours=1))
    report = project_report(ledger, project(), made, today=now.date())
    html = page("project.html", report=report, roadmaps=[made], jobs=[], errors=[], unread=[], root="", refresh=0).html
    assert printed(html, tmp_path) == (WHITE, [])


def test_what_would_be_cut_is_found(tmp_path: Path) -> None:
    ground, cut = printed("<body style='background: #111'><pre>" + "wide " * 400 + "</pre>", tmp_path)
    assert ground == "rgb(17, 17, 17)" and len(cut) == 1 and cut[0].startswith("PRE wide")
