"""docs/project-file.md names every key of a project file, and every measure of a criterion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from golive.project import Project
from golive.project.going_live import MEASURES
from golive.project.schedule import Schedule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "project-file.md"


def parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within a type such as ``tuple[Stage, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from parts(argument)


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for part in parts(field.annotation):
            yield from keys(part)


def test_every_key_is_named() -> None:
    named = {part for text in re.findall(r"`([^`]+)`", PAGE.read_text()) for part in text.split(".")}
    found = {*keys(Project), *keys(Schedule)}
    assert len(found) > 100  # parts within parts are reached
    assert sorted(found - named) == []
    assert sorted(set(MEASURES) - named) == []
