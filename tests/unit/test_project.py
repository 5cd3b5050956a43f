"""The project file: what is read, and every fault with its line, its key and what would be right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from golive.databases.static import check_file
from golive.errors import Fault, ProjectError
from golive.project import load, names
from golive.project.files import line_of, loaded

HEAD = """\
project: riverside
source: {connection: riverside_sms}
target: {connection: riverside_sis}
"""
RIGHT = (
    HEAD
    + """\
older_data:
  schedule: "0 2 * * *"
  window: "01:00-05:00"
tables:
  - target: school
  - target: student
    source: stu_master
    key: [student_id]
    cursor: updated_at
    columns:
      student_id: stu_id
      full_name: "trim(first_nm) || ' ' || trim(last_nm)"
      birth_date: cast(dob as date)
    without: [photo]
    where: status <> 'X'
    owns: origin = 'sms'
    sensitive: [birth_date]
    older_than: enrolled_on < date '2025-07-01'
  - target: enrolment
    source: >
      select e.id, s.code from enr e
      join sch s using (sch_id)
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _write(folder: Path, text: str | bytes, name: str = "riverside") -> Path:
    path = folder / name / "project.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _only(folder: Path, text: str | bytes) -> Fault:
    """The single fault of this file; its message tells path and key too."""
    path = _write(folder, text)
    (fault,) = check_file("riverside", folder)
    assert fault.path == str(path)
    assert fault.right
    return fault


def test_a_right_file_is_read_whole(folder: Path) -> None:
    path = _write(folder, RIGHT)
    project = load("riverside", folder)
    student = project.table("student")
    assert [spec.target for spec in project.tables] == ["school", "student", "enrolment"]
    assert (student.source_text, student.key, student.without) == ("stu_master", ("student_id",), ("photo",))
    assert student.columns["full_name"] == "trim(first_nm) || ' ' || trim(last_nm)"
    assert (project.table("school").source_text, project.table("school").is_query) == ("school", False)
    assert project.table("enrolment").is_query
    assert project.older_data.max_minutes == 120
    assert check_file("riverside", folder) == []
    assert len(loaded("riverside", folder)[1]) == 64
    path.write_text(RIGHT + "# a word more\n")
    before = loaded("riverside", folder)[1]
    path.write_text(RIGHT)
    assert loaded("riverside", folder)[1] != before


def test_names_are_those_with_a_file_right_or_wrong(folder: Path) -> None:
    _write(folder, RIGHT)
    _write(folder, "nonsense", "another")
    (folder / "empty").mkdir()
    assert names(folder) == ["another", "riverside"]


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "what"),
    [
        ("cursor: updated_at", "cusror: updated_at", 12, "tables[1].cusror", "is not known"),
        ("  - target: school", "  - source: school", 8, "tables[0].target", "is missing"),
        ("key: [student_id]", "key: student_id", 11, "tables[1].key", "is 'student_id'"),
        ("key: [student_id]", "key: [a, b, a]", 11, "tables[1].key", "names a column twice: a"),
        ("key: [student_id]", "key: [a]\n    key: [b]", 12, "key", "stands twice, first in line 11"),
        ("project: riverside", "project: golive", 1, "project", "is 'golive'"),
        ("project: riverside", "project: River-Side", 1, "project", "is 'River-Side'"),
        ("project: riverside", "project: lakeside", 1, "project", "says 'lakeside'"),
        ("{connection: riverside_sis}", "{connection: riverside_sms}", 3, "target", "the same connection"),
        ("{connection: riverside_sis}", "{connection: 'postgresql://u:p@h/d'}", 3, "target.connection", "is 'postgres"),
        ("{connection: riverside_sis}", "riverside_sis", 3, "target", "is 'riverside_sis'"),
        ('window: "01:00-05:00"', 'window: "1-5"', 6, "older_data.window", "is '1-5'"),
        ('window: "01:00-05:00"', 'window: "01:00-25:00"', 6, "older_data.window", "is '01:00-25:00'"),
        ('window: "01:00-05:00"', 'window: "03:00-03:00"', 6, "older_data.window", "is '03:00-03:00'"),
        ('window: "01:00-05:00"', "max_minutes: 0", 6, "older_data.max_minutes", "is 0"),
        ('window: "01:00-05:00"', "max_minutes: soon", 6, "older_data.max_minutes", "is 'soon'"),
        ('window: "01:00-05:00"', "timezone: Mars/Olympus", 6, "older_data.timezone", "is 'Mars/Olympus'"),
        ('window: "01:00-05:00"', "until: opening", 6, "older_data.until", "is 'opening'"),
        ("source: {conn", "timezone: ../etc\nsource: {conn", 2, "timezone", "is '../etc'"),
        ("    source: stu_master", "    source: a.b.c", 10, "tables[1].source", "names no table"),
        ("    source: stu_master", "    source: delete from stu", 10, "tables[1].source", "names no table"),
        ("  - target: school", "  - target: a.b.c", 8, "tables[0].target", "is 'a.b.c'"),
        ("cast(dob as date)", "", 16, "tables[1].columns.birth_date", "is empty"),
    ],
)
def test_a_fault_has_its_line_and_key(folder: Path, old: str, new: str, line: int, key: str, what: str) -> None:
    assert RIGHT.count(old) == 1
    fault = _only(folder, RIGHT.replace(old, new))
    assert (fault.line, fault.key) == (line, key)
    assert what in fault.what


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "is not a mapping"),
        ("- a\n- b\n", 1, "is not a mapping"),
        ("project: riverside\n  source: [\n", 2, "is not YAML"),
        (HEAD + "tables: [{target: a}]\n--- \nproject: b\n", 5, "is not YAML"),
        (HEAD + "title: 2025-13-45\n", None, "holds a date that is none"),
        (HEAD + "title: !!python/name:os.system\n", 4, "is not YAML"),
        (HEAD.encode() + b"title: caf\xe9\n", None, "is not UTF-8"),
    ],
)
def test_what_is_no_project_file_at_all(folder: Path, text: str | bytes, line: int | None, what: str) -> None:
    fault = _only(folder, text)
    assert fault.line == line
    assert what in fault.what


