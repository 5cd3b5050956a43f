"""The review as a spreadsheet: a department's rows to take along, and its verdicts to bring back.

A workbook belongs to the rows that it was made from: once one of them was drawn anew with other values, it is
refused, and nothing of it is taken. Each line keeps what had been said when it was made: only what differs from that
is a verdict. Whatever comes from a database is written as text, never as a formula.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from golive.errors import ChecksFailed, Terminal
from golive.readiness.judging import SHOWN_FAULTS, Said
from golive.readiness.reviewed import VERDICTS, Listed, lists, mark_of, standing, verdicts

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from golive.project.people import Department
    from golive.readiness.site import Papers

ABOUT = "About"
VERDICT, COMMENT, MARKED, ROW, WAS = HEAD = ("verdict", "comment", "differs", "row", "was")
# Bytes of a workbook that is read, packed and unpacked.
LARGEST, UNPACKED = 20 << 20, 200 << 20
_LONGEST_CELL = 32_767
_LONGEST_TITLE = 31
_ABSENT = "no such row"
# What a sheet's XML cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _About:
    """What a workbook was made from: the hash of each table's rows, and the sheet on which they stand."""

    project: str
    department: str
    hashes: Mapping[str, str]
    sheets: Mapping[str, str]


def export(site: Papers, department: Department) -> bytes:
    """The workbook of a department: a sheet for each of its tables, with the verdicts that stand already.

    Only verdict and comment can be written in it. Terminal if the department has no rows to look at.
    """
    from openpyxl import Workbook

    mine, given = _lists(site, department), verdicts(site)
    if not mine:
        raise Terminal(
            f"project {site.project.name}: {department.name} has no rows to look at. Start"
            f" {site.project.name}.review once rows have crossed",
            project=site.project.name,
        )
    book = Workbook(write_only=True)
    titles = _titles(mine)
    about = book.create_sheet(ABOUT)
    _protect(about)
    for line in _about(site, department, mine, titles):
        about.append([_text(about, value) for value in line])
    for listed in mine:
        _sheet(book.create_sheet(titles[listed.table]), listed, {
            row: (one.verdict, one.comment) for row, one in standing(listed, given).items()
        })  # fmt: skip
    held = io.BytesIO()
    book.save(held)
    book.close()
    return held.getvalue()


def read(site: Papers, name: str, content: bytes) -> tuple[Said, ...]:
    """The lines of a workbook that ``export`` made and that hold a verdict; a row without one is still open.

    ``name`` is the file's, for messages. ChecksFailed, with every fault by file, sheet and cell, for a file that is
    none of ours, rows drawn anew since, rows that lack or stand twice, and a verdict that is none.
    """
    book = _opened(site, name, content)
    try:
        about = _read_about(site, name, book)
        department = next((each for each in site.project.departments if each.name == about.department), None)
        if about.project != site.project.name or department is None:
            raise _refused(site, name, [f"it is of {about.project}, {about.department}"])
        mine = {each.table: each for each in _lists(site, department)}
        _refuse_older(site, name, about, mine)
        said: list[Said] = []
        faults: list[str] = []
        for table, title in about.sheets.items():
            if title not in book.sheetnames:
                faults.append(f"the sheet {title} of {table} is missing")
                continue
            found, wrong = _read_sheet(name, book[title], mine[table])
            said += found
            faults += wrong
        if faults:
            raise _refused(site, name, faults)
        return tuple(said)
    finally:
        book.close()


def _lists(site: Papers, department: Department) -> list[Listed]:
    return [each for each in lists(site) if each.department.name == department.name and each.rows]


def _titles(mine: Sequence[Listed]) -> dict[str, str]:
    """Table -> the title of its sheet, each once whatever Excel cuts off."""
    titles: dict[str, str] = {}
    for number, listed in enumerate(mine, 1):
        plain = re.sub(r"[\[\]:*?/\\']", " ", listed.table.removeprefix("public."))
        short = plain[:_LONGEST_TITLE]
        taken = {each.lower() for each in (*titles.values(), ABOUT)}
        titles[listed.table] = short if short.lower() not in taken else f"{plain[: _LONGEST_TITLE - 5]} {number}"
    return titles


