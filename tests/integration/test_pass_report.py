"""The report of a pass: what it says, that it says it the same way each time, and that nothing in it is obeyed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from markupsafe import escape
from tests.conftest import databases
from tests.dags.runs import execute
from tests.integration.passes_told import BORN, KEYS, NAMED, TOLD, newest, reported, told, written
from tests.integration.readiness.passing import SOURCE, TARGET, Suites, cross
from tests.integration.readiness.site import Place, site_of

from golive.reports.pass_file import digest_of, unpacked, write
from golive.reports.passes import passes_up_to
from golive.reports.trends import pictures

HOSTILE = "<script>alert(1)</script>\"'>&amp;`x`|[a](http://b) ![i](j) *b*\x1b[31m\u202e\n# h"


@pytest.fixture(scope="module")
def site(server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Three passes were judged, the last of them with a finding that had been fixed."""
    with databases(server_url) as make, pytest.MonkeyPatch.context() as patch:
        source, target = make("source"), make("target")
        execute(source, SOURCE)
        execute(target, TARGET)
        made = site_of(TOLD, source, target, make("ledger"), stage="data_validation_initial", today=date.today())
        cross(made)
        told(made, Suites(tmp_path_factory.mktemp("told"), patch, TOLD))
        yield made


def body(html: str) -> str:
    """The page without its style and its scripts that draw."""
    return re.sub(r"<(script|style)\b(?! type=.application/json).*?</\1>", "", html, flags=re.DOTALL)


def numbers(html: str, picture: str) -> list[list[str]]:
    """The rows of the table beside a picture."""
    table = html[html.index(f'id="picture-{picture}"') :].partition("</table>")[0]
    return [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in re.findall(r"<tr>.*?</tr>", table)[1:]]


def test_equal_entries_give_equal_bytes(site: Place) -> None:
    first, again = written(site, 3), written(site, 3)
    assert first == again and first.packed() == again.packed()
    assert digest_of(unpacked(first.packed())) == first.digest


def test_a_regression_shows_in_words_and_numbers(site: Place) -> None:
    report = reported(site, 3)
    assert report.sentence == "The migration may not go on: 1 thing is missing."
    assert report.light.colour == "red" and report.missing[0].startswith("born in time of person.target (1 of 100 rows")
    assert report.changes == (("new", 0), ("still open", 1), ("fixed", 1), ("regressed", 1))
    assert [(change, [line.id.rpartition("/")[2] for line in lines]) for change, lines in report.changed] == [
        ("regressed", [BORN]), ("still open", ["spelt_well"]), ("fixed", [NAMED]),
    ]  # fmt: skip
    (line,) = report.top
    assert (line.rows, line.keys, line.who) == (1, KEYS[:12], "Ruth Ames (registrar)")
    html = written(site, 3).html
    assert '<b class="mark bad">regressed</b>' in html
    assert numbers(html, "open") == [
        ["critical", "1", "0", "1"], ["major", "2", "1", "0"], ["minor", "0", "0", "0"], ["opportunity", "1", "1", "1"],
    ]  # fmt: skip
    assert numbers(html, "changes") == [
        ["new", "4", "0", "0"],
        ["regressed", "0", "0", "1"],
        ["fixed", "0", "2", "1"],
    ]
    assert "| 3 pre final |" in written(site, 3).markdown and "Regressed:" in written(site, 3).markdown


def test_a_picture_holds_the_numbers_of_its_table(site: Place) -> None:
    for picture in pictures(reported(site, 3).trend):
        drawn = [[each["name"], *(f"{value:,}" for value in each["y"])] for each in picture.figure["data"]]
        assert drawn == [list(row) for row in picture.rows]
        assert picture.figure["data"][0]["x"] == list(picture.head[1:])


def test_a_pass_is_told_as_it_stood_whatever_came_after(site: Place) -> None:
    report = reported(site, 2)
    assert [step.number for step in report.trend] == [1, 2] and report.light.colour == "amber"
    assert report.sentence == "Nothing is missing: the migration may go on, but 1 major finding is not put right."
    first = reported(site, 1)
    assert first.only_reports and len(first.trend) == 1
    assert first.sentence.endswith("but 1 critical and 2 major findings are not put right and 2 checks saw nothing.")
    assert "This is the first pass" in written(site, 1).html and "This is the first pass" not in written(site, 2).html


def test_what_could_not_be_looked_at_is_told_apart(site: Place) -> None:
    assert [(each.title, each.word.text, each.who) for each in reported(site, 1).unseen] == [
        ("drawn from codes of code.source", "looked at nothing", "Ruth Ames (registrar)"),
        ("has codes of code.source", "could not run", "Ruth Ames (registrar)"),
    ]
    assert "Every check ran, and had something to look at." in written(site, 3).markdown


def test_an_opportunity_is_counted_apart_and_is_nobodys_duty(site: Place) -> None:
    report = reported(site, 3)
    assert [line.rows for line in report.opportunities] == [41] and report.open == 1
    (duty,) = report.people
    assert (duty.who, duty.departments, len(duty.lines)) == ("Ruth Ames (registrar)", "Registrar's Office", 1)


