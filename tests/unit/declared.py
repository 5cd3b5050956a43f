"""A project file as a text: read as it is, and with one thing in it that is wrong."""

from __future__ import annotations

import pytest

from golive.errors import Fault, ProjectError
from golive.project import Project
from golive.project.files import parse


def read(text: str) -> Project:
    return parse(text, "project.yaml", "harbour")


def only_fault(text: str, old: str, new: str) -> Fault:
    """The one fault of a file once ``old``, which stands in it once, is replaced."""
    assert text.count(old) == 1
    with pytest.raises(ProjectError) as refused:
        read(text.replace(old, new))
    (fault,) = refused.value.faults
    assert fault.path == "project.yaml"
    return fault


def told(fault: Fault) -> str:
    """What a fault says is wrong, and what would be right."""
    return f"{fault.what}. Right: {fault.right}"
