"""Data finalization: processes closed, leftovers removed by approval alone, areas confirmed, the runbook written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run
from tests.migration import Migration, rows

from golive.readiness.stages import complete

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], sponsor: [sam], finance: [fay], data_engineer: [daniel], operations: [omar], go_live: [maria]}
calendar: {freeze: 2030-06-02, go_live: 2030-06-04}
configuration: [{area: terms, owner: finance, tables: [term]}]
processes:
  - {name: payroll, title: Payroll, owner: finance, query: "select id from pay where not closed"}
leftovers:
  - {name: tests, title: Test families, query: "select * from family where name like 'Test%'",
     remove: "delete from family where name like 'Test%'"}
stages: [data_finalization]
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """One process, one area, and two test families that must be gone."""
    small.make(*pair)
    execute(pair[0], "create table pay (id int, closed bool)", "insert into pay values (1, true)")
    execute(pair[1], "insert into family values (9002, 'Test 1', 'new'), (9003, 'Test 2', 'new')")
    return migration("harbour", TEXT, *pair)


def families(migration: Migration) -> list[str]:
    return [name for (name,) in rows(migration.target_url, "select name from family order by 1")]


def people(detail: Any) -> None:
    task = detail.task_instance.task_id
    fields = {"state": "confirmed"} if task == "confirm_terms" else {}
    who = "fay" if task in ("confirm_terms", "attest_as_finance") else "lena"
    answer(who, "Approve", comment="so it is", **fields)(detail)


def test_everything_is_closed_confirmed_removed_and_written_down(harbour: Migration) -> None:
    ran = run(harbour, "data_finalization", answer=people)
    assert ran.state == "success", ran.errors
    assert families(harbour) == ["The new system's own"]
    with harbour.ledger as book:
        closed = complete(book, "harbour", "data_finalization")
        assert closed is not None and closed.evidence_hash is not None
        found: Any = book.evidence(closed.evidence_hash)
        attested = book.last("harbour", "attestation")
        agreed = [e for e in book.entries("harbour", kind="approval") if e.payload["question"] == "clean_up"]
        shown: Any = book.evidence(agreed[0].payload["evidence_hash"])
    assert attested is not None and attested.payload["by"] == "fay"
    assert [e.payload["verdict"] for e in agreed] == ["asked", "approved"]
    assert shown["remove"][0]["remove"] == "delete from family where name like 'Test%'"
    by_kind = {each["kind"]: each for each in found["found"]}
    assert by_kind["leftover"]["payload"] == {
        "name": "tests", "side": "target", "found": 2, "removed": 2, "state": "removed"
    }  # fmt: skip
    assert by_kind["process"]["payload"]["state"] == "closed" and by_kind["area"]["payload"]["state"] == "confirmed"
    assert by_kind["report"]["payload"]["what"] == "runbook" and by_kind["report"]["evidence_hash"]


def test_a_no_and_a_form_marked_as_success_remove_nothing(harbour: Migration) -> None:
    def no(detail: Any) -> None:
        if detail.task_instance.task_id == "approve_clean_up":
            answer("lena", "Reject", comment="they are real")(detail)
        else:
            people(detail)

    ran = run(harbour, "data_finalization", answer=no)
    assert ran.state == "failed" and "lena said no: they are real" in ran.error("approve_clean_up")
    assert ran.states["remove_leftovers"] == "upstream_failed"
    ran = run(harbour, "data_finalization", answer=people, marked="approve_clean_up")
    assert "holds no approval, in this run" in ran.error("remove_leftovers")
    assert len(families(harbour)) == 3


def test_a_process_that_is_opened_while_the_form_waits_keeps_the_stage_open(harbour: Migration) -> None:
    def reopen() -> None:
        execute(harbour.source_url, "update pay set closed = false")

    ran = run(harbour, "data_finalization", answer=people, before={"settle_processes": reopen})
    assert ran.state == "failed"
    assert "Payroll is not closed: 1 open in the source. fay (finance)" in ran.error("settle_processes")
    with harbour.ledger as book:
        assert complete(book, "harbour", "data_finalization") is None
