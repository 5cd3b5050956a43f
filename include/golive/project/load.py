"""Read a project file: YAML with the C loader, line numbers for every fault, nothing else.

This runs at every parse of a DAG file, so it touches no database and imports no SQL parser; what
the expressions mean is for ``golive.project.expressions`` and for ``golive.plan``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from golive.errors import Fault, ProjectError
from golive.project.model import Project

PROJECTS = Path(__file__).resolve().parents[2] / "projects"

_RIGHT = {
    "missing": "this key with a value",
    "extra_forbidden": "one of the keys that README.md lists for this place",
}


def names(folder: Path | None = None) -> list[str]:
    """The projects that have a file, in name order, right or wrong."""
    root = folder or PROJECTS
    return sorted(path.parent.name for path in root.glob("*/project.yaml"))


def file_of(name: str, folder: Path | None = None) -> Path:
    """Where a project's file stands."""
    return (folder or PROJECTS) / name / "project.yaml"


def load(name: str, folder: Path | None = None) -> Project:
    """The project of this name; raises ProjectError with every fault, its path, line and key."""
    path = file_of(name, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        fault = Fault(str(path), None, name, f"cannot be read ({error.strerror})", "a readable project.yaml")
        raise _refuse(name, [fault]) from error
    project = parse(text, str(path), name)
    if project.name != name:
        line = _line_of(_compose(text, str(path), name), ("project",))
        fault = Fault(str(path), line, "project", f"says {project.name!r}", f"the folder's name, {name!r}")
        raise _refuse(name, [fault])
    return project


def parse(text: str, path: str, name: str) -> Project:
    """The project in this text; ``path`` and ``name`` are for messages."""
    node = _compose(text, path, name)
    faults = _repeated_keys(node, path)
    if faults:
        raise _refuse(name, faults)
    loader = yaml.CSafeLoader("")
    try:
        data = loader.construct_document(node)
    except yaml.YAMLError as error:
        raise _refuse(name, [_yaml_fault(error, path)]) from error
    finally:
        loader.dispose()
    try:
        return Project.model_validate(data)
    except ValidationError as error:
        raise _refuse(name, [_fault(item, node, path) for item in error.errors()]) from error


def digest(name: str, folder: Path | None = None) -> str:
    """SHA-256 of the file's bytes: the project hash of ledger entries."""
    return hashlib.sha256(file_of(name, folder).read_bytes()).hexdigest()


def _compose(text: str, path: str, name: str) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _refuse(name, [_yaml_fault(error, path)]) from error
    if not isinstance(node, yaml.MappingNode):
        raise _refuse(name, [Fault(path, 1, "file", "is not a mapping", "`project:`, `source:`, `target:`, `tables:`")])
    return node


def _refuse(name: str, faults: list[Fault]) -> ProjectError:
    text = "\n".join(str(fault) for fault in faults)
    return ProjectError(f"project {name}: {len(faults)} fault(s)\n{text}", faults=tuple(faults), project=name)


def _yaml_fault(error: yaml.YAMLError, path: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return Fault(path, mark.line + 1 if mark else None, "file", f"is not YAML: {what}", "valid YAML")


def _fault(item: Any, node: yaml.Node, path: str) -> Fault:
    where = tuple(item["loc"])
    message = item["msg"].removeprefix("Value error, ")
    right = _RIGHT.get(item["type"], message)
    given = "" if item["type"] in ("missing", "value_error") else f" (given: {_short(item['input'])})"
    what = {"missing": "is missing", "extra_forbidden": "is not known"}.get(item["type"], message)
    return Fault(path, _line_of(node, where), _dotted(where) or "file", what + given, right)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _dotted(where: tuple[Any, ...]) -> str:
    out = ""
    for part in where:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


def _line_of(node: yaml.Node, where: tuple[Any, ...]) -> int:
    """The line of the deepest part of ``where`` that the file has."""
    line = node.start_mark.line + 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _repeated_keys(node: yaml.Node, path: str) -> list[Fault]:
    faults: list[Fault] = []
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            if key.value in seen:
                first = seen[key.value]
                faults.append(
                    Fault(path, key.start_mark.line + 1, str(key.value), f"stands twice, first in line {first}", "once")
                )
            seen[key.value] = key.start_mark.line + 1
            faults += _repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            faults += _repeated_keys(child, path)
    return faults
