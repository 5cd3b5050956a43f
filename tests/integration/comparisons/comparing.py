"""Comparisons that a test declares itself, made between two real databases."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from golive.databases import connect
from golive.project import Project
from golive.project.proving import Pass
from golive.results import CheckResult
from golive.validation.comparisons import run_comparisons
from golive.validation.failing import FailingKeys, packed

HEAD: dict[str, Any] = {
    "project": "small", "source": {"connection": "old"}, "target": {"connection": "new"},
    "people": {"finance": ["fay"]}, "tables": [{"target": "t", "sensitive": ["ssn"]}],
}  # fmt: skip


@dataclass
class Kept:
    """What a caller would store beside the ledger, by the check's name."""

    files: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, keys: FailingKeys) -> str:
        self.files[keys.name] = packed(keys)
        return f"hash of {keys.name}"

    def rows(self, check: str) -> list[tuple[str, ...]]:
        """The lines of a file, the names of its columns first."""
        text = gzip.decompress(self.files[f"comparison/{check}"]).decode()
        return [tuple(line) for line in csv.reader(io.StringIO(text))]

    @property
    def text(self) -> str:
        """All that was kept, as it can be read."""
        return "".join(gzip.decompress(file).decode() for file in self.files.values())


@dataclass(frozen=True)
class Compared:
    """Results by the comparison's name, and what was kept."""

    results: dict[str, CheckResult]
    kept: Kept

    def one(self) -> CheckResult:
        (result,) = self.results.values()
        return result

    @property
    def text(self) -> str:
        """Everything that leaves a comparison."""
        return json.dumps([result.as_dict() for result in self.results.values()]) + self.kept.text


def comparison(name: str = "revenue", kind: str = "totals", **more: Any) -> dict[str, Any]:
    """An entry under `comparisons`, as a project file has it."""
    return {"name": name, "kind": kind, "says": f"What {name} says.", "owner": "finance"} | more


def compare(
    urls: tuple[str, str],
    *declared: dict[str, Any],
    stage_pass: Pass = "initial",
    folder: Path | None = None,
    secret: bytes = b"nobody knows",
) -> Compared:
    project = Project.model_validate({**HEAD, "comparisons": list(declared)})
    kept, named = Kept(), list[str]()
    results = run_comparisons(
        project, connect(urls[0], name="old"), connect(urls[1], name="new"), stage_pass, kept, secret,
        folder=folder, progress=named.append,
    )  # fmt: skip
    assert [result.check for result in results] == named
    return Compared({result.check: result for result in results}, kept)
