"""What people fill in by hand: one form for each kind of thing, or lines of CSV with the same fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from golive.errors import ChecksFailed
from golive.project.declared import Slug

MAX_CSV = 200_000
MAX_LINES = 2_000

Short = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(min_length=1, max_length=4_000)]
Link = Annotated[str, Field(max_length=2_000, pattern=r"^(https?://\S+)?$", description="a link: https://...")]
Day = Annotated[date, Field(description="a day as YYYY-MM-DD")]
Number = Annotated[int, Field(ge=0, le=1_000_000)]
Minutes = Annotated[
    str,
    Field(
        max_length=20_000,
        pattern=r"^(\d{1,6}([\s,]+\d{1,6})*)?$",
        description="the minutes that each first answer of the day took, separated by blanks: 12 45 8",
    ),
]
Person = Annotated[str, Field(min_length=1, max_length=200, description="a user id, as people sign in with")]
Degree = Literal["low", "medium", "high"]


class Given(BaseModel):
    """One line of what somebody enters. The descriptions say what would be right."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Attendance(Given):
    person: Person
    course: Short
    on: Day


class Exercise(Given):
    person: Person
    exercise: Short
    on: Day


class Material(Given):
    name: Short
    kind: Literal["guide", "script", "demo", "video", "exercise"]
    build: Short
    link: Link = ""


class Delivery(Given):
    name: Short
    on: Day


class Meeting(Given):
    meeting: Short
    on: Day
    present: Annotated[str, Field(min_length=1, max_length=4_000, description="user ids, separated by blanks")]
    minutes: Long


class Communication(Given):
    subject: Annotated[str, Field(min_length=1, max_length=200, description="the name of the plan, or in words")]
    to: Short
    on: Day
    link: Link = ""


class Release(Given):
    subject: Annotated[str, Field(min_length=1, max_length=200, description="the name of a message with a text")]
    release: Annotated[Literal["yes", "no"], Field(description="yes, or no to take an earlier yes back")]


class Obligation(Given):
    department: Slug
    obligation: Annotated[str, Field(min_length=1, max_length=1_000, description="its text, or its number from 1")]
    state: Literal["open", "closed"]
    on: Day


class Risk(Given):
    id: Slug
    says: Long
    likelihood: Degree
    impact: Degree
    owner: Slug
    mitigation: Long
    review: Day
    state: Literal["open", "accepted", "closed"]


class Issue(Given):
    id: Annotated[str, Field(max_length=200, pattern=r"^[a-z][a-z0-9_./-]*$", description="lower case, as a/b_1")]
    title: Short
    severity: Literal["critical", "major", "minor", "opportunity"]
    owner: Slug
    state: Annotated[Literal["open", "closed"], Field(description="open or closed; a pass asks a sponsor to waive")]
    says: Long


class DocumentRead(Given):
    name: Short


class Tickets(Given):
    on: Day
    level: Annotated[int, Field(ge=1, le=3)]
    opened: Number
    closed: Number
    open: Number
    answered: Minutes = ""


FORMS: dict[str, type[Given]] = {
    "attendance": Attendance,
    "exercise": Exercise,
    "material": Material,
    "delivery": Delivery,
    "meeting": Meeting,
    "communication": Communication,
    "message release": Release,
    "obligation": Obligation,
    "risk": Risk,
    "issue": Issue,
    "document read": DocumentRead,
    "tickets": Tickets,
}


def lines(project: str, form: type[Given], given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, values) of every line of the CSV, or of the form alone; ChecksFailed for what is neither, or too much."""
    text = str(given.get("csv") or "").strip()
    filled = {name: value for name, value in given.items() if name not in ("what", "csv") and value not in (None, "")}
    columns = list(form.model_fields)
    if not text:
        yield "", filled
        return
    if filled:
        raise _no(project, f"both `csv` and {', '.join(filled)} are filled in. Right: either the lines, or the fields")
    if len(text) > MAX_CSV:
        raise _no(project, f"the CSV has {len(text)} characters. Right: at most {MAX_CSV}; enter it in parts")
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        if set(header) - set(columns) or len(set(header)) != len(header):
            raise _no(project, f"line 1: the columns are {', '.join(header)}. Right: {','.join(columns)}")
        count = 0
        for row in reader:
            if not row:
                continue
            count += 1
            if count > MAX_LINES:
                raise _no(project, f"there are more than {MAX_LINES} lines. Right: enter them in parts")
            if len(row) != len(header):
                raise _no(
                    project, f"line {reader.line_num}: {len(row)} values for {len(header)} columns. Right: as many"
                )
            yield f"line {reader.line_num}, column ", {n: v for n, v in zip(header, row, strict=True) if v.strip()}
    except csv.Error as error:
        raise _no(project, f"line {reader.line_num}: {error}. Right: values separated by commas") from error
    if not count:
        raise _no(project, "the CSV has a header and no line. Right: a line for each entry")


def fault(form: type[Given], error: Any) -> str:
    """One of pydantic's errors as a field, what it holds, and what would be right."""
    name = str(error["loc"][0]) if error["loc"] else "all of it"
    if error["type"] == "extra_forbidden":
        return f"{name}: it is not asked for here. Right: {', '.join(form.model_fields)}"
    if error["type"] == "missing":
        return f"{name}: it was not filled in. Right: {_right(form, name) or 'fill it in'}"
    return f"{name}: {str(error['input'])[:80]!r}. Right: {_right(form, name) or error['msg']}"


def _no(project: str, what: str) -> ChecksFailed:
    return ChecksFailed(f"project {project}: nothing was kept: {what}", project=project)


def _right(form: type[Given], name: str) -> str:
    field = form.model_fields.get(name)
    return (field.description or "") if field is not None else ""
