"""A department's rows as a workbook: taken along, filled in, brought back; and whatever else comes back."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from tests.integration.readiness.reviewing import TEXT, draw, judge, listed, on_source, on_target, said
from tests.integration.readiness.site import Place
from typer.testing import CliRunner

from golive.cli import app
from golive.errors import ChecksFailed, NotPermitted, Terminal
from golive.project.people import Department
from golive.readiness.judging import hand_in
from golive.readiness.reviewed import entities
from golive.readiness.spreadsheet import export, read

NAME = "records.xlsx"


@pytest.fixture
def site(site: Place) -> Place:
    """Its rows are drawn."""
    draw(site)
    return site


def department(site: Place, name: str) -> Department:
    return next(each for each in site.project.departments if each.name == name)


def edited(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The workbook as a person saves it after a change."""
    book = load_workbook(io.BytesIO(content))
    change(book)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def fill(verdict: str = "right", comment: str = "", lines: slice = slice(None)) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        for row in list(book["pupil"].iter_rows(min_row=2))[lines]:
            row[0].value, row[1].value = verdict, comment or None

    return change


def test_a_workbook_goes_out_and_its_verdicts_come_back(site: Place) -> None:
    judge(site, "ruth", said(site, "pupil", {0: "unsure"}))
    content = export(site, department(site, "records"))
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["About", "pupil"]
    sheet = book["pupil"]
    head = [cell.value for cell in sheet[1]]
    assert head[:6] == ["verdict", "comment", "differs", "row", "was", "pupil_no"]
    assert head[6:] == [f"{name} ({side})" for name in ("full_name", "lunch", "school") for side in ("old", "new")]
    assert sheet.max_row == 101 and sheet["A2"].value == "unsure"
    # Verdict and comment can be written, and nothing else.
    assert sheet.protection.sheet and book["About"].protection.sheet
    assert [cell.protection.locked for cell in sheet[2]][:5] == [False, False, True, True, True]
    assert [sheet.column_dimensions[letter].hidden for letter in "CDEF"] == [False, True, True, False]
    (choice,) = sheet.data_validations.dataValidation
    assert choice.formula1 == '"right,wrong,unsure"' and str(choice.sqref) == "A2:A101"
    taken = read(site, NAME, edited(content, fill(lines=slice(40))))
    assert len(taken) == 40 and hand_in(site, "carla", taken, site.hashes) == 40
    pupil = next(each for each in entities(site) if each.table == "public.pupil")
    assert (pupil.right, pupil.unsure, pupil.untouched) == (40, 0, 60)
    assert hand_in(site, "carla", taken, site.hashes) == 0


def test_a_line_that_was_not_touched_is_no_verdict_and_a_file_never_covers_a_newer_one(site: Place) -> None:
    judge(site, "ruth", said(site, "pupil", {0: "unsure", 1: "right"}, comment="two\x07 words"))
    content = export(site, department(site, "records"))
    judge(site, "carla", said(site, "pupil", {0: "wrong", 1: "wrong"}))
    taken = read(site, NAME, edited(content, fill(lines=slice(2, 10))))
    assert len(taken) == 10 and hand_in(site, "ruth", taken, site.hashes) == 8
    pupil = next(each for each in entities(site) if each.table == "public.pupil")
    assert (pupil.right, pupil.wrong, pupil.unsure) == (8, 2, 0)
    with pytest.raises(ChecksFailed, match=r"records.xlsx, pupil!A2: Carla Diaz judged this row since it was shown"):
        hand_in(site, "ruth", read(site, NAME, edited(content, fill(lines=slice(1)))), site.hashes)


