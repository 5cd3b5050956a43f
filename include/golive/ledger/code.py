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
    package = Path(golive.__file__).resolve().parent
    return hash_of(package, package.parents[1] / "dags")


def hash_of(*folders: Path) -> str:
    """The SHA-256 over every .py and .sql file of the folders: names relative to them, then contents.

    The same on every machine with the same files; a folder that is not there counts as empty.
    """
    found = hashlib.sha256()
    for folder in folders:
        names = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.suffix in _SUFFIXES}
        for name in sorted(names):
            content = hashlib.sha256(names[name].read_bytes()).hexdigest()
            found.update(f"{folder.name}/{name}\0{content}\n".encode())
    return found.hexdigest()
