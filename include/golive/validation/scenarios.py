"""Which declared scenarios were tested, how that ended last, and in which version: read out of JUnit files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError, ParserCreate

from junitparser import JUnitXml, JUnitXmlError, TestCase

from golive.project.proving import Scenario, Scenarios

PASSED, FAILED, SKIPPED, NEVER = "passed", "failed", "skipped", "never"
# Of several results of one run, the first of these counts.
_WORST = (FAILED, SKIPPED, PASSED)

# The property of a suite that says which version of the system was tested.
VERSION = "version"
# No file of results is as large.
_MOST = 100_000_000


@dataclass(frozen=True, slots=True)
class Tested:
    """The last result of a scenario.

    ``at`` is in UTC; '' for one that was never tested. ``covered``: it passed, in the build that people will get or
    in a version that nobody wrote down.
    """

    scenario: str
    test: str
    result: str
    version: str
    at: str
    file: str
    covered: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every declared scenario, in the project file's order, and what is wrong with files, a sentence each."""

    scenarios: tuple[Tested, ...]
    faults: tuple[str, ...]

    @property
    def percent(self) -> int:
        """How many of 100 are covered, rounded down."""
        return 100 * sum(each.covered for each in self.scenarios) // len(self.scenarios)

    @property
    def uncovered(self) -> tuple[Tested, ...]:
        return tuple(each for each in self.scenarios if not each.covered)


@dataclass(frozen=True, slots=True)
class _Result:
    """One case of one file."""

    case: str
    result: str
    version: str
    at: datetime
    file: str


class _Unreadable(Exception):
    """Why a file is no file of results."""


def coverage(declared: Scenarios, folder: Path, build: str | None = None) -> Coverage:
    """Read all results; the last of a scenario counts, by the time of its suite or else of its file.

    ``folder`` is the project's; ``build`` is the version of the new system that people will get, None if nobody
    said. What was tested in another one covers nothing. A file that cannot be read, that was made in another
    version, or that names no declared test is said, as is that there is none.
    """
    paths = _files(folder / declared.results)
    faults = [] if paths else [f"there is no file of results at {declared.results}"]
    results: list[_Result] = []
    for path in paths:
        try:
            found = [each for each in _read(path) if any(_is_of(scenario, each) for scenario in declared.names)]
        except _Unreadable as error:
            faults.append(f"{path.name} cannot be read: {error}")
            continue
        if not found:
            faults.append(f"{path.name} names no test that is declared")
        if other := sorted({each.version for each in found if not _of_build(each.version, build)}):
            faults.append(f"{path.name} was made in version {', '.join(other)}, and the build is {build}")
        results += found
    return Coverage(tuple(_last(scenario, results, build) for scenario in declared.names), tuple(faults))


def _files(place: Path) -> Sequence[Path]:
    found = place.glob("*.xml") if place.is_dir() else place.parent.glob(place.name)
    return sorted(path for path in found if path.is_file())


def _read(path: Path) -> list[_Result]:
    try:
        if path.stat().st_size > _MOST:
            raise _Unreadable("it is larger than any file of results")
        text = path.read_bytes()
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        _without_document_type(text)
        return [
            _Result(f"{case.classname or ''}::{case.name or ''}", _result(case), version, at, path.name)
            for suite in JUnitXml.fromstring(text)
            for case, version, at in _cases(suite, "", written)
        ]
    except OSError as error:
        raise _Unreadable(error.strerror or type(error).__name__) from error
    except (ParseError, ExpatError, JUnitXmlError, ValueError) as error:
        raise _Unreadable("it is no XML of JUnit's form") from error


def _without_document_type(text: bytes) -> None:
    """_Unreadable for a file that declares a document type, in whatever encoding; ExpatError for one that is no XML.

    Entities, with which a small file can become a huge one, are declared there and nowhere else.
    """

    def refuse(*_: Any) -> None:
        raise _Unreadable("it declares a document type, which no file of results does")

    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(text, True)


def _cases(suite: Any, version: str, at: datetime) -> Iterator[tuple[TestCase, str, datetime]]:
    """The cases of a suite and of those within it, each with its suite's version and time."""
    for each in suite.properties():
        if each.name == VERSION:
            version = str(each.value or "")
    if suite.timestamp:
        said = datetime.fromisoformat(str(suite.timestamp))
        at = said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    for case in suite.iterchildren(TestCase):
        yield case, version, at
    for within in suite.testsuites():
        yield from _cases(within, version, at)


def _result(case: TestCase) -> str:
    if case.is_error or case.is_failure:
        return FAILED
    return SKIPPED if case.is_skipped else PASSED


def _is_of(scenario: Scenario, result: _Result) -> bool:
    return result.case == scenario.test or result.case.startswith(f"{scenario.test}[")


def _last(scenario: Scenario, results: Sequence[_Result], build: str | None) -> Tested:
    own = [each for each in results if _is_of(scenario, each)]
    if not own:
        return Tested(scenario.scenario, scenario.test, NEVER, "", "", "", False)
    newest = max(own, key=lambda each: each.at)
    # A test with parameters, or one that was tried again in the same run, is as good as its worst result.
    run = [each for each in own if (each.at, each.file) == (newest.at, newest.file)]
    worst = min(run, key=lambda each: _WORST.index(each.result))
    covered = worst.result == PASSED and _of_build(worst.version, build)
    at = f"{worst.at:%Y-%m-%d %H:%M:%S}"
    return Tested(scenario.scenario, scenario.test, worst.result, worst.version, at, worst.file, covered)


def _of_build(version: str, build: str | None) -> bool:
    return build is None or version in ("", build)
