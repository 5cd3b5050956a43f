"""Two project files and one database: what they both write to is refused before a row moves, unless it is parted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.moving import Move, execute
from typer.testing import CliRunner

from golive import plan as planning
from golive.cli import app
from golive.errors import PlanError
from golive.plan import check_live
from golive.project import Project

TABLE = "create table t (id int primary key, name text, origin text not null default 'a')"
ENTRY: dict[str, Any] = {"target": "t", "columns": {"origin": "'a'"}, "owns": "origin = 'a'"}
FILE = """\
project: {name}
source: {{connection: {name}_old}}
target: {{connection: {name}_new}}
tables: [{{target: t, columns: {{origin: "'{name}'"}}{owns}}}]
"""


@pytest.fixture
def begun(pair: tuple[str, str]) -> Move:
    """A project that has filled its table, and owns a part of it."""
    for url in pair:
        execute(url, TABLE)
    execute(pair[0], "insert into t select n, 'name ' || n from generate_series(1, 9) n")
    move = Move(pair, [ENTRY])
    move.run()
    return move


def another(move: Move, **entry: Any) -> Project:
    """A second project between the same databases."""
    ends = {"source": {"connection": "old"}, "target": {"connection": "new"}}
    return Project.model_validate({"project": "second", "tables": [ENTRY | entry], **ends})


@pytest.mark.parametrize("owns", [None, "origin = 'a'", "origin  =\n 'a'"])
def test_a_table_that_another_project_fills_is_refused(begun: Move, owns: str | None) -> None:
    second = another(begun, owns=owns)
    with pytest.raises(PlanError) as refused:
        planning.build(second, begun.source, begun.target)
    assert "the project moved writes to 'public.t' of the same database" in refused.value.message


def test_one_that_owns_other_rows_or_another_table_is_not(begun: Move) -> None:
    planning.build(another(begun, owns="origin = 'b'"), begun.source, begun.target)
    execute(begun.urls[1], TABLE.replace("table t", "table u"))
    execute(begun.urls[0], TABLE.replace("table t", "table u"))
    planning.build(another(begun, target="u", owns=None), begun.source, begun.target)


def test_the_project_itself_is_no_neighbour(begun: Move) -> None:
    assert begun.plan().tables[0].name == "public.t"
    begun.run()


def test_a_neighbour_without_bounds_of_its_own_leaves_room_for_nobody(pair: tuple[str, str]) -> None:
    for url in pair:
        execute(url, TABLE)
    move = Move(pair, [{"target": "t"}])
    move.run()
    found = check_live(another(move, owns="origin = 'b'"), move.source, move.target, folder=Path("/none"))
    assert ["neither leaves the other's rows alone" in fault.what for fault in found] == [True]


@pytest.fixture
def check(pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`golive check` of two projects, north and south, of which both targets are one database; gives what it says."""
    for url in pair:
        execute(url, TABLE)
    for name in ("north", "south"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}_OLD", pair[0])
        # Two ways to say one server: who compares URLs sees two.
        monkeypatch.setenv(
            f"AIRFLOW_CONN_{name.upper()}_NEW",
            pair[1] + ("&" if "?" in pair[1] else "?") + f"application_name={name}",
        )

    def run(*options: str, north: str = "", south: str = "", one: bool = False) -> str:
        for name, owns in (("north", north), ("south", south)):
            text = FILE.format(name=name, owns=f', owns: "{owns}"' if owns else "")
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "project.yaml").write_text(text.replace("south_new", "north_new") if one else text)
        result = CliRunner().invoke(app, ["check", *options, "--folder", str(tmp_path)])
        assert result.exit_code == (1 if "fault" in result.stdout else 0), result.stdout
        return " ".join(result.stdout.split())

    return run


def test_two_files_with_one_connection_are_told_without_a_database(check: Callable[..., str]) -> None:
    said = check(one=True)
    assert "north: 1 fault " in said and "south: 1 fault " in said
    assert "project.yaml:4 tables[0].target the project south writes to 't' of the same database" in said
    assert "right: `owns` in both entries, and the two disjoint; or a database of its own" in said
    assert "south: 1 fault" not in check("north", one=True)
    assert "fault" not in check(one=True, north="origin = 'n'", south="origin = 's'")
    assert "fault" in check(one=True, north="origin = 'n'", south="origin = 'n'")
    assert "fault" in check(one=True, north="origin = 'n'")


def test_two_connections_to_one_database_are_told_by_asking_it(
    check: Callable[..., str], new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "fault" not in check()
    said = check("--connect")
    assert "north: 1 fault " in said and "the project south writes to 't' of the same database" in said
    assert "fault" not in check("--connect", north="origin = 'n'", south="origin = 's'")
    other = new_database("other")
    execute(other, TABLE)
    monkeypatch.setenv("AIRFLOW_CONN_SOUTH_NEW", other)
    assert "fault" not in check("--connect")
    monkeypatch.delenv("AIRFLOW_CONN_SOUTH_NEW")
    assert "fault" not in check("north", "--connect")
