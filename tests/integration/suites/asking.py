"""Suites that a test makes itself, asked of a real database."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from golive.databases import connect
from golive.project.proving import PASSES, Pass
from golive.project.suites import FLOOR, Expectation, Suite
from golive.results import CheckResult, Verdict
from golive.validation.expectations import run_suite
from golive.validation.failing import FailingKeys, packed

SECRET = b"nobody knows"


@dataclass
class Kept:
    """What a caller would store beside the ledger: the packed keys, by the check's name."""

    files: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, keys: FailingKeys) -> str:
        self.files[keys.check] = packed(keys)
        return f"hash of {keys.check}"

    def rows(self, check: str) -> list[tuple[str, ...]]:
        """The lines of a file, the names of its columns first."""
        return [tuple(line) for line in csv.reader(io.StringIO(gzip.decompress(self.files[check]).decode()))]


@dataclass(frozen=True)
class Asked:
    """Results by the expectation's id, and the keys that were kept."""

    results: dict[str, CheckResult]
    kept: Kept

    def verdicts(self) -> dict[str, Verdict]:
        return {name: result.verdict for name, result in self.results.items()}


def expectation(name: str, type_: str, *, passes: tuple[Pass, ...] = PASSES, **kwargs: Any) -> Expectation:
    return Expectation(name, type_, kwargs, "critical", "data_engineer", f"What {name} says", passes)


def floor(name: str = "floor") -> Expectation:
    return expectation(name, FLOOR, min_value=1)


def suite(*expectations: Expectation, table: str = "t", **more: Any) -> Suite:
    given: dict[str, Any] = {"side": "target", "key": ("id",), "may_be_empty": None} | more
    return Suite(name=f"{table}.target", path=Path("t.json"), table=table, expectations=expectations, **given)


def ask(url: str, asked: Suite, stage_pass: Pass = "initial", **options: Any) -> Asked:
    """Run a suite; every result is there, in the suite's order."""
    kept = Kept()
    results = run_suite(asked, connect(url, name="new"), stage_pass, kept, SECRET, **options)
    assert [result.check for result in results] == [e.id for e in asked.expectations if stage_pass in e.passes]
    return Asked({result.check: result for result in results}, kept)
