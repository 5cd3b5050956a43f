"""What the report of a stage says in every state, from ledgers filled by hand, and that nothing in it is obeyed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.web.stage_stories import TEXT, StageStory, agreeing, discovered, onboarding, prepared, project
from tests.web.test_reports import HOSTILE

from golive.ledger import Ledger
from golive.reports import StageReport, as_data, plain, stage_report
from golive.web.render import page


@pytest.fixture
def ledger(new_database: Callable[..., str]) -> Iterator[Ledger]:
    with Ledger(new_database("ledger")) as made:
        made.migrate()
        yield made


def reported(ledger: Ledger, run: str, airflow: str | None = "running") -> StageReport:
    """The report, after it was proven that a page and plain data can be made of it."""
    report = stage_report(ledger, project(), run, airflow=airflow)
    assert as_html(report).count("<h1>") == 1
    assert json.loads(json.dumps(as_data(report)))["run"] == report.run
    return report


def as_html(report: StageReport) -> str:
    return page(
        "stage.html", report=report, airflow="running", runs=(), root="", refresh=0
    ).html  # fmt: skip


def test_a_complete_stage_shows_what_was_measured_found_and_signed(ledger: Ledger) -> None:
    report = reported(ledger, discovered(ledger).run, "success")
    assert report.word.text == "complete" and report.says.startswith("Complete since ")
    assert report.do == "Nothing. Next on the roadmap: onboard (due)."
    assert [(fact.label, fact.value) for fact in report.facts] == [
        ("tables in the old system", "25"), ("rows", "219,296"), ("findings in the data", "3"),
        ("size of the old data", "48.1 MB"), ("readiness, of 100; 60 are needed", "72"),
        ("what the score proposes", "ready"),
    ]  # fmt: skip
    assert [found.task for found in report.found] == ["profile source", "score readiness"]
    assert [(s.question, s.who, s.word.text, s.void) for s in report.signatures] == [
        ("sign-off as lead", "Ruth Ames", "agreed", False)
    ]
    (risks,) = report.tables
    assert (risks.title, risks.note) == ("Risks", "2 of 2 open")
    # The one with the high impact stands first, with its owner by name.
    assert [row[0].text for row in risks.rows] == ["Two tables have no key", "A cursor has no index"]
    assert risks.rows[0][4].text == "data engineer (Ole Berg)"


def test_a_stage_that_stops_says_everything_that_is_missing_first(ledger: Ledger) -> None:
    discovered(ledger)
    report = reported(ledger, onboarding(ledger).run, "failed")
    assert report.word.text == "stopped" and report.says.endswith(": 2 things are missing.")
    assert "clear `check_team` and `compare_third_parties`" in report.do
    assert [len(found.missing) for found in report.missing] == [1, 1]
    html = as_html(report)
    missing, steps = html.index("What is missing"), html.index("What every step found")
    assert missing < html.index("Nobody holds the role registrar today. Ruth Ames (lead)") < steps
    # Nobody was asked yet, and the page says who will be.
    assert [(s.role, s.word.text, s.who) for s in report.signatures] == [
        ("sponsor (Daniel Boyd)", "not asked yet", "Daniel Boyd")
    ]
    (parties,) = report.tables
    assert [(row[0].text, row[1].text) for row in parties.rows] == [
        ("library system", "seen, not declared"), ("bus routes", "as declared"),
    ]  # fmt: skip


def test_a_look_that_finds_it_in_order_takes_back_what_was_missing(ledger: Ledger) -> None:
    told = onboarding(ledger).looked("check_team", "6 roles are held.")
    told.looked("compare_third_parties", "2 connections, both as declared.")
    report = reported(ledger, told.run)
    assert (report.word.text, report.missing) == ("running", ())
    assert [found.says for found in report.found] == ["6 roles are held.", "2 connections, both as declared."]


def test_a_stage_that_waits_names_who_is_asked(ledger: Ledger) -> None:
    report = reported(ledger, agreeing(ledger).run)
    assert report.word.text == "waits for people"
    assert report.says.startswith("Waits for the answer of Daniel Boyd or Ann Cole (sponsor) since ")
    assert [each.who for each in report.waiting] == ["Daniel Boyd or Ann Cole"]
    assert f"/dags/lakeside.implement/runs/{report.run.partition('/')[2]}/required_actions" in as_html(report)


def test_a_form_whose_run_has_ended_does_not_wait(ledger: Ledger) -> None:
    report = reported(ledger, agreeing(ledger).run, "failed")
    assert report.word.text == "stopped"
    assert report.says.startswith("Stopped: the run failed in Airflow. Before that, it waits for the answer of Daniel")
    # Airflow takes no answer any more: the page offers the run, and not the form.
    assert "Open the run in Airflow" in as_html(report) and "/required_actions" not in as_html(report)
    ended = reported(ledger, report.run, "success")
    assert "ended without completing the stage" in ended.says


@pytest.mark.parametrize(
    ("verdict", "reason", "says", "do"),
    [
        ("rejected", "", "Daniel Boyd said no: not on a Friday.", "Then start a new run of `lakeside.implement`"),
        ("refused", "eve answered, but Daniel must. Start a new run", "it does not count", "eve answered, but Daniel"),
    ],
)
def test_an_answer_that_stops_says_what_comes_next(
    ledger: Ledger, verdict: str, reason: str, says: str, do: str
) -> None:
    told = agreeing(ledger).answered("sponsor", "daniel", verdict, "not on a Friday", reason)
    report = reported(ledger, told.run, "failed")
    assert report.word.text == "stopped" and says in report.says and do in report.do


def test_a_failed_task_is_told_with_what_to_do(ledger: Ledger) -> None:
    told = StageStory(ledger, "discover").opened().alarm("profile_source", "the source went away", "Clear it.")
    report = reported(ledger, told.run, "failed")
    assert report.says.endswith("the source went away") and report.do == "Clear it."


def test_a_signature_is_void_once_what_was_found_has_changed(ledger: Ledger) -> None:
    told = agreeing(ledger)
    assert [each.void for each in reported(ledger, told.run).signatures] == [False, False]
    told.looked("render_agreement", "Version 3 of the Success Agreement; 2 lines changed.")
    report = reported(ledger, told.run)
    assert [(each.question, each.void) for each in report.signatures] == [
        ("sign-off as sponsor", False), ("sign-off as lead", True),
    ]  # fmt: skip
    assert "void: what was found has changed since" in as_html(report)


def test_a_waived_stage_and_a_run_that_is_not_the_last_say_so(ledger: Ledger) -> None:
    first = onboarding(ledger).run
    again = StageStory(ledger, "onboard", "manual__2026-06-09").opened()
    report = reported(ledger, first, "failed")
    assert report.says.startswith("This run is over. Running since ") and report.newer == again.run
    StageStory(ledger, "implement").opened().waived("onboard", "daniel", "the auditors agreed")
    report = reported(ledger, first, "failed")
    assert report.word.text == "waived" and "Waived by Daniel Boyd on " in report.says
    assert "the auditors agreed" in report.says


def test_a_run_that_was_refused_before_it_opened_anything_points_at_its_stage(ledger: Ledger) -> None:
    report = reported(ledger, "lakeside.prework/manual__early", "failed")
    assert report.says == "This run did not open the stage. Waits for implement."


def test_the_sizing_stands_beside_what_the_stages_took(ledger: Ledger) -> None:
    discovered(ledger)
    told = StageStory(ledger, "onboard").opened()
    told.found("sizing", rows=219_200, bytes=1, rate=900, complexity="low", minutes_frozen=20,
               days={"discover": 14, "onboard": 21, "final_migration": 1})  # fmt: skip
    report = reported(ledger, told.run)
    (table,) = report.tables
    rows = {row[0].text: [cell.text for cell in row[1:3]] for row in table.rows}
    assert rows["discover"] == ["14", "0"] and rows["onboard"] == ["21", ""] and rows["prework"] == ["", ""]
    assert "Days of the stages" in as_html(report)


def test_every_kind_of_record_has_a_table_that_can_be_read(ledger: Ledger) -> None:
    report = reported(ledger, prepared(ledger).run, "success")
    assert {table.kind for table in report.tables} == {
        "issue", "figure", "process", "leftover", "clean_up", "area", "meeting", "training",
    }  # fmt: skip
    training = next(table for table in report.tables if table.kind == "training")
    assert training.head == ("Person", "Group", "Grading in the new system")
    assert [[cell.text for cell in row] for row in training.rows] == [
        ["Ann Cole", "teachers", "passed"], ["Tom Reed", "teachers", "was there"],
    ]  # fmt: skip
    assert [document.title for document in report.documents] == ["Report: training"]
    html = as_html(report)
    for word in ("no_birth_date", "grade_scales", "open_a_class", "test_students"):
        assert f">{word}<" not in html and word.replace("_", " ") in html


def test_the_agreement_is_set_as_text_with_its_changes(ledger: Ledger) -> None:
    report = reported(ledger, agreeing(ledger).run)
    (agreement,) = report.documents
    # The form names the text by this hash, and its link leads here.
    html = as_html(report)
    assert f'href="#text-{agreement.entry}"' in html and f'id="text-{agreement.entry}" open' in html
    assert (agreement.digest, agreement.digest[:12] in html) == ("a" * 64, True)
    assert (agreement.title, agreement.changed) == ("Success Agreement, version 2", ("+ rows: 219,200",))
    assert "<h3>Success Agreement</h3>" in html and '<td class="n">219,200</td>' in html
    # A frame cannot follow it, so the address is shown.
    assert "the plan (<code>https://example.org/plan</code>)" in html and 'href="https:' not in html


def test_evidence_is_never_shown_but_texts_written_to_be_read(ledger: Ledger) -> None:
    report = reported(ledger, discovered(ledger).run)
    assert "1999-01-01" not in as_html(report) and "1999-01-01" not in json.dumps(as_data(report))


def test_a_job_that_is_no_stage_says_what_it_wrote(ledger: Ledger) -> None:
    told = StageStory(ledger, "record")
    assert reported(ledger, told.run).says == "This run wrote nothing into the ledger."
    told.found("communication", what="Newsletter 3", to="all teachers", on="2026-06-02", link="")
    told.looked("record", "1 communication was recorded.")
    report = reported(ledger, told.run, "success")
    assert (report.word.text, report.says) == ("standing job", "1 communication was recorded.")
    assert [table.title for table in report.tables] == ["What was told"]


def test_a_job_that_asks_people_shows_whom_and_leads_to_the_form(ledger: Ledger) -> None:
    told = StageStory(ledger, "reschedule").looked("check_move", "The day moves.")
    told.asked("sponsor", "daniel", "ann", question="agree_to_day/sponsor")
    report = reported(ledger, told.run)
    assert [(each.question, each.who) for each in report.waiting] == [
        ("the day of going live, as sponsor", "Daniel Boyd or Ann Cole")
    ]
    assert "Open the form" in as_html(report)
    told.answered("sponsor", "daniel", question="agree_to_day/sponsor")
    assert [each.word.text for each in reported(ledger, told.run).signatures] == ["agreed"]


def test_what_signers_answer_for_stands_beside_what_they_said(ledger: Ledger) -> None:
    text = TEXT.replace("  - discover\n", "  - {name: discover, checklist: [{id: keys, what: The <keys> are known}]}\n")
    report = stage_report(ledger, project(text), discovered(ledger).run, airflow="success")
    assert report.checklist == ("The <keys> are known",)
    assert "The &lt;keys&gt; are known" in as_html(report)


def test_nothing_that_others_wrote_is_obeyed(ledger: Ledger) -> None:
    """Names, reasons, comments and texts that would be a script, a link, a picture or an escape code."""
    told = StageStory(ledger, "prework").opened().looked(HOSTILE, HOSTILE, HOSTILE)
    told.found("risk", id=HOSTILE, what=HOSTILE, likelihood=HOSTILE, impact=HOSTILE, owner=HOSTILE,
               mitigation=HOSTILE, review=HOSTILE, state=HOSTILE, raised_by="people")  # fmt: skip
    told.found("training", person=HOSTILE, group=HOSTILE, course=HOSTILE, state=HOSTILE, on="", material="", by="")
    told.found("meeting", what=HOSTILE, on=HOSTILE, present=[HOSTILE], minutes=HOSTILE, missing=[HOSTILE])
    told.found("material", name=HOSTILE, kind="guide", build=HOSTILE, link="javascript:alert(1)", delivered_on="")
    text = f"# {HOSTILE}\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) <http://evil> ![p](http://e/p.png)\n"
    told.found("report", {"text": text}, what=HOSTILE, hash="a")
    told.found("agreement", {"text": "<iframe src=x>"}, version=HOSTILE, hash="a", changed=[HOSTILE])
    told.asked("lead", HOSTILE, question=HOSTILE).answered("lead", HOSTILE, "refused", HOSTILE, HOSTILE, HOSTILE)
    told.alarm("profile", HOSTILE, HOSTILE)
    html = as_html(reported(ledger, told.run))
    assert html.count("<script") == 1 and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    for tag in ("<iframe", "<img", 'href="javascript', 'href="http', "style=", "onclick", "\x1b", "\u202e"):
        assert tag not in html


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("sign_off/data_engineer", "sign-off as data engineer"), ("criterion/staff_trained", "criterion staff trained"),
        ("opening/pilots", "opening to pilots"), ("waive", "opening before its time"), ("go_live", "going live"),
        ("go_live/sponsor", "going live, as sponsor"), ("confirm_area/grade_scales", "configuration area grade scales"),
        ("something_new/of_us", "something new: of us"),
    ],
)  # fmt: skip
def test_questions_are_said_in_plain_words(slug: str, words: str) -> None:
    assert plain.question(slug) == words


@pytest.mark.parametrize(("number", "words"), [(812, "812 B"), (48_120_331, "48.1 MB"), (3 * 10**15, "3000.0 TB")])
def test_sizes_are_said_in_plain_words(number: int, words: str) -> None:
    assert plain.size(number) == words


def test_a_state_that_nobody_knows_is_shown_as_it_is() -> None:
    made: Any = plain.state("quite_new")
    assert (made.text, made.tone) == ("quite new", "")
