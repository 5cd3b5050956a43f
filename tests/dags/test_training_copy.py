"""The training copy from Airflow: refreshed by a pass, reset by the DAG for it, and told on the stage's page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run
from tests.migration import Migration, rows

from golive.readiness.stages import complete
from golive.reports.stage import stage_report

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], sponsor: [sam], data_engineer: [daniel], operations: [omar], go_live: [maria]}
training: {groups: {offices: [ruth]}}
training_copy: {connection: harbour_training, access: [offices, data_engineer]}
stages: [data_validation_initial]
""",
)


@pytest.fixture
def training_url(new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The new system once more, without a row."""
    url = new_database("training")
    execute(url, small.TARGET, "truncate family, child")
    monkeypatch.setenv("AIRFLOW_CONN_HARBOUR_TRAINING", url)
    return url


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    small.make(*pair)
    execute(pair[1], "insert into child select n, 9001, date '2015-01-01' + n from generate_series(1, 30) n")
    return migration("harbour", TEXT, *pair)


def test_a_pass_makes_it_and_a_course_begins_with_a_new_one(harbour: Migration, training_url: str) -> None:
    ran = run(harbour, "data_validation_initial", answer=answer("lena", "Approve", comment="so it is"))
    assert ran.state == "success", ran.errors
    assert "made after pass 1: 32 rows in 2 tables, 1 column masked" in ran.said["refresh_training_copy"]
    masked = rows(training_url, "select child_id, birth_date from child order by 1")
    original = rows(harbour.target_url, "select child_id, birth_date from child order by 1")
    assert [one[0] for one in masked] == [one[0] for one in original] and not set(masked) & set(original)
    with harbour.ledger as book:
        assert complete(book, "harbour", "data_validation_initial") is not None
        report = stage_report(book, harbour.project, f"harbour.data_validation_initial/{ran.run_id}")
    (table,) = (each for each in report.tables if each.kind == "training_copy")
    assert [cell.text for cell in table.rows[0]][:2] == ["harbour_training", "refreshed"]

    execute(training_url, "update child set birth_date = null", "insert into family values (9002, 'Tried out')")
    ran = run(harbour, "reset_training")
    assert ran.state == "success", ran.errors
    assert rows(training_url, "select child_id, birth_date from child order by 1") == masked
    assert rows(training_url, "select count(*) from family") == [(1,)]
    with harbour.ledger as book:
        made = book.entries("harbour", kind="training_copy")
    assert [(e.stage, e.payload["state"]) for e in made] == [
        ("data_validation_initial", "refreshed"), ("reset_training", "refreshed"),
    ]  # fmt: skip
