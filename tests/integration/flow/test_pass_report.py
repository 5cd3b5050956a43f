"""The report of a pass in the ledger: made once for what was judged, after a no too, and told once in a pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from tests.dags.receiving import Receiver, receiving
from tests.integration.flow.acting import Run
from tests.integration.flow.test_opening import kinds
from tests.integration.passes_told import by_hand
from tests.migration import Migration

from golive.errors import LedgerBroken
from golive.flow import escalation
from golive.flow.stages.data_validation import write_report
from golive.flow.world import World
from golive.ledger import Entry
from golive.readiness import mapping
from golive.readiness.evidence import evidence_of
from golive.reports.documents import documents
from golive.reports.kept import kept, page_of

# Apprise asks for a module that Python 3.13 has no more.
STAGE = "data_validation_initial"


@pytest.fixture
def received(harbour: Migration, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """The address ``on_call`` behind golive_alerts."""
    with receiving(monkeypatch) as receiver:
        yield receiver


def judged(harbour: Migration, run: str = "one", number: int = 1, *, ok: bool = True) -> Entry:
    with harbour.ledger as book:
        return by_hand(book, "harbour", run, number, ok=ok)


def test_it_is_made_once_and_a_clear_shows_what_stands(harbour: Migration, received: Receiver) -> None:
    judged(harbour)
    run = Run(harbour, STAGE)
    with harbour.ledger as book:
        before = evidence_of(book, harbour.project, STAGE, f"harbour.{STAGE}/one")
    said = run.do(write_report)
    page, mail = kinds(harbour, "report")
    assert said == f"The report of pass 1 is entry {page.seq} of the ledger." and run.do(write_report) == said
    # Judging the same again is no reason for another.
    judged(harbour)
    assert run.do(write_report) == said and kinds(harbour, "report") == [page, mail]
    assert page.payload["what"] == f"pass/{STAGE}/1" and mail.payload["page"] == page.seq
    (message,) = received.messages["on_call"]
    assert message["title"].endswith("validation pass 1: " + page.payload["sentence"])
    assert "Harbour: validation pass 1" in message["message"] and "/project/harbour/pass/1" in message["message"]
    (alarm,) = kinds(harbour, "alarm")
    assert alarm.once is not None and alarm.once.startswith(escalation._QUIET), "it would call the levels of support"
    with harbour.ledger as book:
        (report,) = kept(book.entries("harbour", kind="report"))
        html = page_of(book, report)
        assert (report.number, report.colour, len(html)) == (1, "amber", page.payload["bytes"])
        assert b"7 of 100 rows break it" in html
        # Signatures are about what was found; a report of it that comes later makes none void.
        after = evidence_of(book, harbour.project, STAGE, f"harbour.{STAGE}/one")
        assert [each["kind"] for each in after["found"]] == ["pass"] == [each["kind"] for each in before["found"]]
        # The page is a large file, and is read by whoever opens it alone; the text stands with the others.
        (text,) = documents(book, [page, mail])
        assert text.title == "Report: Harbour: validation pass 1"
        with pytest.raises(LedgerBroken, match=f"ledger entry {page.seq}: its page is not the one whose hash"):
            page_of(book, replace(report, digest="0" * 64))


def test_a_pass_that_failed_has_its_report_and_another_verdict_a_new_one(
    harbour: Migration, received: Receiver
) -> None:
    judged(harbour, ok=False)
    run = Run(harbour, STAGE)
    run.do(write_report)
    judged(harbour, ok=True)
    run.do(write_report)
    pages = [each for each in kinds(harbour, "report") if "hash" in each.payload]
    assert [each.payload["colour"] for each in pages] == ["red", "amber"]
    with harbour.ledger as book:
        (report,) = kept(book.entries("harbour", kind="report"))
    assert report.entry == pages[1].seq and len(received.messages["on_call"]) == 1
    judged(harbour, "two", 2)
    run.another("two").do(write_report)
    assert len(received.messages["on_call"]) == 2


def test_the_suites_of_a_report_are_those_that_its_run_asked(harbour: Migration, received: Receiver) -> None:
    name = f"harbour.{STAGE}/one"
    with harbour.ledger as book:
        for part, mapping in (("tables", "a" * 64), ("suites", "b" * 64)):
            checks = {"part": part, "lane": 1, "lanes": 1, "mapping": mapping}
            book.append(
                project="harbour", stage=STAGE, kind="checks", actor="golive", run=name, payload=checks,
                evidence={"results": []},
            )  # fmt: skip
    judged(harbour)
    Run(harbour, STAGE).do(write_report)
    page, _ = kinds(harbour, "report")
    assert page.payload["suites"] == "b" * 64
    with harbour.ledger as book:
        (report,) = kept(book.entries("harbour", kind="report"))
        assert b"b" * 64 in page_of(book, report)


def test_a_mapping_is_looked_at_once_in_a_task(harbour: Migration, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[World] = []
    monkeypatch.setattr(mapping, "refuse_another", looked.append)
    with Run(harbour, STAGE).here() as here:
        here.refuse_another_mapping()
        assert here.plan.tables and looked == [here]
    with Run(harbour, STAGE).here() as another:
        another.refuse_another_mapping()
    assert looked == [here, another]


def test_a_run_that_judged_nothing_has_none(harbour: Migration) -> None:
    judged(harbour, "another")
    with pytest.raises(AirflowSkipException, match="this run judged nothing"):
        Run(harbour, STAGE).do(write_report)
    assert kinds(harbour, "report") == []
