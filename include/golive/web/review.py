"""The review's pages: how far it is, a department's rows side by side, and the verdicts on them.

Whoever may read the project sees how far it is; rows are shown to the people alone who review them. Verdicts come
from Airflow's own sign-in, and only from a form that this server gave to the same person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from golive.errors import ChecksFailed, GoliveError, NotPermitted
from golive.ledger import Ledger, code_hash
from golive.project import Project
from golive.project.files import loaded
from golive.project.people import Department
from golive.readiness.follow_up import Today
from golive.readiness.judging import LONGEST, Said, hand_in
from golive.readiness.reviewed import (
    UNSURE,
    VERDICTS,
    WRONG,
    Listed,
    Verdict,
    departments_of,
    entity,
    lists,
    mark_of,
    reviewers,
    standing,
    verdicts,
)
from golive.readiness.spreadsheet import export, read
from golive.web.access import readable_dags
from golive.web.common import Unknown, open_ledger, readable_project, root_of
from golive.web.forms import File, Form, given_to, refuse_forged, text
from golive.web.render import page

ROWS = 20
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Show = Literal["open", "wrong", "unsure", "all"]

router = APIRouter()


@dataclass(frozen=True)
class Visit:
    """One person at one project's review, on an open ledger."""

    site: Today
    project_hash: str
    person: str
    mine: tuple[Department, ...]

    @property
    def project(self) -> Project:
        return self.site.project


@router.get("/project/{project}/review")
def review_page(
    request: Request,
    project: str,
    session: SessionDep,
    user: GetUserDep,
    table: str = "",
    show: Show = "open",
    place: int = 1,
    saved: int | None = None,
) -> HTMLResponse:
    """How far the review is; of one table, for those who review it, its rows."""
    with open_ledger() as book:
        visit = _visit(session, user, project, book)
        return _shown(request, visit, table, show, place, says="" if saved is None else _kept(saved))


@router.post("/project/{project}/review")
def give_verdicts(request: Request, project: str, session: SessionDep, user: GetUserDep, form: Form) -> Response:
    """Keep the verdicts of a page of rows, all or none; what was typed stays on the page if one is refused."""
    table, show = text(form, "table"), _show(form)
    with open_ledger() as book:
        visit = _visit(session, user, project, book)
        said = _said(form, table)
        try:
            refuse_forged(request, form, visit.person, visit.project.name)
            fresh = hand_in(visit.site, visit.person, said, _hashes(visit))
        except (NotPermitted, ChecksFailed) as error:
            typed = {each.row: (each.verdict, each.comment) for each in said if each.is_new}
            return _shown(
                request, visit, table, show, _number(text(form, "place")), wrong=error.message, typed=typed,
                status=_status(error),
            )  # fmt: skip
    return RedirectResponse(f"?{urlencode({'table': table, 'show': show, 'saved': fresh})}", 303)


@router.get("/project/{project}/review.xlsx")
def workbook(project: str, session: SessionDep, user: GetUserDep, department: str = "") -> Response:
    """A department's rows as a workbook, for those who review them."""
    with open_ledger() as book:
        visit = _visit(session, user, project, book)
        mine = next((each for each in visit.mine if each.name == department), None)
        if mine is None:
            raise Unknown(f"You review for no department {department} of {project}")
        content = export(visit.site, mine)
    named = f'attachment; filename="{project}-{mine.name}.xlsx"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=WORKBOOK, headers=headers)


@router.post("/project/{project}/review/workbook")
def take_workbook(request: Request, project: str, session: SessionDep, user: GetUserDep, sent: File) -> Response:
    """Keep the verdicts of a workbook that was filled in, all or none."""
    form, name, content = sent
    with open_ledger() as book:
        visit = _visit(session, user, project, book)
        try:
            refuse_forged(request, form, visit.person, visit.project.name)
            said = read(visit.site, name or "the file", content)
            fresh = hand_in(visit.site, visit.person, said, _hashes(visit))
        except (NotPermitted, ChecksFailed) as error:
            return _shown(request, visit, "", "open", 1, wrong=error.message, status=_status(error))
    return RedirectResponse(f"../review?{urlencode({'saved': fresh})}", 303)


def _visit(session: Any, user: Any, name: str, book: Ledger) -> Visit:
    project = readable_project(session, readable_dags(user), name)
    if project.review is None:
        raise Unknown(f"The project file of {name} declares no review")
    site = Today(project, book, datetime.now(ZoneInfo(project.timezone)).date())
    person = str(user.get_id())
    mine = tuple(each for each in departments_of(site, person) if each.tables)
    return Visit(site, loaded(name)[1], person, mine)