def test_what_comes_from_a_database_is_text_and_what_is_sensitive_is_masked(site: Place) -> None:
    on_target(site, "update pupil set school = '=HYPERLINK(\"x\")', full_name = '+Secret' || pupil_no")
    draw(site)
    content = export(site, department(site, "records"))
    book = load_workbook(io.BytesIO(content))
    cells = [cell for row in book["pupil"].iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"} and all(cell.quotePrefix for cell in cells)
    values = {str(cell.value) for cell in cells}
    assert '=HYPERLINK("x")' in values and any(value.startswith("=cmd|") for value in values)
    assert not [value for value in values if "Secret" in value]


def test_a_workbook_of_older_rows_is_refused_and_says_which(site: Place) -> None:
    content = edited(export(site, department(site, "records")), fill())
    key = listed(site, "pupil").rows[0]["key"][0]
    for on_side in (on_source, on_target):
        on_side(site, f"update pupil set school = 'moved' where pupil_no = {key}")
    draw(site)
    with pytest.raises(ChecksFailed) as refused:
        read(site, NAME, content)
    assert "it was made from other data: public.pupil changed since. Export anew" in refused.value.message
    assert "golive review export test --department records" in refused.value.message


def test_whatever_is_wrong_is_told_with_file_sheet_and_cell(site: Place) -> None:
    content = export(site, department(site, "records"))

    def spoil(book: Any) -> None:
        sheet = book["pupil"]
        sheet["A2"], sheet["A3"], sheet["B4"] = "yes", " Right ", "a comment alone"
        sheet["D6"] = sheet["D7"].value
        sheet["D8"] = "0" * 20
        sheet["D9"], sheet["A9"] = None, "right"

    with pytest.raises(ChecksFailed) as refused:
        read(site, NAME, edited(content, spoil))
    for fault in (
        "records.xlsx, pupil!A2: 'yes' is no verdict. Right: right, wrong, unsure, or nothing",
        "records.xlsx, pupil!A4: a comment without a verdict",
        "records.xlsx, pupil!A7: this row stands twice",
        "records.xlsx, pupil!A8: '00000000000000000000' is none of the rows that were exported",
        "records.xlsx, pupil!A9: this verdict has no row",
        "records.xlsx, pupil: 3 of 100 rows that were exported are missing",
    ):
        assert fault in refused.value.message
    assert "A3" not in refused.value.message

    def fewer(book: Any) -> None:
        book["pupil"].delete_rows(5, 10)

    with pytest.raises(ChecksFailed, match="10 of 100 rows that were exported are missing"):
        read(site, NAME, edited(content, fewer))

    def without(book: Any) -> None:
        del book["pupil"]

    with pytest.raises(ChecksFailed, match=r"the sheet pupil of public\.pupil is missing"):
        read(site, NAME, edited(content, without))
    needs = read(site, NAME, edited(content, fill("wrong", lines=slice(1))))
    with pytest.raises(ChecksFailed, match=r"records.xlsx, pupil!A2: wrong needs a comment"):
        hand_in(site, "ruth", needs, site.hashes)
    with pytest.raises(NotPermitted, match=r"the rows of public\.pupil are for Student records to judge"):
        hand_in(site, "fred", needs, site.hashes)


def test_what_is_no_workbook_of_a_review_is_refused(site: Place) -> None:
    empty = io.BytesIO()
    Workbook().save(empty)
    for content in (b"", b"PK\x03\x04 and no more", b"verdict;comment"):
        with pytest.raises(ChecksFailed, match=r"it is no workbook \(.xlsx\)"):
            read(site, NAME, content)
    with pytest.raises(ChecksFailed, match="it has no sheet About"):
        read(site, NAME, empty.getvalue())
    with pytest.raises(Terminal, match="nobody has no rows to look at"):
        export(site, Department(name="nobody", head="lead"))


def test_the_commands(site: Place, tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "project.yaml").write_text(TEXT)
    file = tmp_path / NAME
    url = site.ledger._engine.url.render_as_string(hide_password=False)
    common = ["--ledger", url, "--folder", str(tmp_path)]

    def golive(*words: str) -> Any:
        return CliRunner().invoke(app, ["review", *words, *common])

    unknown = golive("export", "test", "--department", "nobody", "-o", str(file))
    assert unknown.exit_code == 1 and "Right: records, office" in unknown.output
    assert golive("export", "test", "--department", "records", "-o", str(file)).exit_code == 0
    again = golive("export", "test", "--department", "records", "-o", str(file))
    assert again.exit_code == 1 and "is there already" in again.output
    file.write_bytes(edited(file.read_bytes(), fill(lines=slice(3))))
    refused = golive("import", "test", str(file), "--by", "fred")
    assert refused.exit_code == 1 and "not for Fred Nowak" in " ".join(refused.output.split())
    taken = golive("import", "test", str(file), "--by", "ruth")
    assert taken.exit_code == 0 and "3 verdicts, 3 of them new, by Ruth Ames." in taken.output
    entry = site.ledger.last("test", "review")
    assert entry is not None and (entry.actor, entry.payload["right"], entry.stage) == ("ruth", 3, "review")
