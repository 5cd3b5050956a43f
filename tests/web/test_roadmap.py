"""The roadmap: what failed, what waits and for whom stands first, and every state can be told without colour."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.web.stage_stories import TEXT, StageStory, agreeing, discovered, onboarding, prepared, project
from tests.web.test_reports import HOSTILE

from golive.errors import Fault, ProjectError
from golive.ledger import Ledger
from golive.readiness.stages import State
from golive.reports import Roadmap, as_data, plain, project_report, roadmap, stage_report
from golive.web.render import page


@pytest.fixture
def ledger(new_database: Callable[..., str]) -> Iterator[Ledger]:
    with Ledger(new_database("ledger")) as made:
        made.migrate()
        yield made


TODAY = datetime.now(UTC).date()
HOSTILE_MEETING = f"meetings: [{{name: talk, title: {json.dumps(HOSTILE)}, every_days: 4, roles: [lead]}}]\n"


def read(ledger: Ledger, airflow: str | None = "running", text: str = TEXT, hours: int = 24) -> Roadmap:
    after = datetime.now(UTC) - timedelta(hours=hours)
    return roadmap(ledger, project(text), airflow=lambda run: airflow, alarms_after=after)


def as_html(*roadmaps: Roadmap, jobs: Any = (), errors: Any = ()) -> str:
    shown = {"roadmaps": list(roadmaps), "jobs": jobs, "errors": errors, "unread": ()}
    return page("roadmap.html", **shown, root="/air", refresh=30).html


def test_every_stage_stands_in_order_with_its_state_in_words(ledger: Ledger) -> None:
    discovered(ledger)
    onboarding(ledger)
    agreeing(ledger)
    prepared(ledger)
    StageStory(ledger, "final_migration").waived("data_finalization", "daniel", "the auditors agreed")
    made = read(ledger)
    assert [(line.name, line.word.text) for line in made.lines] == [
        ("discover", "complete"), ("onboard", "stopped"), ("implement", "waits for people"), ("prework", "complete"),
        ("data finalization", "waived"), ("final migration", "due"), ("support", "not yet"),
    ]  # fmt: skip
    assert (made.over, made.now and made.now.name) == (3, "onboard")
    assert [line.stage for line in made.stopped] == ["onboard"] and len(made.stopped[0].missing) == 2
    assert [line.stage for line in made.to_start] == ["final_migration"]
    html = as_html(made)
    for line in made.lines:
        assert line.word.text in html and line.word.sign in html
    assert json.loads(json.dumps(as_data(made)))["lines"][2]["due"] == "2026-08-01"


def test_what_stopped_and_what_waits_stands_before_the_roadmap(ledger: Ledger) -> None:
    discovered(ledger)
    told = onboarding(ledger)
    waits = agreeing(ledger)
    html = as_html(read(ledger), jobs=[("golive.watchdog", "scheduled__1")])
    places = [
        html.index(text)
        for text in (
            "2 stopped, 1 form without an answer.", "Nobody holds the role registrar today", "golive.watchdog",
            "Daniel Boyd or Ann Cole", '<table class="stages">',
        )
    ]  # fmt: skip
    assert places == sorted(places)
    # Links are those of the page around: the run, its form, its report, and the DAG.
    run = waits.run.partition("/")[2]
    assert f'data-airflow href="/air/dags/lakeside.implement/runs/{run}/required_actions"' in html
    assert f'data-airflow href="/air/dags/lakeside.onboard/runs/{told.run.partition("/")[2]}/plugin/golive-run"' in html
    assert 'data-airflow href="/air/dags/lakeside.support"' in html


def test_a_quiet_roadmap_says_so(ledger: Ledger) -> None:
    StageStory(ledger, "discover").opened()
    html = as_html(read(ledger))
    assert "Nothing is stopped, and nobody is waited for." in html and "Waits for an answer" not in html


def test_the_first_stage_of_a_roadmap_waits_for_a_person(ledger: Ledger) -> None:
    made = read(ledger)
    assert [line.stage for line in made.to_start] == ["discover"]
    html = as_html(made)
    assert "Nothing is stopped. 1 stage waits to be started." in html and "Start <code>lakeside.discover</code>" in html


def test_without_a_project_the_page_says_why() -> None:
    assert "There is no project here that you may read." in as_html()


def test_a_wrong_project_file_stands_first_with_its_faults() -> None:
    fault = Fault("project.yaml", 3, "tables", "is missing", "this key with a value")
    html = as_html(errors=[ProjectError("lakeside: line 3 is wrong", faults=(fault,), project="lakeside")])
    assert "1 stopped." in html and "lakeside: line 3 is wrong" in html and "golive check lakeside" in html


@pytest.mark.parametrize("airflow", ["failed", "success", None])
def test_forms_of_runs_that_have_ended_are_not_waited_for(ledger: Ledger, airflow: str | None) -> None:
    agreeing(ledger)
    assert read(ledger).forms[0].people == "Daniel Boyd or Ann Cole"
    made = read(ledger, airflow)
    assert made.forms == ()
    if airflow is not None:
        assert [line.state for line in made.lines if line.stage == "implement"] == [State.STOPPED]


def test_a_freeze_and_every_step_of_the_opening_are_said_at_the_top(ledger: Ledger) -> None:
    told = StageStory(ledger, "final_migration").opened()
    assert (read(ledger).night, read(ledger).frozen) == ("", False)
    told.write("freeze", {"by": "maria", "tables": 3})
    made = read(ledger)
    assert made.frozen and made.night.startswith("The old system is frozen since ") and "(Maria Diaz)" in made.night
    assert made.night in as_html(made)
    told.write("opening", {"step": "project team", "approved_by": "maria"})
    opened = read(ledger)
    assert not opened.frozen and opened.night.startswith("The new system is open: project team since ")
    assert opened.night.endswith("Not yet: pilots, everybody.")


def test_an_undone_freeze_is_none(ledger: Ledger) -> None:
    told = StageStory(ledger, "final_migration").opened()
    told.write("freeze", {"by": "maria", "tables": 3})
    told.write("unfreeze", {}, actor="maria")
    assert read(ledger).night == ""


def test_only_alarms_of_the_last_hours_are_told(ledger: Ledger) -> None:
    told = StageStory(ledger, "discover").opened().alarm("profile_source", "the source went away", "Clear it.")
    assert [(alarm.what, alarm.do) for alarm in read(ledger).alarms] == [("the source went away", "Clear it.")]
    assert read(ledger, hours=0).alarms == ()
    assert "Told in the last 24 hours" in as_html(read(ledger)) and told.run


def test_a_message_that_is_a_document_is_folded_and_set_as_one(ledger: Ledger) -> None:
    text = {"title": "pass 1", "what": "# Pass 1\n\n**56 findings** <b>x</b>", "do": "Read it.", "delivered": True}
    discovered(ledger).write("alarm", text, once="alarm/pass/1", run=None, stage=None)
    page = as_html(read(ledger))
    assert "<summary>The whole message</summary>" in page and "# Pass 1" not in page
    assert "<strong>56 findings</strong> &lt;b&gt;x&lt;/b&gt;" in page


def test_a_paused_stage_says_what_unpauses_it(ledger: Ledger) -> None:
    told = discovered(ledger)
    paused = {"title": "onboard is due, but paused", "what": "Due, but paused.", "do": "unpause it", "delivered": True}
    last = ledger.entries("lakeside", kind="stage")[-1].seq
    told.write("alarm", paused, once=f"alarm/paused/onboard/{last}", run=None, stage=None)
    (line,) = read(ledger).to_start
    assert (line.says, line.do) == (
        "Due, but paused.", "Unpause `lakeside.onboard` in Airflow; `lakeside.next` starts it within minutes.",
    )  # fmt: skip


def test_a_stage_that_is_to_be_done_again_is_started_by_a_person(ledger: Ledger) -> None:
    told = discovered(ledger)
    told.write("stage", {"state": "reopened", "reason": "the mapping was thawed"})
    (line,) = read(ledger).to_start
    assert line.says.startswith("Due again since ") and line.do.startswith("Start `lakeside.discover` in Airflow")
    made = stage_report(ledger, project(), told.run, airflow="success")
    assert made.steps[-1].says == "The stage discover is to be done again"


def test_the_projects_page_shows_every_view_of_the_ledger(ledger: Ledger) -> None:
    discovered(ledger)
    onboarding(ledger)
    agreeing(ledger)
    prepared(ledger)
    made = read(ledger)
    report = project_report(ledger, project(), made, today=TODAY)
    assert [table.kind for table in report.tables] == ["criterion", "issue", "risk", "third_party", "area", "training"]
    # What waits for an answer is above, with its form; here stand the answers, newest first.
    assert [(each.who, each.stage, each.question) for each in report.signed] == [
        ("Ruth Ames", stage, "sign-off as lead") for stage in ("prework", "implement", "discover")
    ]
    assert [document.title for document in report.documents] == ["Success Agreement, version 2", "Report: training"]
    html = page(
        "project.html", report=report, roadmaps=[made], jobs=[], errors=[], unread=[], root="", refresh=30
    ).html  # fmt: skip
    assert html.count("<h1>") == 1 and "Lakeside District" in html and 'data-refresh="30"' in html
    assert "Students without a date of birth" in html and "Open since" in html


def test_what_is_past_its_day_stands_on_the_projects_page(ledger: Ledger) -> None:
    text = f"{TEXT}meetings: [{{name: core_team, every_days: 4, roles: [lead]}}]\n"
    StageStory(ledger, "discover").opened()
    made = read(ledger, text=text)

    def html(days: int) -> str:
        report = project_report(ledger, project(text), made, today=TODAY + timedelta(days=days))
        shown = {"report": report, "roadmaps": [made], "jobs": [], "errors": [], "unread": []}
        return page("project.html", **shown, root="", refresh=0).html

    assert "To follow up" not in html(3)
    late = html(9)
    assert "the meeting core team was not held" in late and "Ruth Ames (lead)" in late
    assert late.index("To follow up") < late.index("<code>lakeside.record</code>")


def test_nothing_that_others_wrote_is_obeyed(ledger: Ledger) -> None:
    told = StageStory(ledger, "discover").opened().looked(HOSTILE, HOSTILE, HOSTILE).alarm("x", HOSTILE, HOSTILE)
    told.asked(HOSTILE, HOSTILE, question=HOSTILE)
    told.write("freeze", {"by": HOSTILE})
    told.found("issue", id=HOSTILE, title=HOSTILE, severity=HOSTILE, owner=HOSTILE, state=HOSTILE, says=HOSTILE)
    told.answered("lead", HOSTILE, comment=HOSTILE)
    made = read(ledger)
    text = TEXT + HOSTILE_MEETING
    report = project_report(ledger, project(text), made, today=TODAY + timedelta(days=9))
    assert len(report.late) == 1
    for html in (
        as_html(made, jobs=[(HOSTILE, HOSTILE)], errors=[ProjectError(HOSTILE, project=HOSTILE)]),
        page(
            "project.html", report=report, roadmaps=[made], jobs=[], errors=[], unread=[], root="", refresh=0
        ).html,
    ):
        assert html.count("<script") == 1 and "&lt;script&gt;alert(1)" in html
        for tag in ("<img", 'href="http', "style=", "onclick", "\x1b", "\u202e"):
            assert tag not in html


def test_every_state_has_a_word_and_a_sign_of_its_own() -> None:
    words = [plain.stage_state(state) for state in State]
    assert len({word.sign for word in words}) == len({word.text for word in words}) == len(State)
