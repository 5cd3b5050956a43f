"""Scenarios and their last results, out of JUnit files as test tools write them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from golive.project.proving import Scenarios
from golive.validation.scenarios import Coverage, coverage

NAMES = ("enrol", "transfer", "grade", "bill")
DECLARED = Scenarios.model_validate({
    "results": "junit", "names": [{"scenario": f"People {n}", "test": f"suite.Test::test_{n}"} for n in NAMES],
})  # fmt: skip


def suite(*cases: str, version: str = "", at: str = "2026-05-01T10:00:00") -> str:
    known = f'<properties><property name="version" value="{version}"/></properties>' if version else ""
    return f'<testsuite name="s" timestamp="{at}">{known}{"".join(cases)}</testsuite>'


def case(name: str, inner: str = "", of: str = "suite.Test") -> str:
    return f'<testcase classname="{of}" name="test_{name}">{inner}</testcase>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "junit").mkdir()
    return tmp_path


def write(folder: Path, name: str, *suites: str) -> Path:
    path = folder / "junit" / name
    path.write_text(f"<testsuites>{''.join(suites)}</testsuites>")
    return path


def results(found: Coverage) -> list[str]:
    return [each.result for each in found.scenarios]


def test_passed_failed_skipped_and_never_tested(folder: Path) -> None:
    write(folder, "a.xml", suite(
        case("enrol"), case("transfer", '<failure message="x"/>'), case("grade", "<skipped/>"), version="7.2",
    ))  # fmt: skip
    found = coverage(DECLARED, folder, "7.2")
    assert results(found) == ["passed", "failed", "skipped", "never"]
    assert found.percent == 25 and found.faults == ()
    first = found.scenarios[0]
    assert (first.scenario, first.version, first.at, first.file, first.covered) == (
        "People enrol", "7.2", "2026-05-01 10:00:00", "a.xml", True,
    )  # fmt: skip
    assert [each.scenario for each in found.uncovered] == ["People transfer", "People grade", "People bill"]


def test_the_last_result_counts_by_the_suites_time_or_the_files(folder: Path) -> None:
    write(folder, "a.xml", suite(case("enrol"), case("grade"), at="2026-05-03T01:00:00+02:00"))
    write(folder, "b.xml", suite(case("enrol", "<error/>"), at="2026-05-02T23:30:00Z"), suite(case("bill"), at=""))
    failed = [case(name, "<failure/>") for name in ("grade", "bill")]
    timeless = write(folder, "c.xml", f"<testsuite>{''.join(failed)}</testsuite>")
    os.utime(timeless, (0, 0))
    assert results(coverage(DECLARED, folder)) == ["failed", "never", "passed", "passed"]


def test_a_test_with_parameters_is_as_good_as_its_worst(folder: Path) -> None:
    write(folder, "a.xml", suite(
        case("enrol[a]"), case("enrol[b]"), case("grade[a]"), case("grade[b]", "<failure/>"), case("bill"),
        case("bill", "<skipped/>"), case("transferred"),
    ))  # fmt: skip
    assert results(coverage(DECLARED, folder)) == ["passed", "never", "failed", "skipped"]


def test_a_suite_within_another_has_its_version_and_time(folder: Path) -> None:
    outer = suite(f'<testsuite name="within">{case("enrol")}</testsuite>', version="7.1")
    write(folder, "a.xml", outer)
    (first, *_) = coverage(DECLARED, folder).scenarios
    assert (first.version, first.at, first.covered) == ("7.1", "2026-05-01 10:00:00", True)


def test_what_was_tested_in_another_build_covers_nothing_and_is_said(folder: Path) -> None:
    write(folder, "a.xml", suite(case("enrol"), version="7.1"), suite(case("grade")))
    found = coverage(DECLARED, folder, "7.2")
    assert [each.covered for each in found.scenarios] == [False, False, True, False]
    assert found.faults == ("a.xml was made in version 7.1, and the build is 7.2",)


def test_files_that_say_nothing_of_a_scenario_are_said_and_the_others_are_read(folder: Path) -> None:
    write(folder, "a.xml", suite(case("enrol", of="other.Test")))
    write(folder, "b.xml", suite(case("enrol")))
    (folder / "junit" / "broken.xml").write_text("<testsuites><testsuite>")
    (folder / "junit" / "page.xml").write_text("<html/>")
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuites><testsuite name="&a;"/></testsuites>'
    (folder / "junit" / "bomb.xml").write_text(bomb)
    write(folder, "when.xml", suite(case("enrol"), at="yesterday"))
    (folder / "junit" / "notes.txt").write_text("no result")
    found = coverage(DECLARED, folder)
    assert results(found)[0] == "passed"
    assert found.faults == (
        "a.xml names no test that is declared",
        "bomb.xml cannot be read: it declares a document type, which no file of results does",
        "broken.xml cannot be read: it is no XML of JUnit's form",
        "page.xml cannot be read: it is no XML of JUnit's form",
        "when.xml cannot be read: it is no XML of JUnit's form",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_document_type_is_refused_in_whatever_encoding_and_results_are_read(folder: Path, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    text = f"{head}<testsuites>{suite(case('enrol'))}</testsuites>"
    (folder / "junit" / "a.xml").write_bytes(text.encode(encoding))
    found = coverage(DECLARED, folder)
    assert (results(found)[0], found.faults) == ("passed", ())
    bomb = f'<!DOCTYPE testsuites [<!ENTITY a "aaaa">]><testsuites>{suite(case("enrol", "&a;"))}</testsuites>'
    (folder / "junit" / "a.xml").write_bytes(f"{head}{bomb}".encode(encoding))
    assert coverage(DECLARED, folder).faults == (
        "a.xml cannot be read: it declares a document type, which no file of results does",
    )


def test_without_a_file_nothing_is_covered_and_it_is_said(folder: Path) -> None:
    found = coverage(DECLARED, folder)
    assert (results(found), found.percent) == (["never"] * 4, 0)
    assert found.faults == ("there is no file of results at junit",)
    pattern = DECLARED.model_copy(update={"results": f"{folder}/gone/run-*.xml"})
    assert coverage(pattern, Path("/")).faults == (f"there is no file of results at {folder}/gone/run-*.xml",)


def test_results_may_be_a_pattern_anywhere_on_the_host(folder: Path, tmp_path: Path) -> None:
    write(folder, "run-1.xml", suite(case("enrol")))
    write(folder, "other.xml", suite(case("grade")))
    pattern = DECLARED.model_copy(update={"results": str(folder / "junit" / "run-*.xml")})
    assert results(coverage(pattern, Path("/nowhere"))) == ["passed", "never", "never", "never"]


def test_one_suite_alone_is_a_file_too(folder: Path) -> None:
    (folder / "junit" / "a.xml").write_text(suite(case("enrol")))
    assert results(coverage(DECLARED, folder))[0] == "passed"
