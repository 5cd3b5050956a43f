"""Configuration that was made ahead: its owner confirms exactly those rows, and the night brings them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run
from tests.migration import Migration, rows
from typer.testing import CliRunner

from golive.cli import app

SCHEMA = "create table term (code text primary key, title text not null)"
TEXT = small.TEXT.replace(
    "target: {connection: harbour_new}\n", "target: {connection: harbour_new}\nstaging: {connection: harbour_config}\n"
).replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], finance: [fay], go_live: [maria, tom]}
configuration:
  - {area: terms, title: Terms, owner: finance, tables: [term]}
  - {area: printers, title: Printers, owner: lead, copyable: false}
stages: [config_copy, final_migration]
""",
)


@pytest.fixture
def harbour(
    migration: Callable[..., Migration], pair: tuple[str, str], new_database: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Migration:  # fmt: skip
    small.make(*pair)
    config = new_database("config")
    execute(config, SCHEMA, "insert into term values ('T1', 'Autumn'), ('T2', 'Spring')")
    execute(pair[1], SCHEMA, "insert into term values ('T1', 'First'), ('T0', 'A trial')")
    monkeypatch.setenv("AIRFLOW_CONN_HARBOUR_CONFIG", config)
    return migration("harbour", TEXT, *pair)


def people(detail: Any) -> None:
    task = detail.task_instance.task_id
    fields = {"state": "confirmed"} if task == "confirm_terms" else {}
    who = "fay" if task == "confirm_terms" else "lena" if task.startswith("sign_as") else "maria"
    answer(who, "Approve", comment="so it is", **fields)(detail)


def test_what_was_confirmed_is_in_production_when_it_opens(harbour: Migration) -> None:
    before = rows(harbour.target_url, "select * from term order by 1")
    ran = run(harbour, "config_copy", answer=people)
    assert ran.state == "success", ran.errors
    assert "terms (planned, 1 inserted, 1 updated, 1 removed, 0 unchanged)" in ran.said["plan_areas"]
    assert rows(harbour.target_url, "select * from term order by 1") == before

    ran = run(harbour, "final_migration", answer=people)
    assert ran.state == "success", ran.errors
    assert ran.said["copy_configuration"] == (
        "Configuration: 1 of 2 areas copied, 3 rows written. Skipped: printers (it is done by hand)."
        " By hand: Printers (lead)."
    )
    assert rows(harbour.target_url, "select * from term order by 1") == [("T1", "Autumn"), ("T2", "Spring")]
    with harbour.ledger as book:
        copied = {e.payload["area"]: e.payload for e in book.latest("harbour", "config_copy", by=("area",))}
    assert (copied["terms"]["state"], copied["printers"]["state"]) == ("copied", "skipped")
    # The new system is open: nothing of Golive writes rows any more, nor takes them back.
    words = ["config", "undo", "harbour", "terms", "--by", "dan", "--reason", "late"]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 1 and "the new system was opened" in refused.output
