"""Which code an entry was written by."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import golive

_SUFFIXES = (".py", ".sql")


@cache
def code_hash() -> str:
    """The SHA-256 of the installed golive package and of the dags folder of its checkout, if there is one.

    Read once per process: a file changed later shows in the next task, not in this one.
    """
    return hash_of(*_folders())


@cache
def code_files() -> dict[str, str]:
    """The SHA-256 of each file that ``code_hash`` is over, by its name, such as ``golive/plan.py``."""
    return files_of(*_folders())


def hash_of(*folders: Path) -> str:
    """The SHA-256 over every .py and .sql file of the folders: names relative to them, then contents.

    The same on every machine with the same files; a folder that is not there counts as empty.
    """
    found = hashlib.sha256()
    for name, content in files_of(*folders).items():
        found.update(f"{name}\0{content}\n".encode())
    return found.hexdigest()


def files_of(*folders: Path) -> dict[str, str]:
    """The SHA-256 of every .py and .sql file of the folders, by folder and then by name."""
    out: dict[str, str] = {}
    for folder in folders:
        names = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.suffix in _SUFFIXES}
        out |= {f"{folder.name}/{name}": hashlib.sha256(names[name].read_bytes()).hexdigest() for name in sorted(names)}
    return out


def _folders() -> tuple[Path, Path]:
    package = Path(golive.__file__).resolve().parent
    return package, package.parents[1] / "dags"