def test_a_file_that_is_not_there(folder: Path) -> None:
    (fault,) = check_file("riverside", folder)
    assert fault.line is None
    assert "No such file" in fault.what


def test_every_fault_is_told_not_only_the_first(folder: Path) -> None:
    _write(folder, HEAD + "ownr: x\ntables:\n  - target: a\n    kye: [b]\n  - key: [c]\n")
    with pytest.raises(ProjectError) as refused:
        load("riverside", folder)
    assert {(fault.line, fault.key) for fault in refused.value.faults} == {
        (4, "ownr"), (7, "tables[0].kye"), (8, "tables[1].target"),
    }  # fmt: skip
    assert "project.yaml:7: tables[0].kye: is not known. Right: one of target, source, key, " in str(refused.value)
    assert "project.yaml:4: ownr: is not known. Right: one of project, title, " in str(refused.value)


def test_two_entries_with_one_target_need_owns(folder: Path) -> None:
    def text(first: str, second: str) -> str:
        return (
            HEAD
            + f"tables:\n  - target: person\n    source: a{first}\n  - target: person\n    source: b{second}\n"
        )

    fault = _only(folder, text("", ""))
    assert (fault.line, fault.key) == (4, "tables")
    assert "'person'" in fault.what
    assert "owns" in fault.right
    _only(folder, text("\n    owns: kind = 'a'", ""))
    _write(folder, text("\n    owns: kind = 'a'", "\n    owns: kind = 'b'"))
    assert check_file("riverside", folder) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "what"),
    [
        ("cast(dob as date)", "to_date(dob, 'MM/DD/YYYY')", 16, "tables[1].columns.birth_date", "to_date()"),
        ("cast(dob as date)", ">\n        trim(dob\n        + 1", 16, "tables[1].columns.birth_date", "its partner"),
        ("cursor: updated_at", "cursor: max(updated_at)", 12, "tables[1].cursor", "an aggregate"),
        ("where: status <> 'X'", "where: seen > now()", 18, "tables[1].where", "another value at every run"),
        ("owns: origin = 'sms'", "owns: id in (select 1)", 19, "tables[1].owns", "a query"),
        ("date '2025-07-01'", "'today'", 21, "tables[1].older_than", "can be read as a moment"),
        ("join sch s using (sch_id)", "limit 10", 23, "tables[2].source", "cuts rows"),
        ("without: [photo]", "without: [photo, full_name]", 17, "tables[1].without[1]", "under `columns` too"),
        ("key: [student_id]", "key: [student_id, photo]", 11, "tables[1].key[1]", "under `without`"),
        ("sensitive: [birth_date]", "sensitive:\n    - photo", 21, "tables[1].sensitive[0]", "under `without`"),
        ('schedule: "0 2 * * *"', 'schedule: "@daily"', 5, "older_data.schedule", "has not five fields"),
        ('schedule: "0 2 * * *"', 'schedule: "0 0 2 * * *"', 5, "older_data.schedule", "has not five fields"),
        ('schedule: "0 2 * * *"', 'schedule: "0 25 * * *"', 5, "older_data.schedule", "is not a cron expression"),
        ('schedule: "0 2 * * *"', 'schedule: "0 5 * * *"', 5, "older_data.schedule", "never starts within"),
        ('window: "01:00-05:00"', 'window: "22:00-02:00"', 5, "older_data.schedule", "never starts within"),
    ],
)
def test_check_sees_what_reading_does_not(folder: Path, old: str, new: str, line: int, key: str, what: str) -> None:
    assert RIGHT.count(old) == 1
    fault = _only(folder, RIGHT.replace(old, new))
    assert (fault.line, fault.key) == (line, key)
    assert what in fault.what


@pytest.mark.parametrize(
    ("schedule", "window"),
    [
        ("0 1 * * *", "01:00-05:00"),
        ("*/30 * * * *", "04:45-05:15"),
        ("0 1 * * 1-5", "22:00-02:00"),
        ("0 9 * * *", None),
    ],
)
def test_a_schedule_that_starts_within_the_window(folder: Path, schedule: str, window: str | None) -> None:
    clock = f'older_data: {{schedule: "{schedule}"' + (f', window: "{window}"}}' if window else "}")
    _write(folder, HEAD + clock + "\ntables: [{target: a}]\n")
    assert check_file("riverside", folder) == []


def test_faults_come_in_the_order_of_the_file(folder: Path) -> None:
    text = RIGHT.replace("updated_at", "now()").replace("0 2 * * *", "x").replace("cast(dob as date)", "f(g(dob))")
    _write(folder, text)
    assert [fault.line for fault in check_file("riverside", folder)] == [5, 12, 16, 16]


def test_line_of_a_place_and_of_one_that_is_not_there(folder: Path) -> None:
    _write(folder, RIGHT)
    assert line_of("riverside", ("tables", 1, "columns", "birth_date"), folder) == 16
    assert line_of("riverside", ("tables", 1, "columns", "nickname"), folder) == 13
    assert line_of("riverside", ("tables", 7), folder) == 7
    assert line_of("riverside", (), folder) == 1


def test_reading_a_project_imports_no_sql_parser_and_no_database() -> None:
    heavy = {"sqlglot", "sqlalchemy", "psycopg", "croniter"}
    code = f"import sys, golive.project; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
