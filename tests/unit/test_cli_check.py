"""``golive check`` as a person sees it, and the connections that it takes from the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from golive.cli import app
from golive.databases.urls import from_environment
from golive.errors import Terminal

FILE = """\
project: {name}
source: {{connection: {name}_old}}
target: {{connection: {name}_new}}
tables:
  - target: student
    columns: {{birth_date: "{birth_date}"}}
  - target: school
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def _write(folder: Path, name: str, birth_date: str = "cast(dob as date)") -> None:
    (folder / name).mkdir()
    (folder / name / "project.yaml").write_text(FILE.format(name=name, birth_date=birth_date))


def _run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments, "--folder", str(folder)])


def test_a_right_project_is_one_line(folder: Path) -> None:
    _write(folder, "riverside")
    result = _run(folder, "riverside")
    assert (result.exit_code, result.stdout) == (0, "riverside: right, 2 tables\n")


def test_faults_are_told_with_line_key_and_what_would_be_right(folder: Path) -> None:
    _write(folder, "riverside", "to_date(dob, 'MM/DD/YYYY')")
    _write(folder, "lakeside", "trim(dob)")
    result = _run(folder)
    assert result.exit_code == 1
    assert "lakeside: right, 2 tables\nriverside: 1 fault\n" in result.stdout
    assert f"  {folder / 'riverside' / 'project.yaml'}:6\n    tables[0].columns.birth_date\n" in result.stdout
    words = " ".join(result.stdout.split())
    assert "to_date() reads by a lenient format: what does not fit becomes another value without an error" in words
    assert "right: cast(... as date), or make_date() over the parts" in words


def test_lines_fit_into_80_columns_but_for_the_path(folder: Path) -> None:
    _write(folder, "riverside", "my_function(dob)")
    lines = [line for line in _run(folder).stdout.splitlines() if "project.yaml" not in line]
    assert len(lines) > 5
    assert max(map(len, lines)) <= 80


def test_markup_in_a_file_is_shown_and_not_obeyed(folder: Path) -> None:
    _write(folder, "riverside", "(a)[red] ^ 2")
    assert "[red]" in _run(folder).stdout


def test_one_project_alone_is_checked_when_named(folder: Path) -> None:
    _write(folder, "riverside", "now()")
    _write(folder, "lakeside")
    assert _run(folder, "lakeside").exit_code == 0
    assert _run(folder, "riverside").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "there is no project 'nowhere'. Right: lakeside, riverside"),
        (["riverside", "--source", "postgresql://h/d"], "Right: add --connect"),
        (["--connect", "--source", "postgresql://h/d"], "Right: name the project"),
    ],
)
def test_what_stops_the_command_is_one_sentence(folder: Path, arguments: list[str], says: str) -> None:
    _write(folder, "riverside")
    _write(folder, "lakeside")
    result = _run(folder, *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_a_connection_that_is_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(folder, "riverside")
    monkeypatch.delenv("AIRFLOW_CONN_RIVERSIDE_OLD", raising=False)
    result = _run(folder, "--connect")
    assert result.exit_code == 1
    assert "AIRFLOW_CONN_RIVERSIDE_OLD is not set" in " ".join(result.stderr.split())


def test_a_typed_url_that_is_none_is_refused_without_showing_it(folder: Path) -> None:
    _write(folder, "riverside")
    result = _run(folder, "--connect", "--source", "postgresql://amy:hunter2@db:port/sms")
    assert result.exit_code == 1
    assert "--source is not a URI" in result.stderr
    assert "hunter2" not in result.stderr


def test_no_project_at_all(folder: Path) -> None:
    result = _run(folder)
    assert result.exit_code == 1
    assert "no project in" in result.stderr


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgres://amy:s%40crt@db:5433/sms", "postgresql://amy:s%40crt@db:5433/sms"),
        ("postgresql://db/sms?sslmode=require", "postgresql://db/sms?sslmode=require"),
        ("postgres://db/sms?__extra__=%7B%22sslmode%22%3A+%22require%22%7D", "postgresql://db/sms?sslmode=require"),
        (
            json.dumps({"conn_type": "postgres", "host": "db", "login": "amy", "password": "s@crt", "port": 5433,
                        "schema": "sms", "extra": {"sslmode": "require", "cursor": "dictcursor"}}),
            "postgresql://amy:s%40crt@db:5433/sms?sslmode=require",
        ),
        (
            json.dumps({"conn_type": "postgresql", "host": "db", "port": "5433", "extra": '{"sslmode": "require"}'}),
            "postgresql://db:5433?sslmode=require",
        ),
    ],
)  # fmt: skip
def test_a_connection_of_airflow_becomes_a_url(monkeypatch: pytest.MonkeyPatch, text: str, url: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RIVERSIDE_OLD", text)
    assert from_environment("riverside_old") == url


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (None, "is not set"),
        ("", "is not set"),
        ("hunter2", "is not a URI"),
        ("postgresql://amy:hunter2@db:port/sms", "is not a URI"),
        ('{"host": "db", "password": "hunter2"}', "is not JSON of a connection"),
        ('{"conn_type": "postgres", "password": "hunter2"', "is not JSON of a connection"),
        ('{"conn_type": "postgres", "password": "hunter2", "extra": "x"}', "has an `extra` that is not a JSON object"),
    ],
)
def test_a_connection_that_is_none_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, text: str | None, what: str
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_RIVERSIDE_OLD", raising=False)
    if text is not None:
        monkeypatch.setenv("AIRFLOW_CONN_RIVERSIDE_OLD", text)
    with pytest.raises(Terminal) as refused:
        from_environment("riverside_old")
    assert f"variable AIRFLOW_CONN_RIVERSIDE_OLD {what}. Right: postgresql://" in refused.value.message
    assert '{"conn_type": "postgres"' in refused.value.message
    assert "hunter2" not in refused.value.message