def _about(
    site: Papers, department: Department, mine: Sequence[Listed], titles: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    yield "project", site.project.name
    yield "department", department.name
    yield "what to do", f"On each sheet choose a verdict for every row: {', '.join(VERDICTS)}."
    yield "", "Wrong and unsure need a comment. Leave a row empty to look at it later."
    yield "", "*** stands for a value that is masked: within a row equal values have equal masks."
    yield "table", "sheet", "rows", "drawn as"
    for listed in mine:
        yield listed.table, titles[listed.table], str(len(listed.rows)), listed.hash


def _sheet(sheet: WriteOnlyWorksheet, listed: Listed, given: Mapping[str, tuple[str, str]]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    others = [column for column in listed.columns if column not in listed.key]
    head = [*HEAD, *listed.key, *(f"{column} ({side})" for column in others for side in ("old", "new"))]
    _protect(sheet)
    sheet.freeze_panes = "F2"
    for place in range(1, len(head) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 40 if head[place - 1] == COMMENT else 18
    for name in (ROW, WAS):
        sheet.column_dimensions[get_column_letter(HEAD.index(name) + 1)].hidden = True
    choice = DataValidation(
        type="list", formula1=f'"{",".join(VERDICTS)}"', allow_blank=True, showErrorMessage=True,
        errorTitle="No verdict", error=f"One of {', '.join(VERDICTS)}",
    )  # fmt: skip
    choice.add(f"A2:A{len(listed.rows) + 1}")
    sheet.data_validations.append(choice)
    sheet.append([_text(sheet, name, bold=True) for name in head])
    for row in listed.rows:
        verdict, comment = given.get(row["row"], ("", ""))
        sides = [None if side is None else dict(zip(listed.columns, side, strict=True))
                 for side in (row["source"], row["target"])]  # fmt: skip
        sheet.append([
            _text(sheet, verdict, open_=True), _text(sheet, comment, open_=True),
            _text(sheet, _marked(row)), _text(sheet, row["row"]), _text(sheet, mark_of(verdict, comment)),
            *(_text(sheet, part) for part in row["key"]),
            *(_text(sheet, _ABSENT if side is None else side[column], marked=_is_marked(row, column))
              for column in others for side in sides),
        ])  # fmt: skip


def _marked(row: Mapping[str, Any]) -> str:
    if row["source"] is None or row["target"] is None:
        return f"only in the {'new' if row['source'] is None else 'old'} system"
    return ", ".join(row["differs"])


def _is_marked(row: Mapping[str, Any], column: str) -> bool:
    return row["source"] is None or row["target"] is None or column in row["differs"]


def _text(
    sheet: WriteOnlyWorksheet, value: str | None, *, bold: bool = False, open_: bool = False, marked: bool = False
) -> WriteOnlyCell:
    """A cell of text, whatever the text begins with; NULL where there is no value."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill, Protection

    text = "NULL" if value is None else _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if len(text) > _LONGEST_CELL:
        text = text[: _LONGEST_CELL - 1] + "…"
    cell = WriteOnlyCell(sheet, value=text or None)
    if text:
        cell.data_type = "s"  # else what begins with = would be a formula
        cell.number_format = "@"
    cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    if marked:
        cell.fill = PatternFill("solid", fgColor="FFF1CC")
    if open_:
        cell.protection = Protection(locked=False)
    return cell


def _protect(sheet: WriteOnlyWorksheet) -> None:
    """Nothing but unlocked cells can be written; widths, sorting and filters can be changed."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def _opened(site: Papers, name: str, content: bytes) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    if len(content) > LARGEST or _unpacked(content) > UNPACKED:
        raise _refused(site, name, [f"it is larger than {LARGEST >> 20} MB, or becomes so when it is read"])
    try:
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        raise _refused(site, name, ["it is no workbook (.xlsx)"]) from error


def _unpacked(content: bytes) -> int:
    """How many bytes a workbook says that it holds; 0 for what is none."""
    from zipfile import ZipFile

    try:
        with ZipFile(io.BytesIO(content)) as file:
            return sum(each.file_size for each in file.infolist())
    except BadZipFile:
        return 0


def _read_about(site: Papers, name: str, book: Any) -> _About:
    if ABOUT not in book.sheetnames:
        raise _refused(site, name, [f"it has no sheet {ABOUT}: it is no export of a review"])
    said: dict[str, str] = {}
    hashes, sheets = dict[str, str](), dict[str, str]()
    for line in book[ABOUT].iter_rows(values_only=True, max_col=4):
        first, second, _, fourth = ("" if each is None else str(each) for each in (*line, None, None, None, None)[:4])
        if fourth and first != "table":
            sheets[first], hashes[first] = second, fourth
        elif first:
            said[first] = second
    return _About(said.get("project", ""), said.get("department", ""), hashes, sheets)


def _refuse_older(site: Papers, name: str, about: _About, mine: Mapping[str, Listed]) -> None:
    """ChecksFailed if a table's rows are not those that the workbook was made from, or lack in it."""
    changed = [
        table for table in {**about.hashes, **mine} if table not in mine or mine[table].hash != about.hashes.get(table)
    ]
    if changed:
        raise _refused(site, name, [
            f"it was made from other data: {', '.join(sorted(changed))} changed since. Export anew, on the review page"
            f" or with `golive review export {site.project.name} --department {about.department}`: verdicts on rows"
            " that did not change stand in it already"
        ])  # fmt: skip


def _read_sheet(name: str, sheet: Any, listed: Listed) -> tuple[list[Said], list[str]]:
    digests = {row["row"]: row["digest"] for row in listed.rows}
    said, faults = list[Said](), list[str]()
    lines = sheet.iter_rows(values_only=True, max_col=len(HEAD))
    head = tuple(next(lines, ()))
    if head != HEAD:
        return [], [f"{sheet.title}!A1: its first columns are not {', '.join(HEAD)}, as they were exported"]
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines, 2):
        verdict, comment, _, row, was = ("" if each is None else str(each).strip() for each in line)
        place = f"{name}, {sheet.title}!A{number}"
        if not row:
            if verdict or comment:
                faults.append(f"{place}: this verdict has no row; column D names it")
            continue
        seen[row] += 1
        if row not in digests:
            faults.append(f"{place}: {row[:40]!r} is none of the rows that were exported")
        elif seen[row] == 2:
            faults.append(f"{place}: this row stands twice")
        elif verdict and verdict.lower() not in VERDICTS:
            faults.append(f"{place}: {verdict[:40]!r} is no verdict. Right: {', '.join(VERDICTS)}, or nothing")
        elif verdict:
            said.append(Said(listed.table, row, digests[row], verdict.lower(), comment, place, was))
        elif comment:
            faults.append(f"{place}: a comment without a verdict. Right: one of {', '.join(VERDICTS)}")
    lacking = len(digests.keys() - seen.keys())
    if lacking:
        faults.append(f"{name}, {sheet.title}: {lacking} of {len(digests)} rows that were exported are missing")
    return said, faults


def _refused(site: Papers, name: str, faults: Sequence[str]) -> ChecksFailed:
    more = f"\nand {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
    return ChecksFailed(
        f"project {site.project.name}: nothing of {name} was taken:\n"
        + "\n".join(f"- {fault}" for fault in faults[:SHOWN_FAULTS])
        + more,
        project=site.project.name,
    )
