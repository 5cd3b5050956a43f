"""The schedule of all projects: what its file says, what it says by default, and every fault with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from golive.cli import app
from golive.errors import ProjectError
from golive.project.going_live import Blackout
from golive.project.schedule import Schedule, load_schedule

RIGHT = """\
capacity: 3
blackouts:
  - {since: 2026-12-19, until: 2027-01-03, why: winter break}
"""
PROJECT = """\
project: riverside
source: {connection: riverside_old}
target: {connection: riverside_new}
tables: [{target: school}]
"""


def _write(folder: Path, text: str | bytes) -> Path:
    path = folder / "schedule.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_schedule_is_read(tmp_path: Path) -> None:
    _write(tmp_path, RIGHT)
    winter = Blackout(since=date(2026, 12, 19), until=date(2027, 1, 3), why="winter break")
    assert load_schedule(tmp_path) == Schedule(capacity=3, blackouts=(winter,))


def test_without_a_file_one_project_a_day_and_no_blackouts(tmp_path: Path) -> None:
    assert load_schedule(tmp_path) == Schedule(capacity=1, blackouts=())


def test_the_one_that_ships_is_right() -> None:
    assert load_schedule().capacity >= 1


@pytest.mark.parametrize(
    ("text", "line", "key", "what", "right"),
    [
        ("capacity: 0\n", 1, "capacity", "is 0", "greater than or equal to 1"),
        ('capacity: "2"\n', 1, "capacity", "is '2'", "valid integer"),
        (RIGHT + "places: 2\n", 4, "places", "is not known", "one of capacity, blackouts"),
        (RIGHT + "capacity: 2\n", 4, "capacity", "stands twice, first in line 1", "once"),
        (RIGHT.replace(", why: winter break", ""), 3, "blackouts[0].why", "is missing", "this key with a value"),
        (RIGHT.replace("why:", "because:"), 3, "blackouts[0].because", "is not known", "one of since, until, why"),
        (RIGHT.replace("2027", "2026"), 3, "blackouts[0]", "must end (`until`)", "on or after the day it begins"),
        (RIGHT.replace("2026-12-19", "soon"), 3, "blackouts[0].since", "is 'soon'", "valid date"),
        (RIGHT.replace("2026-12-19", "2026-13-19"), None, "file", "holds a date that is none", "a date, or the text"),
        ("- capacity\n", 1, "file", "is not a mapping", "`capacity:`, `blackouts:`"),
        ("", 1, "file", "is not a mapping", "`capacity:`, `blackouts:`"),
        ("capacity: [\n", 2, "file", "is not YAML", "valid YAML"),
        (b"# \xff\n", None, "schedule", "is not UTF-8", "the file saved as UTF-8"),
    ],
)
def test_every_fault_is_told_with_its_place(
    tmp_path: Path, text: str | bytes, line: int | None, key: str, what: str, right: str
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(ProjectError, match=r"^the schedule of all projects: ") as caught:
        load_schedule(tmp_path)
    faults = caught.value.faults
    fault = next(each for each in faults if each.key == key)
    assert (fault.path, fault.line) == (str(path), line)
    assert what in fault.what and right in fault.right
    assert caught.value.project is None


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "schedule.yaml").mkdir()
    with pytest.raises(ProjectError, match=r"cannot be read \(Is a directory\). Right: a readable schedule.yaml"):
        load_schedule(tmp_path)


def test_check_tells_of_the_schedule(tmp_path: Path) -> None:
    (tmp_path / "riverside").mkdir()
    (tmp_path / "riverside" / "project.yaml").write_text(PROJECT)
    path = _write(tmp_path, RIGHT)
    result = CliRunner().invoke(app, ["check", "--folder", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (
        0, "riverside: right, 1 table\nschedule.yaml: right, capacity 3 a day, 1 blackout\n",
    )  # fmt: skip
    _write(tmp_path, "capacity: many\n")
    result = CliRunner().invoke(app, ["check", "riverside", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert f"schedule.yaml: 1 fault\n  {path}:1\n    capacity\n" in result.stdout