def _shown(
    request: Request,
    visit: Visit,
    table: str,
    show: Show,
    place: int,
    *,
    says: str = "",
    wrong: str = "",
    typed: Mapping[str, tuple[str, str]] | None = None,
    status: int = 200,
) -> HTMLResponse:
    site, now, given = visit.site, lists(visit.site), verdicts(visit.site)
    names = {each.name for each in visit.mine}
    listed = next((each for each in now if each.table == table and each.department.name in names), None)
    made = page(
        "review.html", forms=True, root=root_of(request), refresh=0, project=visit.project,
        base=f"{request.scope.get('root_path', '')}/project/{quote(visit.project.name)}/review", says=says, wrong=wrong,
        me=visit.project.called(visit.person), mine=[(each, _name(each)) for each in visit.mine],
        who=_who(site), departments=_progress(visit, now, given),
        token=given_to(visit.person, visit.project.name),
        listed=listed, entity=entity(site, listed, given) if listed else None, show=show, verdicts=VERDICTS,
        longest=LONGEST, **_rows(visit, listed, given, show, place, typed or {}),
    )  # fmt: skip
    return HTMLResponse(made.html, status_code=status, headers=made.headers)


def _progress(visit: Visit, now: Sequence[Listed], given: Mapping[tuple[str, str], Verdict]) -> list[dict[str, Any]]:
    """Each department with its tables, how far each is, and the sum."""
    found = []
    for department in visit.project.departments:
        theirs = [(each, entity(visit.site, each, given)) for each in now if each.department.name == department.name]
        if not department.tables:
            continue
        sums = {
            name: sum(getattr(one, name) for _, one in theirs)
            for name in ("to_review", "right", "wrong", "unsure", "untouched")
        }
        found.append({
            "name": _name(department), "mine": department in visit.mine, "sums": sums,
            "entities": [(each, one) for each, one in theirs],
        })  # fmt: skip
    return found


def _rows(
    visit: Visit,
    listed: Listed | None,
    given: Mapping[tuple[str, str], Verdict],
    show: Show,
    place: int,
    typed: Mapping[str, tuple[str, str]],
) -> dict[str, Any]:
    """The rows of one page, and which page of how many it is."""
    if listed is None:
        return {"rows": [], "place": 1, "places": 1, "count": 0}
    held = standing(listed, given)
    wanted = [row for row in listed.rows if show == "all" or _is_shown(held.get(row["row"]), show)]
    places = max(1, -(-len(wanted) // ROWS))
    place = min(max(1, place), places)
    chosen = wanted[(place - 1) * ROWS : place * ROWS]
    rows = [_row(visit, listed, row, held.get(row["row"]), given, typed.get(row["row"])) for row in chosen]
    return {"rows": rows, "place": place, "places": places, "count": len(wanted)}


def _is_shown(verdict: Verdict | None, show: Show) -> bool:
    said = verdict.verdict if verdict else ""
    return said in ("", UNSURE) if show == "open" else said == show


def _row(
    visit: Visit,
    listed: Listed,
    row: Mapping[str, Any],
    held: Verdict | None,
    given: Mapping[tuple[str, str], Verdict],
    typed: tuple[str, str] | None,
) -> dict[str, Any]:
    """A row as the page shows it: every column with both values, and what was said about it."""
    sides = [row[side] or [None] * len(listed.columns) for side in ("source", "target")]
    before = given.get((listed.table, row["row"]))
    verdict, comment = typed or ((held.verdict, held.comment) if held else ("", ""))
    return {
        "row": row["row"], "digest": row["digest"], "was": mark_of(held.verdict, held.comment) if held else "",
        "key": ", ".join(row["key"]), "verdict": verdict, "comment": comment,
        "lacks": "old" if row["source"] is None else "new" if row["target"] is None else "",
        "differs": row["differs"], "said": held, "by": visit.project.called(held.by) if held else "",
        "void": before is not None and held is None,
        "cells": [
            (column, mine, yours, column in row["differs"])
            for column, mine, yours in zip(listed.columns, *sides, strict=True)
        ],
    }  # fmt: skip


def _who(site: Today) -> list[tuple[str, str]]:
    return [
        (_name(each), " or ".join(map(site.project.called, reviewers(site, each))) or "nobody today")
        for each in site.project.departments
        if each.tables
    ]


def _name(department: Department) -> str:
    return department.title or department.name.replace("_", " ")


def _said(form: FormData, table: str) -> list[Said]:
    """The rows of a form for which a verdict was chosen, or a comment written."""
    rows = [name.removeprefix("digest-") for name in form if name.startswith("digest-")]
    return [
        Said(
            table, row, text(form, f"digest-{row}"), verdict, text(form, f"comment-{row}"),
            f"the row {text(form, f'key-{row}')}", text(form, f"was-{row}"),
        )
        for row in rows
        if (verdict := text(form, f"verdict-{row}")) or text(form, f"comment-{row}")
    ]  # fmt: skip


def _hashes(visit: Visit) -> dict[str, str]:
    return {"project_hash": visit.project_hash, "code_hash": code_hash()}


def _status(error: GoliveError) -> int:
    return 403 if isinstance(error, NotPermitted) else 409


def _kept(saved: int) -> str:
    return f"{saved:,} new verdict{'s' * (saved != 1)} kept."


def _show(form: FormData) -> Show:
    said = text(form, "show")
    return "wrong" if said == WRONG else "unsure" if said == UNSURE else "all" if said == "all" else "open"


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 1
