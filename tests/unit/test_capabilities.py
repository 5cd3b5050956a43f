"""docs/capabilities.md says what is so: every id once, and every DAG, task, kind and test that it names exists."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SHARED

from golive.ledger import Kind

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
SOURCE = SHARED / "capabilities.md"
IDS = [f"{part}{number}" for part, last in (("S", 39), ("E", 38), ("D", 19)) for number in range(1, last + 1)]
STATE = re.compile(r"done|in part: \S.+|open(: \S.+)?")
NONE = "–"


@dataclass(frozen=True)
class Row:
    """A line of the page: DAGs with tasks, kinds and tests as they are named between backticks."""

    id: str
    what: str
    tasks: tuple[str, ...]
    kinds: tuple[str, ...]
    tests: tuple[str, ...]
    state: str

    def __str__(self) -> str:
        return self.id


def cells(text: str) -> list[list[str]]:
    """The cells of every line of a table that begins with an id."""
    lines = (line for line in text.splitlines() if re.match(r"\| [SED]\d+\*? \|", line))
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def named(cell: str) -> tuple[str, ...]:
    """What a cell names; it holds nothing else, or a dash."""
    found = tuple(re.findall(r"`([^`]+)`", cell))
    assert cell == (", ".join(f"`{each}`" for each in found) or NONE), cell
    return found


def rows(text: str) -> list[Row]:
    return [
        Row(name, what, named(tasks), named(kinds), named(tests), state)
        for name, what, tasks, kinds, tests, state in cells(text)
    ]


ROWS = rows(PAGE.read_text())


@pytest.fixture(scope="module")
def tasks(airflow_home: Path) -> dict[str, set[str]]:
    """The tasks of every DAG of the projects that ship, by the DAG's name without its project."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    found: dict[str, set[str]] = {}
    for dag_id, dag in bag.dags.items():
        found.setdefault(dag_id.partition(".")[2], set()).update(dag.task_ids)
    return found


def exists(name: str, tasks: dict[str, set[str]]) -> bool:
    """Whether `<dag>.<task>` is there; `<...>` in a task's name stands for anything."""
    dag, _, task = name.partition(".")
    pattern = "".join(".+" if part.startswith("<") else re.escape(part) for part in re.split(r"(<[^>]+>)", task))
    return any(re.fullmatch(pattern, each) for each in tasks.get(dag, ()))


def is_slow(node: ast.AST) -> bool:
    """Whether a mark of pytest's among these nodes is the one that `make test` leaves out."""
    return any(
        isinstance(each, ast.Attribute) and each.attr == "slow" and ast.unparse(each) == "pytest.mark.slow"
        for each in ast.walk(node)
    )


def marks_of_module(tree: ast.Module) -> list[Any]:
    return [
        each.value
        for each in tree.body
        if isinstance(each, ast.Assign) and any(ast.unparse(target) == "pytestmark" for target in each.targets)
    ]


@cache
def collected(path: Path) -> frozenset[str]:
    """The tests of a file that `make test` runs, read and not imported; one with a slow case among others is run."""
    if not path.is_file() or not path.name.startswith("test_"):
        return frozenset()
    tree = ast.parse(path.read_text())
    if any(is_slow(mark) for mark in marks_of_module(tree)):
        return frozenset()
    return frozenset(
        each.name
        for each in tree.body
        if isinstance(each, ast.FunctionDef)
        and each.name.startswith("test_")
        and not any(is_slow(mark) for mark in each.decorator_list if not _of_cases(mark))
    )


def _of_cases(mark: ast.AST) -> bool:
    return ast.unparse(mark).startswith("pytest.mark.parametrize")


def test_every_id_stands_there_once_and_in_order() -> None:
    assert len(IDS) == 96
    assert [row.id for row in ROWS] == IDS


def test_the_ids_are_those_that_were_asked_for() -> None:
    if not SOURCE.is_file():
        pytest.skip(f"{SOURCE.name}, the list that was asked for, is not beside this checkout")
    assert [line[0].rstrip("*") for line in cells(SOURCE.read_text())] == IDS


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_is_whole(row: Row) -> None:
    assert row.what
    assert STATE.fullmatch(row.state), row.state
    assert set(row.kinds) <= set(Kind)
    if row.state.startswith("open"):
        assert not (row.tasks or row.kinds or row.tests), "nothing is there, and something is named"
    else:
        assert row.tasks or row.state != "done", "done, and by no task"
    if not row.tests:
        assert row.state != "done", "done, and no test shows it"


@pytest.mark.parametrize("row", [row for row in ROWS if row.tests], ids=str)
def test_its_tests_are_run(row: Row) -> None:
    for test in row.tests:
        path, _, name = test.partition("::")
        assert path.startswith("tests/") and name in collected(ROOT / path), test


def test_its_dags_and_tasks_are_in_the_bag(tasks: dict[str, set[str]]) -> None:
    missing = [f"{row}: {name}" for row in ROWS for name in row.tasks if not exists(name, tasks)]
    assert missing == []


def test_a_name_that_is_not_there_is_seen(tasks: dict[str, set[str]]) -> None:
    assert exists("config_copy.confirm_<area>", tasks)
    assert not exists("config_copy.confirm", tasks)
    assert not exists("onboard.check_teams", tasks)
    assert not exists("no_stage.close_stage", tasks)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("def test_it() -> None: ...", True),
        ("@pytest.mark.slow\ndef test_it() -> None: ...", False),
        ("pytestmark = [pytest.mark.airflow, pytest.mark.slow]\ndef test_it() -> None: ...", False),
        ("@pytest.mark.parametrize('n', [1, pytest.param(2, marks=pytest.mark.slow)])\ndef test_it(n): ...", True),
        ("def test_another() -> None: ...", False),
        ("def make():\n    def test_it() -> None: ...", False),
    ],
)
def test_what_is_run_is_told_from_what_is_not(tmp_path: Path, text: str, runs: bool) -> None:
    file = tmp_path / "test_file.py"
    file.write_text(text)
    assert ("test_it" in collected(file)) is runs


def test_a_file_that_is_not_there_runs_nothing(tmp_path: Path) -> None:
    assert collected(tmp_path / "test_file.py") == frozenset()


def test_a_cell_with_more_than_names_is_refused() -> None:
    row = "| S1 | what | `a.b`, c | – | – | open |"
    with pytest.raises(AssertionError):
        rows(row)
