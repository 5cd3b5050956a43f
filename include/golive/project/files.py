"""Read a project file: YAML with the C loader, line numbers for every fault, nothing else.

This runs at every parse of a DAG file, so it touches no database and imports no SQL parser; what
the expressions mean is for ``golive.project.expressions`` and for ``golive.plan``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from golive.errors import Fault, ProjectError
from golive.project.model import Project
from golive.project.references import loose_ends

PROJECTS = Path(__file__).resolve().parents[2] / "projects"
EXPECTATIONS = Path(__file__).resolve().parents[3] / "expectations"

Read = TypeVar("Read", bound=BaseModel)


def names(folder: Path | None = None) -> list[str]:
    """The projects that have a file, in name order, right or wrong."""
    root = folder or PROJECTS
    return sorted(path.parent.name for path in root.glob("*/project.yaml"))


def file_of(name: str, folder: Path | None = None) -> Path:
    """Where a project's file stands."""
    return (folder or PROJECTS) / name / "project.yaml"


def suites_of(name: str) -> Path:
    """The folder of a project's suites of expectations; it may not be there."""
    return EXPECTATIONS / name


def load(name: str, folder: Path | None = None) -> Project:
    """The project of this name; raises ProjectError with every fault, its path, line and key.

    A file that has not changed since this process last read it is not read again: every DAG file asks
    for every project.
    """
    return loaded(name, folder)[0]


def loaded(name: str, folder: Path | None = None) -> tuple[Project, str]:
    """The project as ``load`` gives it, and the SHA-256 of the very bytes that say so: the ledger's project hash."""
    path = file_of(name, folder)
    state = _state(path)
    kept = _loaded.get(path)
    if kept is not None and kept[0] == state:
        return kept[1]
    text = read(path, name)
    found = _load(text, path, name), hashlib.sha256(text.encode()).hexdigest()
    if state is not None:
        _loaded[path] = (state, found)
    return found


_loaded: dict[Path, tuple[tuple[int, int, int], tuple[Project, str]]] = {}


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes with every writing of a file: its identity, its time and its size; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _load(text: str, path: Path, name: str) -> Project:
    project = parse(text, str(path), name)
    if project.name != name:
        line = line_in(_compose(text, str(path), name), ("project",))
        fault = Fault(str(path), line, "project", f"says {project.name!r}", f"the folder's name, {name!r}")
        raise _refuse(name, [fault])
    return project


def line_of(name: str, where: tuple[str | int, ...], folder: Path | None = None) -> int:
    """The line, from 1, of a place such as ``("tables", 3, "columns", "birth_date")``.

    A part that the file does not have ends the way there: the line is that of the deepest part it
    has. Raises ProjectError for a file that cannot be read or is not YAML.
    """
    path = file_of(name, folder)
    return line_in(_compose(read(path, name), str(path), name), where)


def placed(
    name: str, found: Iterable[tuple[tuple[str | int, ...], str, str]], folder: Path | None = None
) -> list[Fault]:
    """Each (place, what is wrong, what would be right) as a fault of the project's file, with its path and line.

    Without a line where the file cannot be read, as for a project that has none.
    """
    path = str(file_of(name, folder))
    faults = []
    for where, what, right in found:
        try:
            line: int | None = line_of(name, where, folder)
        except ProjectError:
            line = None
        faults.append(Fault(path, line, dotted(where), what, right))
    return faults


def dotted(where: tuple[str | int, ...]) -> str:
    """A place as people read it: ``tables[3].columns.birth_date``."""
    out = ""
    for part in where:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out


def parse(text: str, path: str, name: str) -> Project:
    """The project in this text; ``path`` and ``name`` are for messages."""
    project, node = parse_as(Project, text, path, name)
    loose = [
        Fault(path, line_in(node, where), dotted(where), what, right) for where, what, right in loose_ends(project)
    ]
    if loose:
        raise _refuse(name, loose)
    return project


