"""The schedule that all projects of an installation share: the file include/projects/schedule.yaml.

It is read when a day is looked at, never as a DAG file is parsed: a fault in it stops the tasks that
need it, and no other. Without the file one project goes live on a day, and no day is closed to all.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from golive.project import files
from golive.project.declared import Declared
from golive.project.going_live import Blackout


class Schedule(Declared):
    """How many projects may go live on one day, and the days on which none may."""

    capacity: int = Field(default=1, ge=1, strict=True)
    blackouts: tuple[Blackout, ...] = ()


def schedule_file(folder: Path | None = None) -> Path:
    """Where the schedule stands: beside the projects' folders."""
    return (folder or files.PROJECTS) / "schedule.yaml"


def load_schedule(folder: Path | None = None) -> Schedule:
    """The schedule as it is declared now; raises ProjectError with every fault, its path, line and key."""
    path = schedule_file(folder)
    if not path.exists():
        return Schedule()
    return files.parse_as(Schedule, files.read(path, None), str(path), None)[0]
