"""What a run may do that opened its stage, and one that did not: dry runs, marked tasks, a second run."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from tests.dags import small
from tests.integration.flow.acting import Run
from tests.migration import Migration

from golive.errors import NotPermitted
from golive.flow import approval, crossing, cutover, proof
from golive.flow.stages import closing, discover
from golive.flow.stages.final_migration import open_step
from golive.freeze import standing
from golive.ledger import frozen, opened

ROLES = """\
people:
  lead: [lena]
  sponsor: [sam]
  go_live: [maria, tom]
"""
STAGES = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n", ROLES + "stages: [discover, final_migration]\n"
)
UNOPENED = "this run did not open its stage: open_stage was marked as success. Nothing was changed. Clear open_stage"
REHEARSED = "this run is a dry run, which changes nothing. Start a new run without `dry_run`"


def kinds(migration: Migration, kind: str, **payload: Any) -> list[Any]:
    entries = migration.ledger.entries("harbour", kind=kind)
    return [entry for entry in entries if all(entry.payload.get(name) == value for name, value in payload.items())]


def test_a_run_that_did_not_open_its_stage_changes_nothing(harbour: Migration, run: Run) -> None:
    """Whatever was approved: neither is anything found, nor frozen, moved, or opened."""
    run.night()
    entries = len(harbour.ledger.entries("harbour"))
    other = run.another("two")
    for task in (
        cutover.check_gate, cutover.show_dry_run, cutover.freeze_source, crossing.open_last_increments,
        crossing.open_sweep, crossing.settle_sweep, crossing.finish_tables, proof.draw_sample, proof.open_new_system,
    ):  # fmt: skip
        with pytest.raises(NotPermitted) as refused:
            other.do(task)
        assert UNOPENED in refused.value.message, task
    with pytest.raises(NotPermitted, match="this run did not open its stage"):
        other.ask(approval.go_live())
    with pytest.raises(NotPermitted, match="this run did not open its stage"):
        other.do(open_step, 1)
    assert len(harbour.ledger.entries("harbour")) == entries
    other.open()
    other.do(cutover.check_gate)
    run.do(proof.open_new_system)
    assert opened(harbour.ledger, "harbour") is not None


def test_a_look_of_any_stage_asks_whether_this_run_opened_it(make: Callable[[str], Migration]) -> None:
    harbour = make(STAGES)
    run = Run(harbour, "discover")
    with pytest.raises(NotPermitted, match="this run did not open its stage"):
        run.do(discover.test_connections)
    run.open()
    run.do(discover.test_connections)
    assert kinds(harbour, "step", task="test_connections")


def test_a_dry_run_looks_on_before_its_time_and_waives_nothing(
    make: Callable[[str], Migration], caplog: pytest.LogCaptureFixture
) -> None:
    harbour = make(STAGES)
    for conf in ({"dry_run": True}, {"dry_run": True, "waive": True}):
        run = Run(harbour, conf=conf, run_id=str(len(conf)))
        run.open()
        assert "waits for discover, which is not complete" in caplog.text
        says = run.do(cutover.check_gate)
        assert "It would not let a go-live pass" in says
        assert run.do(cutover.show_dry_run) is False
    assert "discover" in " ".join(record.message for record in caplog.records)
    assert kinds(harbour, "stage") == [] and kinds(harbour, "approval") == []
    with pytest.raises(NotPermitted, match="waits for discover, which is not complete"):
        Run(harbour, run_id="real").open()


def test_a_dry_run_freezes_nothing_whatever_was_marked(harbour: Migration, run: Run) -> None:
    rehearsal = run.another("dry", conf={"dry_run": True})
    rehearsal.open()
    rehearsal.do(cutover.check_gate)
    rehearsal.do(cutover.show_dry_run)
    with pytest.raises(NotPermitted) as refused:
        rehearsal.ask(approval.go_live())
    assert REHEARSED in refused.value.message
    with pytest.raises(NotPermitted) as refused:
        rehearsal.do(cutover.freeze_source)
    assert REHEARSED in refused.value.message
    assert frozen(harbour.ledger, "harbour") is None and not standing(harbour.source).covered
    assert rehearsal.do(proof.write_summary) == "dry run: nothing was changed"
    run.open()
    assert run.do(proof.write_summary).startswith("nothing is open: the ledger holds no opening. Clear open_new_system")


def test_a_dry_run_is_one_only_where_it_is_offered(make: Callable[[str], Migration]) -> None:
    """Any key of a conf reaches a task: elsewhere than in the final migration it is a mistake, and says so."""
    harbour = make(STAGES)
    run = Run(harbour, "discover", conf={"dry_run": True})
    with pytest.raises(NotPermitted, match=r"unknown parameters: dry_run\. Start a new run without them"):
        run.open()
    with pytest.raises(NotPermitted, match="this run did not open its stage"):
        run.do(discover.test_connections)
    with pytest.raises(NotPermitted, match="unknown parameters: dry_runn"):
        Run(harbour, conf={"dry_runn": True}).open()
    assert kinds(harbour, "stage") == []


def test_whichever_run_comes_second_by_itself_asks_nobody_again(make: Callable[[str], Migration]) -> None:
    """The event of the stage before, and the standing job, may both start it."""
    harbour = make(STAGES)
    event = SimpleNamespace(source_dag_id="harbour.onboard")
    first = Run(harbour, "discover", run_id="asset_triggered__1", kind="asset_triggered", events=(event,))
    first.open()
    for second in (
        first.another("asset_triggered__2"), Run(harbour, "discover", run_id="due__scheduled__1", kind="manual"),
    ):  # fmt: skip
        with pytest.raises(AirflowSkipException, match=r"begun by harbour.discover/asset_triggered__1 .* on there"):
            second.open()
    first.open()  # cleared
    Run(harbour, "discover", run_id="manual__1", by="lena").open()
    assert [entry.run for entry in kinds(harbour, "stage", state="opened")] == [
        "harbour.discover/asset_triggered__1", "harbour.discover/asset_triggered__1", "harbour.discover/manual__1",
    ]  # fmt: skip


def test_what_is_stored_at_the_close_is_what_was_signed(
    make: Callable[[str], Migration], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read once: what somebody writes while the signatures are looked through does not slip in behind them."""
    harbour = make(STAGES)
    run = Run(harbour, "discover")
    run.open()
    discovered = harbour.project.stage("discover")
    assert discovered is not None
    run.answer(run.ask(closing.sign_off("lead", discovered)), "lena")
    (signed,) = kinds(harbour, "approval", verdict="approved")

    def meanwhile(*_: Any) -> list[str]:
        with run.here("check_team") as here:
            here.write("step", {"task": "check_team", "says": "found later", "missing": []})
        return []

    monkeypatch.setattr(closing.checklist, "unticked", meanwhile)
    run.do(closing.close_stage, [], ["lead"])
    (closed,) = kinds(harbour, "stage", state="closed")
    assert closed.evidence_hash == signed.payload["evidence_hash"]
