"""What is wrong with a suite's file is told with file, line and id, and nothing is dropped in silence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from golive.cli import app
from golive.errors import Fault, ProjectError
from golive.project import files
from golive.project.suites import load_suites
from golive.validation.suites import check_suites

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """\
project: harbour
source: {connection: old}
target: {connection: new}
people: {registrar: [ruth]}
tables:
  - target: child
    source: kid
    key: [child_id]
    columns: {child_id: kid_no, birth_date: "cast(dob as date)", full_name: "first || ' ' || last"}
    sensitive: [birth_date, email]
  - target: family
    source: "select f.no as family_id, g.phone || '' as phone from fam f join public.guardian g on g.no = f.no"
    sensitive: [phone]
"""
FLOOR = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
GIVEN = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "child_id"}}

Write = Callable[..., Path]


def item(name: str, what: dict[str, Any], **more: Any) -> dict[str, Any]:
    meta = {"id": name, "owner": "registrar", "says": f"{name} is right"} | more.pop("meta", {})
    return what | more | {"meta": meta}


def suite(*items: dict[str, Any], name: str = "child.target", **about: Any) -> dict[str, Any]:
    table, side = name.rsplit(".", 1)
    return {
        "name": name, "expectations": list(items),
        "meta": {"golive": {"side": side, "table": table} | about},
    }  # fmt: skip


RIGHT = suite(item("child_rows", FLOOR), item("child_given", GIVEN, severity="warning"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the suites of a project lie."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path / "projects")
    monkeypatch.setattr(files, "EXPECTATIONS", tmp_path / "expectations")
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "projects" / "harbour").mkdir(parents=True)
    (tmp_path / "projects" / "harbour" / "project.yaml").write_text(PROJECT)
    made = tmp_path / "expectations" / "harbour"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def write(folder: Path) -> Write:
    def write(data: Any, name: str | None = None) -> Path:
        file = folder / f"{name or data['name']}.json"
        file.write_text(data if isinstance(data, str) else json.dumps(data, indent=1))
        return file

    return write


def only(faults: list[Fault]) -> Fault:
    (fault,) = faults
    return fault


def refused() -> list[Fault]:
    with pytest.raises(ProjectError) as raised:
        load_suites("harbour")
    assert all(fault.path in str(raised.value) for fault in raised.value.faults)
    return list(raised.value.faults)


def test_a_suite_is_read_with_what_golive_wants_to_know(write: Write) -> None:
    late = item(
        "child_late", GIVEN | {"kwargs": {"column": "child_id", "mostly": 1e-1}}, meta={"passes": ["pre_final"]}
    )
    late["kwargs"]["row_condition"] = {"type": "nullity", "column": {"name": "born"}, "is_null": True}
    write(suite(item("child_rows", FLOOR), late))
    write(suite(item("kid_rows", FLOOR), name="kid.source", key=["kid_no"]))
    child, kid = load_suites("harbour")
    assert (child.name, child.side, child.table, child.key) == ("child.target", "target", "child", ("child_id",))
    assert [each.id for each in child.expectations] == ["child_rows", "child_late"]
    assert child.expectations[1].passes == ("pre_final",) and child.expectations[1].kwargs["mostly"] == 0.1
    assert child.expectations[1].columns == ("child_id", "born")
    assert (child.expectations[0].severity, child.expectations[0].owner) == ("critical", "registrar")
    assert (kid.key, kid.side) == (("kid_no",), "source")
    assert check_suites("harbour") == []


def test_a_project_without_suites_has_none(folder: Path) -> None:
    assert load_suites("harbour") == ()


def test_sensitive_columns_are_those_from_which_a_sensitive_one_is_made(write: Write) -> None:
    for name in ("child.target", "kid.source", "fam.source", "guardian.source"):
        write(suite(item(f"{name.split('.')[0]}_rows", FLOOR), name=name))
    found = {each.name: each for each in load_suites("harbour")}
    assert found["child.target"].sensitive == {"birth_date", "email"}
    assert found["kid.source"].sensitive == {"dob", "email"}
    assert found["guardian.source"].hides("PHONE") and not found["guardian.source"].hides("no")
    assert "phone" in found["fam.source"].sensitive


def test_what_is_sensitive_is_so_in_whatever_case_a_table_is_named(write: Write) -> None:
    for name in ("Child.target", "KID.source", "FAM.source", "Public.Guardian.source"):
        write(suite(item(f"{name.split('.')[-2].lower()}_rows", FLOOR), name=name))
    found = {each.name: each.sensitive for each in load_suites("harbour")}
    assert found["Child.target"] == {"birth_date", "email"} and found["KID.source"] == {"dob", "email"}
    assert "phone" in found["FAM.source"] and "phone" in found["Public.Guardian.source"]


@pytest.mark.parametrize(
    ("data", "key", "what"),
    [
        (RIGHT | {"expectations": []}, "expectations", "is empty"),
        (suite(item("a", FLOOR, severity="fatal")), "expectations[0] (a).severity", "'fatal'"),
        (suite(item("a", FLOOR), item("b", GIVEN, sevrity="info")), "expectations[1] (b).sevrity", "is not known"),
        (suite(item("a", FLOOR, meta={"id": None})), "expectations[0].meta.id", "is empty"),
        (suite(FLOOR | {"meta": {"owner": "registrar", "says": "x"}}), "expectations[0].meta.id", "is missing"),
        (suite(item("a", FLOOR, meta={"passes": ["final"]})), "expectations[0] (a).meta.passes[0]", "'final'"),
        (suite(item("a", FLOOR, meta={"owner": "rgistrar"})), "expectations[0] (a).meta.owner", "nobody can hold"),
        (suite(item("a", FLOOR, id="6c1e")), "expectations[0] (a).id", "'6c1e'"),
        (suite(item("a", FLOOR), name="chld.target"), "meta.golive.table", "'chld' is no target"),
        (suite(item("a", FLOOR), name="child.source"), "meta.golive.table", "'child' is no source"),
        (suite(item("a", FLOOR), side="middle"), "meta.golive.side", "'middle'"),
        (RIGHT | {"name": "child.source"}, "name", "the suite is about a table of the target"),
        (RIGHT | {"name": "child"}, "name", "the suite is about a table of the target"),
        (suite(item("a", GIVEN)), "expectations", "has no floor of rows in initial, mid_cycle, pre_final"),
        (suite(item("a", FLOOR | {"kwargs": {"min_value": 0}})), "expectations", "has no floor of rows"),
        (
            suite(item("a", FLOOR, meta={"passes": ["initial"]}), item("b", GIVEN)),
            "expectations",
            "in mid_cycle, pre_final",
        ),
        (suite(item("a", FLOOR), may_be_empty="new"), "meta.golive.may_be_empty", "says that the table may be empty"),
        (suite(item("a", FLOOR), item("a", GIVEN)), "expectations[1] (a).meta.id", "stands twice"),
        (
            suite(item("a", FLOOR), item("b", GIVEN | {"kwargs": {"column": "x", "row_condition": 'col("x") > 1'}})),
            "expectations[1] (b).kwargs.row_condition",
            "is text",
        ),
    ],
)
def test_the_frame_of_a_file_is_strict(write: Write, data: dict[str, Any], key: str, what: str) -> None:
    file = write(data)
    fault = only(refused())
    assert (fault.path, fault.key) == (str(file), key)
    assert what in fault.what and fault.right
    assert fault.line is not None and 1 <= fault.line <= len(file.read_text().splitlines())


def test_a_fault_has_the_line_of_its_key(write: Write) -> None:
    file = write(suite(item("a", FLOOR), item("b", GIVEN, severity="bad")))
    assert '"severity": "bad"' in file.read_text().splitlines()[(only(refused()).line or 0) - 1]


def test_the_reason_why_a_table_may_be_empty_stands_for_its_floor(write: Write) -> None:
    write(suite(item("a", GIVEN), may_be_empty="it is filled in the autumn"))
    assert load_suites("harbour")[0].may_be_empty == "it is filled in the autumn"


def test_what_is_not_json_is_told_with_its_line(write: Write) -> None:
    write('{\n "name": "child.target",\n "expectations": [}', "child.target")
    assert (only(refused()).line, only(refused()).key) == (3, "file")
    write('{"name": "child.target", "name": "child.target", "expectations": [], "meta": {}}', "child.target")
    assert "stands twice" in " ".join(fault.what for fault in refused())


def test_the_name_is_the_files(write: Write) -> None:
    write(RIGHT, "kid.target")
    assert only(refused()).key == "name"


def test_an_id_and_a_table_belong_to_one_suite(write: Write) -> None:
    write(RIGHT)
    write(suite(item("child_given", FLOOR), name="family.target"))
    fault = only(refused())
    assert fault.path.endswith("family.target.json") and "first in child.target.json" in fault.what
    write(suite(item("kid_rows", FLOOR), name="family.target"))
    write(suite(item("more_rows", FLOOR), name="public.child.target"))
    assert "child.target.json is about" in only(refused()).what


@pytest.mark.parametrize(
    ("what", "key", "says"),
    [
        ({"type": "expect_column_values_to_not_be_nul", "kwargs": {"column": "a"}}, "type", "is not one that Golive"),
        ({"type": "expect_column_values_to_be_increasing", "kwargs": {"column": "a"}}, "type", "is not one"),
        (GIVEN | {"kwargs": {"colunm": "a"}}, "kwargs.column", "field required"),
        (GIVEN | {"kwargs": {"column": "a", "nose": 1}}, "kwargs.nose", "extra fields not permitted"),
        (GIVEN | {"kwargs": {"column": "a", "mostly": 2}}, "kwargs.mostly", ""),
        (GIVEN | {"kwargs": {"column": "a", "mostly": 0}}, "kwargs.mostly", "every table holds"),
        (GIVEN | {"kwargs": {"column": "a", "result_format": "COMPLETE"}}, "kwargs.result_format", "how it is run"),
        (GIVEN | {"kwargs": {"column": {"$PARAMETER": "x"}}}, "kwargs", "has a $PARAMETER"),
        (
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "a"}},
            "kwargs",
            "neither min_value nor max_value",
        ),
        ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a"}}, "kwargs", "has no value_set"),
        (
            {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": []}},
            "kwargs.value_set",
            "is empty",
        ),
        (
            {"type": "expect_column_values_to_not_be_in_set", "kwargs": {"column": "a", "value_set": ["x", None]}},
            "kwargs.value_set",
            "has a null",
        ),
        ({"type": "unexpected_rows_expectation", "kwargs": {}}, "kwargs.unexpected_rows_query", "is no query"),
        (
            {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "select 1 from child"}},
            "kwargs.unexpected_rows_query",
            "does not name {batch}",
        ),
        (
            {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "select '{' from {batch}"}},
            "kwargs.unexpected_rows_query",
            "a brace too many",
        ),
    ],
)
def test_great_expectations_itself_is_asked(write: Write, what: dict[str, Any], key: str, says: str) -> None:
    file = write(suite(item("child_rows", FLOOR), item("odd", what)))
    load_suites("harbour")  # the frame is right
    fault = check_suites("harbour")[0]
    assert (fault.path, fault.key) == (str(file), f"expectations[1] (odd).{key}")
    assert says in fault.what and fault.right and fault.line


def golive(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_command_tells_every_fault_as_golive_check_does(write: Write) -> None:
    write(RIGHT)
    right = golive("expectations", "check", "harbour")
    assert (right.exit_code, right.stdout) == (0, "harbour: right, 1 suite of 2 expectations\n")
    file = write(suite(item("child_rows", FLOOR), item("odd", GIVEN | {"type": "expect_nothing"})))
    wrong = golive("expectations", "check")
    assert wrong.exit_code == 1
    assert "harbour: 1 fault\n" in wrong.stdout and f"  {file}:" in wrong.stdout
    assert "expectations[1] (odd).type" in wrong.stdout and "right: one of " in wrong.stdout
    assert "there is no project 'nowhere'" in golive("expectations", "check", "nowhere").output


def test_golive_check_looks_at_the_frame(write: Write, folder: Path) -> None:
    write(RIGHT)
    assert golive("check", "harbour").exit_code == 0
    write(suite(item("child_rows", GIVEN)))
    wrong = golive("check", "harbour")
    assert wrong.exit_code == 1 and "has no floor of rows" in " ".join(wrong.stdout.split())
    away = ("--folder", str(files.PROJECTS))
    assert golive("check", "harbour", *away).exit_code == 0  # another folder's projects have suites of their own
    assert golive("check", "harbour", *away, "--expectations", str(folder.parent)).exit_code == 1
    assert "Right: their --expectations too" in golive("expectations", "check", *away).output


def test_the_example_of_the_documents_is_right(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "expectations.md").read_text()
    blocks = re.findall(r"(?:^ {4}.*\n)+", page, re.MULTILINE)
    example = next(json.loads(block) for block in blocks if block.lstrip().startswith('{\n      "name"'))
    query = next(block for block in blocks if "unexpected_rows_query" in block)
    more = json.loads(query) | {"meta": {"id": "more", "owner": "registrar", "says": "x"}}
    example["expectations"].append(more)
    (tmp_path / "riverside").mkdir()
    (tmp_path / "riverside" / f"{example['name']}.json").write_text(json.dumps(example))
    assert check_suites("riverside", tmp_path) == []
    assert len(load_suites("riverside", tmp_path)[0].expectations) == 3


def test_great_expectations_is_imported_where_it_is_asked_and_nowhere_else() -> None:
    script = (
        "import sys, golive.cli, golive.validation, golive.validation.draft, golive.validation.expectations;"
        "from golive.project.suites import load_suites; load_suites('riverside');"
        "sys.exit(' '.join({'great_expectations', 'pandas'} & sys.modules.keys()) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
