"""The demo's reviewers: each takes the workbook of their department along, fills it in, and brings it back.

They find right what the machine found equal. A row that changed in the old system since it crossed differs until the
next increment: they leave it open, as people would who look at it again later.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from golive.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from golive.project import Project
    from golive.project.people import Department

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def review(project: Project, url: str, passwords: Mapping[str, str]) -> int:
    """Judge every row that the departments were given, over the review's page; gives how many were found right.

    Terminal where nobody of the demo may review for a department, or the page takes no verdict.
    """
    return sum(_judge(project, url, passwords, each) for each in project.departments if each.tables)


def _judge(project: Project, url: str, passwords: Mapping[str, str], department: Department) -> int:
    holders = project.holders(department.head, datetime.now(UTC).date())
    person = next((each for each in holders if each in passwords), None)
    if person is None:
        raise Terminal(f"project {project.name}: nobody of the demo reviews for {department.name}")
    page = f"/golive/project/{project.name}/review"
    with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
        sign_in = {"username": person, "password": passwords[person]}
        signed = _right(client.post("/auth/token", json=sign_in)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {signed}"
        token = _TOKEN.search(_right(client.get(page)).text)
        if token is None:
            raise Terminal(f"{page} offers {person} no form")
        book, found = _filled_in(_right(client.get(f"{page}.xlsx", params={"department": department.name})).content)
        files = {"file": (f"{department.name}.xlsx", book)}
        _right(client.post(f"{page}/workbook", data={"token": token[1]}, files=files))
    return found


def _filled_in(content: bytes) -> tuple[bytes, int]:
    """The workbook with a verdict on every row in which nothing differs, and how many those are."""
    from openpyxl import load_workbook

    book, found = load_workbook(io.BytesIO(content)), 0
    for sheet in book.worksheets[1:]:
        for verdict, _, differs, row in sheet.iter_rows(min_row=2, max_col=4):
            if row.value and not differs.value:
                verdict.value = "right"
                found += 1
    held = io.BytesIO()
    book.save(held)
    return held.getvalue(), found


def _right(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        said = re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", answer.text, flags=re.DOTALL))
        raise Terminal(f"{answer.request.url.path} answered {answer.status_code}: {said.strip()[:500]}")
    return answer
