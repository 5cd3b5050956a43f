"""What a report says in every state of a run, from ledgers filled by hand, and that nothing in it is obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.web.stories import OLDER, POSITION, RUN, Story

from golive.ledger import Ledger
from golive.reports import RunReport, State, as_data, run_report, runs
from golive.web.render import Page, page

# Whatever a name, a key, a reason or a comment may hold to be taken for something else.
HOSTILE = "<script>alert(1)</script>\"'>&amp;`x`|[a](http://b) ![i](j) *b*\x1b[31m\u202e\n# h"


@pytest.fixture
def ledger(new_database: Callable[..., str]) -> Iterator[Ledger]:
    with Ledger(new_database("ledger")) as made:
        made.migrate()
        yield made


def reported(ledger: Ledger, run: str = RUN, airflow: str | None = None) -> RunReport:
    """The report, after it was proven that a page can be made of it."""
    report = run_report(ledger, "riverside", run, airflow=airflow)
    assert as_html(report).html.count("<h1>") == 1
    return report


def as_html(report: RunReport, airflow: str | None = None) -> Page:
    return page(
        "report.html", report=report, airflow=airflow, runs=(), root="", refresh=5 if airflow == "running" else 0
    )


Told = Callable[[Story], Any]


@pytest.mark.parametrize(
    ("told", "airflow", "state", "says"),
    [
        (lambda s: None, "running", State.NOTHING, "Nothing stands in the ledger for this run yet."),
        (lambda s: None, "failed", State.STOPPED, "Stopped before it wrote anything into the ledger."),
        (lambda s: s.dry_run(), "success", State.DRY_RUN, "Dry run: nothing was changed."),
        (lambda s: s.dry_run(), None, State.DRY_RUN, "Dry run: nothing was changed."),
        (lambda s: s.dry_run(), "running", State.WORKING, "It is shown what the go-live would do; the question to go"
         " live comes next."),
        (lambda s: s.dry_run().asked(), "running", State.WAITING, "Waits for maria to approve, since "),
        (lambda s: s.dry_run().asked(people=("ann", "bob")), None, State.WAITING, "Waits for ann or bob to approve"),
        (lambda s: s.dry_run().asked(people=()), None, State.WAITING, "Waits for a person to approve, since "),
        (lambda s: s.dry_run().asked(), "failed", State.STOPPED, "Stopped while it waited for an answer."),
        (lambda s: s.dry_run().asked().answered("rejected", comment="not on a Friday"), "failed", State.STOPPED,
         "Stopped: maria said no (“not on a Friday”)."),
        (lambda s: s.dry_run().asked().answered("refused", who="eve", reason="eve answered, but maria must"), "failed",
         State.STOPPED, "Stopped: the answer did not count."),
        (lambda s: s.dry_run().asked().answered("approved"), "running", State.WORKING, "maria agreed at "),
        (lambda s: s.dry_run().asked().answered("approved").alarm("freeze_source", "pid 7 writes on"), "failed",
         State.STOPPED, "Stopped: freeze_source of riverside.final_migration failed."),
        (lambda s: s.dry_run().asked().answered("approved").alarm("freeze_source", "pid 7 writes on"), "running",
         State.WORKING, "maria agreed at "),
        (lambda s: s.dry_run().asked().answered("approved").frozen(), "running", State.WORKING,
         "The old system is frozen since "),
        (lambda s: s.dry_run().asked().answered("approved").frozen(), "failed", State.STOPPED,
         "Stopped. The old system is frozen since "),
        (lambda s: s.dry_run().asked().answered("approved").frozen().unfrozen(), "failed", State.BACK,
         "Went back: maria opened the old system again at "),
        (lambda s: s.dry_run().asked().answered("approved").frozen().moved(), "running", State.WORKING,
         "The last increments are done; the sweep of everything comes next."),
        (lambda s: s.dry_run().asked().answered("approved").frozen().moved().swept(), "running", State.WORKING,
         "The sweep is done; checks and sample come next."),
        (lambda s: s.dry_run().frozen().swept().asked("quarantine"), "running", State.WAITING,
         "Waits for maria to decide on rows that would stay behind, since "),
        (lambda s: s.dry_run().frozen().swept().checked(1), "running", State.WORKING,
         "Checks are under way (lane 1: 4 passed); when everything has passed, the new system opens."),
        (lambda s: s.dry_run().frozen().swept().checked(1, failing=2).checked(2), "failed", State.STOPPED,
         "Stopped: 2 of 10 checks did not pass. Nothing is open."),
        (lambda s: s.dry_run().frozen().swept().checked().sampled("FAIL"), "failed", State.STOPPED,
         "Stopped: the 10% sample did not pass. Nothing is open."),
        (lambda s: s.gone_live(), "success", State.OPEN, "; 218,640 rows arrived, 656 stay behind."),
    ],
)  # fmt: skip
def test_the_state_is_said_in_words(
    ledger: Ledger, told: Told, airflow: str | None, state: State, says: str
) -> None:
    told(Story(ledger))
    report = reported(ledger, airflow=airflow)
    assert report.state is state
    assert says in report.says
    assert report.do


def test_checks_that_failed_before_a_new_sweep_do_not_count(ledger: Ledger) -> None:
    story = Story(ledger).dry_run().frozen().swept().checked(1, failing=1).sampled("FAIL")
    assert reported(ledger).state is State.STOPPED
    story.swept()
    report = reported(ledger)
    assert (report.state, report.checks) == (State.WORKING, ())


def test_a_run_that_opened_shows_everything(ledger: Ledger) -> None:
    Story(ledger).gone_live()
    report = reported(ledger)
    assert [step.entry for step in report.steps] == list(range(1, 14))
    assert [fact.value for fact in report.facts[:4]] == ["218,640", "656", "8 of 8", "21,930"]
    assert report.whole and [line.table for line in report.tables] == ["student", "school"]
    assert report.quarantine[0].rows == 656
    assert [(r.says, r.rows) for r in report.quarantine[0].reasons] == [
        ("several source rows share this key", 648), ("not a valid date or time (birth_date)", 8),
    ]
    assert report.quarantine[0].examples == (("S-1001", "several source rows share this key"),)
    assert report.sample and (report.sample.seed, report.sample.percent) == (3_735_928_559, 10)
    assert report.freeze and report.freeze.position == POSITION and report.freeze.seconds
    assert report.freeze.proofs[0] == "50 probe writes of 50 rejected as role sms_app"
    assert report.freeze.not_covered == ("sequence seq_stu: nextval passes",)
    assert [(a.question, a.verdict, a.comment) for a in report.answers] == [
        ("go_live", "asked", ""), ("go_live", "approved", "agreed with all heads"),
        ("quarantine", "asked", ""), ("quarantine", "approved", ""),
    ]
    assert report.dry_run and [step for step, _ in report.dry_run.minutes] == [
        "freeze", "last increments", "sweep", "checks and sample",
    ]
    html = as_html(report).html
    for entry in ledger.entries("riverside"):
        assert f"entry {entry.seq}" in html
        assert entry.evidence_hash is None or entry.evidence_hash in html
    assert "agreed with all heads" in html


def test_rows_are_summed_over_the_increments_of_a_run(ledger: Ledger) -> None:
    Story(ledger).dry_run().frozen().moved().swept(deleted=5)
    report = reported(ledger)
    student, school = report.tables
    assert (student.read, student.inserted, student.updated, student.deleted) == (4_310, 3_000, 654, 5)
    assert (student.source, student.quarantined, school.source) == (219_200, 656, 96)
    assert not report.whole


def test_what_did_not_pass_stands_first_with_both_sides(ledger: Ledger) -> None:
    Story(ledger).dry_run().frozen().swept().checked(1, failing=1).checked(2)
    report = reported(ledger)
    first = report.checks[0]
    assert (first.table, first.verdict) == ("wrong_0", "FAIL")
    differs, only_old, only_new = first.examples
    assert (differs.key, differs.only) == ("S-77, 2026", "")
    assert [(c.column, c.source, c.target) for c in differs.cells] == [
        ("birth_date", "***", "***"), ("grade", "7", None),
    ]
    assert (only_old.only, only_new.only) == ("source", "target")
    html = as_html(report).html
    assert html.index("Checks that did not pass") < html.index("Rows per table")


def test_the_sum_of_what_was_not_counted_is_not_given_as_a_number(ledger: Ledger) -> None:
    Story(ledger, OLDER).moved("older data")
    html = as_html(reported(ledger, OLDER)).html
    assert html.count("not counted") == 2 and html.count("not all counted") == 1
    Story(ledger).dry_run().frozen().moved().swept()
    counted = as_html(reported(ledger)).html
    assert "counted" not in counted and '<td class="n">219,296</td>' in counted


def test_a_form_that_waits_is_not_hidden_by_what_others_sign_meanwhile(ledger: Ledger) -> None:
    story = Story(ledger).looked().asked("criterion/load", ("ann",)).asked("criterion/trained", ("tom",))
    story.answered("approved", who="tom", question="criterion/trained").judged("trained", measured=False)
    report = reported(ledger, airflow="running")
    assert report.state is State.WAITING and report.says.startswith("Waits for ann to sign the criterion load, since ")


def test_a_no_is_not_hidden_by_what_others_sign_meanwhile(ledger: Ledger) -> None:
    story = Story(ledger).looked().asked("criterion/load", ("ann",)).asked("criterion/trained", ("tom",))
    story.answered("rejected", who="ann", comment="too slow", question="criterion/load")
    story.answered("approved", who="tom", question="criterion/trained").judged("trained", measured=False)
    for airflow in ("running", "failed"):
        report = reported(ledger, airflow=airflow)
        assert (report.state, report.says) == (State.STOPPED, "Stopped: ann said no (“too slow”).")


def test_a_form_from_before_the_gate_looked_again_waits_for_nobody(ledger: Ledger) -> None:
    Story(ledger).looked().asked("criterion/load", ("ann",)).looked()
    assert reported(ledger, airflow="running").state is State.WORKING


def test_a_run_after_the_opening_shows_the_run_that_opened(ledger: Ledger) -> None:
    Story(ledger).gone_live()
    later = reported(ledger, "riverside.final_migration/manual__later", "success")
    assert (later.state, later.shown_from) == (State.OPEN, RUN)
    assert "is open already, since" in later.says and "changed nothing" in later.says
    assert later.facts == reported(ledger).facts
    assert RUN.partition("/")[2] in as_html(later).html


def test_older_data_after_the_opening_is_over(ledger: Ledger) -> None:
    Story(ledger).gone_live()
    report = reported(ledger, OLDER, "success")
    assert (report.state, report.tables, report.shown_from) == (State.OPEN, (), "")


@pytest.mark.parametrize(
    ("changed", "airflow", "state", "do"),
    [
        ({}, "success", State.MOVED, "Correct the rows in quarantine"),
        ({"quarantined": 0}, "success", State.MOVED, "Nothing: the next run takes what is new."),
        ({"unfinished": 1}, "success", State.MOVED, "the next run goes on with 1 table not yet finished"),
        ({"quarantined": 0}, "failed", State.STOPPED, "Open the failed task"),
    ],
)
def test_older_data_says_what_it_moved(
    ledger: Ledger, changed: dict[str, int], airflow: str, state: State, do: str
) -> None:
    Story(ledger, OLDER).moved("older data", **changed)
    report = reported(ledger, OLDER, airflow)
    assert report.state is state and do in report.do
    assert report.says.startswith("Moved 3,654 rows ahead of the go-live, of 4,310 read;")


def test_a_run_that_moved_nothing_says_so(ledger: Ledger) -> None:
    assert reported(ledger, OLDER, "success").says == "This run moved nothing, and wrote nothing into the ledger."


def test_alarms_of_another_run_are_not_told(ledger: Ledger) -> None:
    Story(ledger).dry_run().asked().answered("approved").alarm("freeze_source", "pid 7")
    other = "riverside.final_migration/manual__other"
    Story(ledger, other).dry_run().asked()
    report = reported(ledger, other)
    assert report.state is State.WAITING and all("pid 7" not in step.detail for step in report.steps)


def test_a_broken_freeze_stops_the_run_and_a_silent_lane_does_not(ledger: Ledger) -> None:
    story = Story(ledger).dry_run().asked().answered("approved").frozen()
    told = {"title": "lane 1 is silent", "what": "x", "do": "look", "table": "", "delivered": True}
    story.write("alarm", told, once=f"alarm/silent/{RUN}/1/2026", run=None)
    assert reported(ledger).state is State.WORKING
    story.write("alarm", told | {"title": "the freeze was broken"}, once="alarm/broken/4/abc", run=None)
    assert reported(ledger).says == "Stopped: the freeze was broken."


def test_an_expectation_stops_the_run_only_if_it_keeps_the_door_shut(ledger: Ledger) -> None:
    story = Story(ledger).dry_run().asked().answered("approved").frozen().moved().swept().checked().checked(2)
    result = {
        "check": "born", "table": "child.target", "verdict": "FAIL", "says": "1 row", "looked_at": 5, "evidence": {},
        "diff": None, "group": "suite", "severity": "major", "owner": "registrar",
    }  # fmt: skip
    said = {"part": "suites", "lane": 1, "lanes": 1, "verdict": "FAIL", "PASS": 0, "FAIL": 1, "ERROR": 0, "VACUOUS": 0}
    story.write("checks", said | {"shut": 0}, evidence={"results": [result]})
    report = reported(ledger)
    assert report.state is State.WORKING and report.steps[-1].says == "Ran the suites of lane 1 of 1"
    assert [line.table for line in report.failed] == ["child.target"]
    story.write("checks", said | {"shut": 1}, evidence={"results": [result]})
    report = reported(ledger)
    assert report.state is State.STOPPED and "then clear check_suites or check_comparisons" in report.do


def test_runs_are_listed_newest_first(ledger: Ledger) -> None:
    Story(ledger, OLDER).moved("older data")
    Story(ledger).dry_run().asked()
    assert [(line.run, line.says) for line in runs(ledger, "riverside")] == [
        (RUN, "Asked maria whether to go live"), (OLDER, "Finished the older data"),
    ]


def test_nothing_that_others_wrote_is_obeyed(ledger: Ledger) -> None:
    """Names, keys, values, reasons and comments that would be a script, a link, a table cell or an escape code."""
    story = Story(ledger).dry_run().asked(people=(HOSTILE,)).answered("approved", who=HOSTILE, comment=HOSTILE)
    example = {"key": [HOSTILE], "source": {HOSTILE: HOSTILE}, "target": {HOSTILE: None}}
    result = {
        "check": "rows", "table": HOSTILE, "verdict": "FAIL", "says": HOSTILE, "looked_at": 1, "evidence": {},
        "diff": {"table": HOSTILE, "matching": 0, "different": 1, "missing": 0, "extra": 0, "examples": [example]},
    }
    held = {
        HOSTILE: {"rows": 1, "reasons": [{"reason": HOSTILE, "state": HOSTILE, "detail": HOSTILE, "rows": 1}],
                  "examples": [{"key": [HOSTILE], "reason": HOSTILE, "state": ""}], "keys": []},
    }
    story.frozen().swept()
    story.write("sweep", {"what": HOSTILE, "read": 1, "inserted": 0, "updated": 0, "deleted": 0, "quarantined": 1,
                          "undeleted": 0, "unfinished": 0}, evidence={"tables": [], "quarantine": held})
    story.write("checks", {"lane": 1, "lanes": 1, "verdict": "FAIL", "PASS": 0, "FAIL": 1, "ERROR": 0, "VACUOUS": 0},
                evidence={"results": [result]})
    story.alarm("check_tables", HOSTILE, HOSTILE)
    report = reported(ledger)
    html = as_html(report).html
    assert html.count("<script") == 1
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\x1b" not in html and "\u202e" not in html


def test_the_page_is_alone_and_refreshes_only_while_the_run_goes_on(ledger: Ledger) -> None:
    Story(ledger).gone_live()
    report = reported(ledger)
    made, going = as_html(report, "success"), as_html(report, "running")
    assert "data-refresh" not in made.html and 'data-refresh="5"' in going.html
    for other in ("src=", "@import", "url(", "<link"):
        assert other not in made.html
    policy = made.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert "style=" not in made.html and "onclick" not in made.html


def test_the_report_is_plain_data_too(ledger: Ledger) -> None:
    import json

    Story(ledger).gone_live()
    data = json.loads(json.dumps(as_data(reported(ledger))))
    assert data["state"] == "open" and data["steps"][0]["at"].endswith("+00:00")