def parse_as(model: type[Read], text: str, path: str, name: str | None) -> tuple[Read, yaml.Node]:
    """What this text says as ``model``, and the text's nodes; ProjectError with every fault of its own.

    ``name`` is the project's, for messages; None where the file is the installation's own.
    """
    node = _compose(text, path, name, model)
    faults = _repeated_keys(node, path)
    if faults:
        raise _refuse(name, faults)
    loader = yaml.CSafeLoader("")
    try:
        data = loader.construct_document(node)
    except yaml.YAMLError as error:
        raise _refuse(name, [_yaml_fault(error, path)]) from error
    except ValueError as error:
        # What looks like a date and is none, such as 2025-13-01, comes without its place.
        fault = Fault(path, None, "file", f"holds a date that is none ({error})", "a date, or the text in quotes")
        raise _refuse(name, [fault]) from error
    finally:
        loader.dispose()
    try:
        return model.model_validate(data), node
    except ValidationError as error:
        # A list whose entries are all wrong is told as too short as well: that is no second fault.
        items = [item for item in error.errors() if item["type"] != "too_short" or not item["input"]]
        raise _refuse(name, [_fault(item, node, path, model) for item in items]) from error


def read(path: Path, name: str | None) -> str:
    """The text of a file, to the byte; ProjectError where it cannot be read or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        fault = Fault(
            str(path), None, name or path.stem, f"cannot be read ({error.strerror})", f"a readable {path.name}"
        )
        raise _refuse(name, [fault]) from error
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 (byte {error.start})"
        raise _refuse(name, [Fault(str(path), None, name or path.stem, what, "the file saved as UTF-8")]) from error


def _compose(text: str, path: str, name: str | None, model: type[BaseModel] = Project) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _refuse(name, [_yaml_fault(error, path)]) from error
    if not isinstance(node, yaml.MappingNode):
        fields = model.model_fields
        keys = [key for key in fields if fields[key].is_required()] or list(fields)
        right = ", ".join(f"`{key}:`" for key in keys)
        raise _refuse(name, [Fault(path, 1, "file", "is not a mapping", right)])
    return node


def _refuse(name: str | None, faults: list[Fault]) -> ProjectError:
    text = "\n".join(str(fault) for fault in faults)
    whose = "the schedule of all projects" if name is None else f"project {name}"
    return ProjectError(f"{whose}: {len(faults)} fault(s)\n{text}", faults=tuple(faults), project=name)


def _yaml_fault(error: yaml.YAMLError, path: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return Fault(path, mark.line + 1 if mark else None, "file", f"is not YAML: {what}", "valid YAML")


def _fault(item: Any, node: yaml.Node, path: str, model: type[BaseModel]) -> Fault:
    where = tuple(item["loc"])
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    plain = isinstance(item["input"], str | int | float | bool | None)
    what, right = f"is {_short(item['input'])}" if plain else f"does not fit: {message}", message
    if item["type"] == "missing":
        what, right = "is missing", "this key with a value"
    elif item["type"] == "extra_forbidden":
        what, right = "is not known", f"one of {', '.join(_keys(model, where[:-1]))}"
    return Fault(path, line_in(node, where), dotted(where) or "file", what, right)


def _keys(model: type[BaseModel], where: tuple[Any, ...]) -> list[str]:
    """The keys that the part of a file at ``where`` may have."""
    for part in where:
        if isinstance(part, str) and part in model.model_fields:  # else it is a key of the user's own, as a role is
            annotation = model.model_fields[part].annotation
            parts = (annotation, *get_args(annotation))
            model = next(each for each in parts if isinstance(each, type) and issubclass(each, BaseModel))
    return list(model.model_fields)


def _short(value: Any) -> str:
    # A sign-in that somebody wrote into an address is read by all who see the fault.
    text = "empty" if value is None else re.sub(r"//[^/@\s]*@", "//***@", repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


def line_in(node: yaml.Node, where: tuple[Any, ...]) -> int:
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
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                faults.append(Fault(path, line, name, f"stands twice, first in line {seen[name]}", "once"))
            seen[name] = line
            faults += _repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            faults += _repeated_keys(child, path)
    return faults