def test_the_light_is_green_only_if_nothing_weighs(site: Place) -> None:
    evidence = site.ledger.evidence(str(newest(site, 2).evidence_hash))
    assert isinstance(evidence, dict)
    light = [issue for issue in evidence["issues"] if issue["severity"] == "opportunity"]
    passed = [result for result in evidence["results"] if result["verdict"] == "PASS"]
    good = reported(site, 2, issues=light, results=passed)
    assert (good.light.colour, good.sentence) == ("green", "Nothing is missing: the migration may go on.")
    # An opportunity that had nothing to look at keeps nobody up; one that could not run does.
    empty = {**passed[0], "verdict": "VACUOUS", "severity": "opportunity"}
    assert reported(site, 2, issues=light, results=[empty]).light.colour == "green"
    assert reported(site, 2, issues=light, results=[{**empty, "verdict": "ERROR"}]).light.colour == "amber"
    waiver = {"what": light[0]["id"], "until": "2026-12-31", "by": "Sam Okafor", "reason": "Known since May"}
    waived = reported(site, 2, issues=light, results=passed, waivers=[waiver])
    assert waived.light.colour == "amber"
    text = write(waived).markdown
    assert "- **spelt well of person.target**: Sam Okafor, until 2026-12-31: Known since May" in text


def test_scenarios_and_clean_up_rules_stand_there_if_there_are_any(site: Place) -> None:
    assert "Scenarios" not in body(written(site, 3).html) and "Clean-up" not in body(written(site, 3).html)
    rule = {"rule": "postal", "says": "Addresses without a code", "owner": "lead", "at_most": 5, "open": None}
    tested = {"scenario": "pays", "test": "shop::pay", "result": "failed", "covered": False}
    rules = [rule, {**rule, "says": "Bounces", "at_most": None}]
    report = replace(reported(site, 3, clean_up=rules, scenarios=[tested]), percent=66)
    made = write(report)
    assert "66% are covered" in made.html and '<td data-head="Test">shop::pay</td>' in made.html
    assert "Addresses without a code (Lena Fischer (lead)): not counted yet, at most 5" in made.markdown
    assert "- Bounces (Lena Fischer (lead)): not counted yet\n" in made.markdown and "no limit" in made.html


def test_nothing_that_people_wrote_is_obeyed(site: Place) -> None:
    evidence = site.ledger.evidence(str(newest(site, 3).evidence_hash))
    assert isinstance(evidence, dict)
    worst = dict.fromkeys(("title", "says", "whose"), HOSTILE)
    project = site.project.model_copy(update={"title": HOSTILE})
    made = written(
        replace(site, project=project), 3, missing=[HOSTILE], issues=[{**each, **worst} for each in evidence["issues"]],
        waivers=[{"what": HOSTILE, "until": HOSTILE, "by": HOSTILE, "reason": HOSTILE}],
        results=[{**each, "says": HOSTILE, "verdict": "ERROR"} for each in evidence["results"]],
    )  # fmt: skip
    text = body(made.html)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "alert(1)</script>" not in text
    assert len(re.findall("<script", text)) == len(re.findall('<script type="application/json"', text)) == 3
    for sign in ("\x1b", "\u202e"):
        assert sign not in text and sign not in made.markdown
    assert re.search(r"(?<!\\)<script", made.markdown) is None and "](http" not in made.markdown.replace("\\]", "")


def test_a_word_of_the_project_file_is_set_as_code(site: Place) -> None:
    evidence = site.ledger.evidence(str(newest(site, 3).evidence_hash))
    assert isinstance(evidence, dict)
    issues = [{**each, "says": "mail is not under `sensitive`"} for each in evidence["issues"]]
    assert "<td>mail is not under <code>sensitive</code></td>" in written(site, 3, issues=issues).html


def test_the_file_needs_nothing_but_itself(site: Place) -> None:
    made = written(site, 3)
    page = body(made.html)
    assert re.findall(r"(?:src|href|action|url)\s*[=(]\s*[\"']?([^\"'\s>]+)", page) == []
    assert re.search(r"https?://", page) is None
    style = made.html.partition("<style")[2].partition("</style>")[0]
    assert "@import" not in style and "url(" not in style
    # Every script that runs, and the style, are those whose hashes the page allows, and no other is allowed.
    parts = re.findall(r"<(?:script|style id=[^>]*)>(.*?)</(?:script|style)>", made.html, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in parts]
    assert sorted(re.findall(r"'sha256-([^']+)'", made.policy)) == sorted(hashes) and len(hashes) == 3
    assert escape(made.policy) in made.html and "unsafe" not in made.policy


def test_a_pass_of_another_project_is_left_out(site: Place) -> None:
    about = newest(site, 3)
    mine = site.ledger.entries("test", kind="pass")
    foreign = [replace(each, project="other", payload={**each.payload, "number": 1}) for each in mine]
    assert [each.project for each in passes_up_to([*mine, *foreign], about)] == ["test"] * 3
    assert [each.seq for each in passes_up_to([*mine, *foreign], about)] == [newest(site, n).seq for n in (1, 2, 3)]


def test_it_says_how_it_was_made(site: Place) -> None:
    about = newest(site, 3)
    made = dict(reported(site, 3).made)
    assert made["Run"] == about.run and made["Code"] == about.code_hash and made["Suites"] == "ab" * 32
    assert made["Ledger, up to this pass"] == f"{about.seq}:{about.hash}" and made["Evidence"] == about.evidence_hash
