"""A suite that is proposed from a live table holds of that table, and has no value that nobody may see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.suites.asking import ask
from tests.integration.two_sides import run
from typer.testing import CliRunner, Result

from golive.cli import app
from golive.project import files
from golive.project.suites import load_suites
from golive.results import Verdict
from golive.validation.suites import check_suites

PROJECT = """
project: small
source: {connection: small_old}
target: {connection: small_new}
tables:
  - target: person
    source: Prs
    sensitive: [email, born]
    columns: {email: '"Mail"'}
"""
ROWS = """
create table person (
  id int primary key, email text unique, born date, status text not null, score numeric(6, 2), seen timestamptz,
  weight real, active boolean, note text, "Né à" text
);
insert into person select n, 'p' || n || '@example.org', date '2000-01-01' + n,
  case when n % 2 = 0 then 'A' else 'W' end, n / 3.0, timestamptz '2026-01-01 00:00+00' + n * interval '1 hour',
  n * 0.3, n % 2 = 0,
  case when n > 5 then 'note ' || n end, 'Köln'
from generate_series(1, 50) n;
create table "Prs" as select id, email as "Mail" from person
"""


@pytest.fixture
def url(new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    made = new_database("draft")
    run(made, ROWS)
    monkeypatch.setattr(files, "PROJECTS", tmp_path / "projects")
    monkeypatch.setattr(files, "EXPECTATIONS", tmp_path / "expectations")
    (tmp_path / "projects" / "small").mkdir(parents=True)
    (tmp_path / "projects" / "small" / "project.yaml").write_text(PROJECT)
    monkeypatch.setenv("AIRFLOW_CONN_SMALL_NEW", made)
    monkeypatch.setenv("AIRFLOW_CONN_SMALL_OLD", made)
    return made


def draft(table: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["expectations", "draft", table, "--project", "small", *words])


def test_a_draft_is_right_and_holds_today(url: str, tmp_path: Path) -> None:
    file = tmp_path / "expectations" / "small" / "person.target.json"
    written = draft("person", "--file", str(file))
    assert (written.exit_code, written.output) == (0, "")
    assert check_suites("small") == []
    (suite,) = load_suites("small")
    assert set(ask(url, suite).verdicts().values()) == {Verdict.PASS}
    asked = {(each.type.removeprefix("expect_"), *each.about) for each in suite.expectations}
    assert asked >= {
        ("table_row_count_to_be_between",),
        ("column_values_to_be_unique", "id"),
        ("column_values_to_not_be_null", "status"),
        ("column_values_to_be_in_set", "status"),
        ("column_values_to_be_between", "score"),
        ("column_values_to_be_between", "seen"),
        ("column_value_lengths_to_be_between", "note"),
        ("column_value_lengths_to_be_between", "email"),
        ("column_values_to_be_in_set", "Né à"),
    }
    assert ("column_values_to_not_be_null", "note") not in asked
    assert not {each[0] for each in asked if each[-1] in ("email", "born")} & {
        "column_values_to_be_in_set",
        "column_values_to_be_between",
    }
    assert "example.org" not in file.read_text() and "2000-01" not in file.read_text()
    run(url, "update person set status = 'X', score = -9 where id = 7")
    failed = {name for name, verdict in ask(url, suite).verdicts().items() if verdict is Verdict.FAIL}
    assert failed == {"target_person_status_known", "target_person_score_range"}


def test_a_file_that_is_there_is_left_as_it_is(url: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text("mine")
    refused = draft("person", "--file", str(file))
    assert refused.exit_code == 1 and "is there already" in " ".join(refused.output.split())
    assert file.read_text() == "mine"
    assert json.loads(draft("person").stdout)["name"] == "person.target"


def test_a_source_is_proposed_by_its_own_columns(url: str) -> None:
    data = json.loads(draft("Prs", "--side", "source", "--url", url).stdout)
    assert data["meta"]["golive"]["side"] == "source"
    assert not [each for each in data["expectations"] if each["type"] == "expect_column_values_to_be_in_set"]


def test_an_empty_table_may_be_empty(url: str) -> None:
    run(url, "truncate person")
    data = json.loads(draft("person").stdout)
    assert data["meta"]["golive"]["may_be_empty"] and len(data["expectations"]) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere",), "'nowhere' is no target of small's file. Right: person"),
        (("person", "--side", "source"), "'person' is no source"),
        (("person", "--url", "postgresql://127.0.0.1:1/x?connect_timeout=2"), "connection small_new: "),
    ],
)
def test_what_is_not_there_is_said(url: str, words: tuple[str, ...], says: str) -> None:
    refused = draft(*words)
    assert refused.exit_code == 1 and says in " ".join(refused.output.split())


def test_a_table_that_only_the_file_knows_is_said(url: str) -> None:
    run(url, "drop table person")
    assert "there is no table person in small_new" in " ".join(draft("person").output.split())
