"""The report of a validation pass, as it was made: the very bytes that the ledger keeps."""

from __future__ import annotations

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from golive.ledger import Kind
from golive.reports.kept import kept, page_of
from golive.web.access import readable_dags
from golive.web.common import Unknown, open_ledger, readable_project

router = APIRouter()


@router.get("/project/{project}/pass/{number}")
def pass_page(project: str, number: int, session: SessionDep, user: GetUserDep) -> HTMLResponse:
    """The newest report of a pass, for whoever may read the project as a whole.

    Proven against its hash before it is served. Its scripts run by their hashes alone, and without the reader's
    sign-in: the page is a place of its own, from which nothing of Airflow can be reached.
    """
    readable_project(session, readable_dags(user), project)
    with open_ledger() as book:
        report = next((each for each in kept(book.entries(project, kind=Kind.REPORT)) if each.number == number), None)
        if report is None:
            raise Unknown(f"Project {project} has no report of a pass {number}: it is made once the pass is judged")
        html = page_of(book, report)
    headers = {
        "Content-Security-Policy": f"{report.policy}; frame-ancestors 'self'; sandbox allow-scripts",
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
    }  # fmt: skip
    return HTMLResponse(html, headers=headers)
