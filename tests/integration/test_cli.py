"""The commands that people type around a go-live, against real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from golive.cli import app
from golive.databases import connect
from golive.ledger import Ledger
from golive.plan import build
from golive.project import files, load
from golive.transfer import Mode, open_increments, settle, work

PROJECT = """
project: small
source: {connection: small_old}
target: {connection: small_new}
tables:
  - target: person
    columns: {name: "upper(name)"}
"""


@pytest.fixture
def golive(
    pair: tuple[str, str], new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Runs a command over a project of one table, its connections in the environment."""
    ledger = new_database("ledger")
    for url, rows in zip(pair, ("(1, 'ada'), (2, 'grace')", ""), strict=True):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table person (id int primary key, name text)")
            if rows:
                connection.execute(f"insert into person values {rows}")
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "project.yaml").write_text(PROJECT)
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    for name, url in {"SMALL_OLD": pair[0], "SMALL_NEW": pair[1], "GOLIVE_LEDGER": ledger}.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", url)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    assert run("ledger", "migrate").exit_code == 0
    yield run


def test_freeze_says_what_it_did_and_unfreeze_undoes_it(golive: Callable[..., Result], pair: tuple[str, str]) -> None:
    frozen = golive("freeze", "small")
    assert frozen.exit_code == 0, frozen.output
    assert "1 table refuses every write" in frozen.output and "not covered: " in frozen.output
    with psycopg.connect(pair[0]) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("insert into person values (3, 'late')")
    assert "Frozen for small" in golive("freeze", "small", "--status").output
    assert golive("unfreeze", "small").exit_code == 0
    assert "Not frozen: writes pass." in golive("freeze", "small", "--status").output
    said = golive("ledger", "entries", "small").output
    assert " freeze by " in said and " unfreeze by " in said
    with psycopg.connect(pair[0]) as connection:
        connection.execute("insert into person values (3, 'on time')")


def test_unfreeze_after_opening_has_to_be_meant(
    golive: Callable[..., Result], new_database: Callable[..., str]
) -> None:
    golive("freeze", "small")
    with Ledger(_ledger()) as book:
        book.append(project="small", kind="opening", actor="test", payload={"step": "project team"})
    refused = golive("unfreeze", "small")
    assert refused.exit_code == 1 and "--after-opening" in refused.output
    assert golive("unfreeze", "small", "--after-opening").exit_code == 0


def test_the_ledger_proves_itself_and_names_the_entry_that_was_changed(golive: Callable[..., Result]) -> None:
    golive("freeze", "small")
    holds = golive("ledger", "verify")
    assert holds.exit_code == 0 and "The chain holds: 1 entries." in holds.output
    head = holds.output.split("Head, to be kept elsewhere: ")[1].strip()
    assert golive("ledger", "verify", "--head", head).exit_code == 0
    with psycopg.connect(_ledger(), autocommit=True) as connection:
        connection.execute("alter table ledger.entry disable trigger all")
        connection.execute("update ledger.entry set actor = 'somebody else'")
    broken = golive("ledger", "verify")
    assert broken.exit_code == 1 and "entry 1" in broken.output


def test_what_people_wrote_is_printed_as_they_wrote_it(golive: Callable[..., Result]) -> None:
    """Square brackets are Rich's markup, and an escape code would be the terminal's."""
    said = "[red]the auditors[/green] agreed\x1b[2J"
    answer = {"question": "sign_off/lead", "role": "lead", "verdict": "rejected", "comment": said, "reason": ""}
    with Ledger(_ledger()) as book:
        for kind, payload in (("stage", {"state": "opened", "reason": ""}), ("approval", answer)):
            book.append(
                project="small", stage="discover", run="small.discover/x", kind=kind, actor="eve[/]", payload=payload
            )
    for words in (("status", "small"), ("ledger", "entries", "small")):
        printed = golive(*words)
        assert printed.exit_code == 0 and "\x1b" not in printed.output, printed.output
        assert "eve[/]" in printed.output
    assert "[red]the auditors[/green]" in " ".join(golive("status", "small").output.split())
    frozen = golive("freeze", "small", "--by", "[/]").output
    assert "is read-only since" in frozen and "by [/]:" in golive("freeze", "small", "--status").output


def test_a_broken_project_file_hides_no_other_project(golive: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "project.yaml").write_text("project: [")
    told = golive("status")
    assert told.exit_code == 1
    assert told.output.startswith("broken: ") and "final migration" in told.output


def test_accept_takes_a_changed_mapping(golive: Callable[..., Result], pair: tuple[str, str], tmp_path: Path) -> None:
    _move()
    file = tmp_path / "small" / "project.yaml"
    file.write_text(PROJECT.replace("upper(name)", "lower(name)"))
    with pytest.raises(Exception, match=r"golive accept small public\.person"):
        _move()
    assert "has no table" in golive("accept", "small", "elsewhere").output
    taken = golive("accept", "small", "public.person")
    assert taken.exit_code == 0, taken.output
    _move(Mode.SWEEP)
    with psycopg.connect(pair[1]) as connection:
        assert connection.execute("select name from person order by id").fetchall() == [("ada",), ("grace",)]


def test_check_looks_at_both_live_schemas(golive: Callable[..., Result], pair: tuple[str, str], tmp_path: Path) -> None:
    right = golive("check", "small", "--connect", "--folder", str(tmp_path))
    assert right.exit_code == 0, right.output
    assert "right, 1 table" in right.output
    file = tmp_path / "small" / "project.yaml"
    file.write_text(PROJECT.replace("upper(name)", "upper(nickname)"))
    assert golive("check", "small", "--folder", str(tmp_path)).exit_code == 0
    wrong = golive("check", "small", "--connect", "--folder", str(tmp_path))
    assert wrong.exit_code == 1
    assert "project.yaml:7" in wrong.output and "tables[0].columns.name" in wrong.output
    assert 'column "nickname" does not exist' in wrong.output
    with psycopg.connect(pair[1]) as connection:
        connection.execute("alter table person add column born date not null default current_date")
        connection.execute("alter table person alter column born drop default")
    file.write_text(PROJECT)
    missing = golive("check", "small", "--connect", "--folder", str(tmp_path))
    assert missing.exit_code == 1 and "public.person.born" in missing.output


def _move(mode: Mode = Mode.OLDER) -> None:
    import os

    source, target = (connect(os.environ[f"AIRFLOW_CONN_SMALL_{side}"], name=side) for side in ("OLD", "NEW"))
    plan = build(load("small"), source, target)
    open_increments(plan, source, target, mode=mode, run=mode.value)
    work(plan, source, target, lane=1, run=mode.value, guard=lambda: None)
    assert all(table.finished for table in settle(plan, source, target, run=mode.value, guard=lambda: None))


def _ledger() -> str:
    import os

    return os.environ["AIRFLOW_CONN_GOLIVE_LEDGER"]
