"""Keys that have to work in the new system, each tried: by a query of the target, or by the vendor's own validator.

A key is a secret. It is handed to whatever tries it and nowhere else: what is kept of one that does not work is a
part of its SHA-256, by which whoever has the keys finds it again.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from golive.compare import Pair
from golive.errors import Terminal
from golive.project.proving import Comparison
from golive.validation.side_by_side import Line, Walk, named, one_column, ordered
from golive.validation.validator import run_validator

# Keys that are tried at once.
BATCH = 5_000

# The column of a file in which keys stand.
COLUMN = "key"

# How a validator says that a key is valid, or is not; `t` and `f` are PostgreSQL's own.
_SAID = {"t": True, "true": True, "f": False, "false": False}

NOT_VALID, NOT_ANSWERED, NO_KEY = "not valid", "without an answer", "empty"


class Corpus(Walk):
    """Old keys of the source, new ones of a file: which of them the new system takes.

    What it holds is a batch of keys.
    """

    columns: tuple[str, ...] = ("sha256", "from", "why")

    def __init__(self, comparison: Comparison, pair: Pair, stack: ExitStack, folder: Path, secret: bytes) -> None:
        self._comparison, self._pair, self._folder = comparison, pair, folder
        super().__init__(secret)
        self._given: dict[str, Iterator[str | None]] = {}
        self._digest = ""
        if comparison.source is not None:
            query = ordered(pair.source, "source", comparison.source, (), comparison.seconds, stack)
            self._given["source"] = one_column(query, "source")
        if comparison.file is not None:
            path = _file(comparison.file, folder)
            self._digest = _digest(path)
            self._given["file"] = _keys(path)
        self._tried: Counter[str] = Counter()
        self._wrong: Counter[str] = Counter()

    def failing(self) -> Iterator[Line]:
        for origin, keys in self._given.items():
            while batch := list(islice(keys, BATCH)):
                for line in self._of_batch(origin, batch):
                    self._found.add(*line)
                    yield line

    @property
    def seen(self) -> int:
        return self._tried.total()

    @property
    def proves(self) -> bool:
        """Of every place where keys should be, some were tried: an empty file says nothing of what it is for."""
        return all(self._tried[origin] for origin in self._given)

    @property
    def says(self) -> str:
        origins = " and ".join(f"{self._tried[origin]} of the {origin}" for origin in self._given)
        if not self.seen:
            return f"there is no key to try: {origins}"
        if not self._wrong and not self.proves:
            return f"one place has no key to try: {origins}"
        if not self._wrong:
            return f"all {self.seen} keys are valid: {origins}"
        why = ", ".join(f"{rows} {what}" for what, rows in self._wrong.items())
        return f"{self._wrong.total()} of {self.seen} keys ({origins}) do not work: {why}"

    @property
    def evidence(self) -> dict[str, Any]:
        file = {"file": self._comparison.file, "file_sha256": self._digest} if self._digest else {}
        return {"tried": dict(self._tried), "wrong": dict(self._wrong), **file}

    def _of_batch(self, origin: str, batch: Sequence[str | None]) -> Iterator[Line]:
        keys = list(dict.fromkeys(key for key in batch if key))
        valid = self._try(keys) if keys else {}
        without = sum(not key for key in batch)
        self._tried[origin] += len(keys) + without
        if without:
            self._wrong[NO_KEY] += without
            yield from [("", origin, NO_KEY)] * without
        for key in keys:
            if not valid.get(key):
                why = NOT_VALID if key in valid else NOT_ANSWERED
                self._wrong[why] += 1
                yield known_by(key), origin, why

    def _try(self, keys: Sequence[str]) -> dict[str, bool]:
        comparison = self._comparison
        if comparison.target is None:
            said = run_validator(comparison.command, keys, self._folder, comparison.seconds)
            return {key: _valid(answer) for key, answer in said.items()}
        target = self._pair.target
        with named("the query of the target"):
            rows = target.database.comparing.answers(target.connection, comparison.target, keys, comparison.seconds)
            if any(len(row) != 2 for row in rows):
                raise Terminal("it has to give two columns: a key, and whether it is valid")
            about = [row[0] for row in rows]
            if len(about) != len(set(about)) or not set(about) <= set(keys):
                raise Terminal("it answers a key several times, or one that it was not asked about")
            return {key: _valid(answer) for key, answer in rows if key is not None and answer is not None}


def known_by(key: str) -> str:
    """A part of the SHA-256 of a key in UTF-8: enough to find it again, not to read it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _valid(answer: str) -> bool:
    said = _SAID.get(answer.lower())
    if said is None:
        raise Terminal("a key is answered with what is neither true nor false")
    return said


def _file(name: str, folder: Path) -> Path:
    """A file within the project's folder, wherever a link leads."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise Terminal(f"there is no file {name} in the project's folder: put it there, or correct `file`")
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keys(path: Path) -> Iterator[str | None]:
    """The keys of a CSV file in their order."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, strict=True)
            if COLUMN not in (lines.fieldnames or ()):
                raise Terminal(f"the file {path.name} has no column `{COLUMN}` in its first line")
            yield from (line[COLUMN] for line in lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Terminal(f"the file {path.name} cannot be read as CSV in UTF-8 ({type(error).__name__})") from error
