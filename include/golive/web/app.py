"""The report of a run, as a page and as JSON. Every route asks Airflow whether this person may read this DAG."""

from __future__ import annotations

import logging
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag, requires_authenticated
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from golive.errors import GoliveError, LedgerBroken, Terminal
from golive.flow import connections
from golive.ledger import Ledger
from golive.reports import RunLine, RunReport, run_report, runs
from golive.web import airflow_runs
from golive.web.render import page

PREFIX = "/golive"

log = logging.getLogger(__name__)
readable = Depends(requires_access_dag("GET", DagAccessEntity.RUN))

app = FastAPI(
    title="Golive", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(requires_authenticated())]
)


class Unknown(GoliveError):
    """Neither Airflow nor the ledger knows what was asked for."""


@app.get("/run/{dag_id}/{run_id}", dependencies=[readable])
def run_page(request: Request, dag_id: str, run_id: str, session: SessionDep) -> HTMLResponse:
    """The report of a run as a page."""
    report, airflow = _report(session, dag_id, run_id)
    return _page(request, report, airflow, dag_id, run_id, ())


@app.get("/dag/{dag_id}", dependencies=[readable])
def dag_page(request: Request, dag_id: str, session: SessionDep, user: GetUserDep) -> HTMLResponse:
    """The report of a DAG's latest run, and the runs of its project that this person may read."""
    project = _project(dag_id)
    with _ledger() as book:
        known = runs(book, project)
    run_id = airflow_runs.latest(session, dag_id)
    if run_id is None:
        mine = [line for line in known if line.run.startswith(f"{dag_id}/")]
        if not mine:
            raise Unknown(f"No run of {dag_id} is known, in Airflow or in the ledger. Start one in Airflow")
        run_id = mine[0].run.removeprefix(f"{dag_id}/")
    report, airflow = _report(session, dag_id, run_id)
    return _page(request, report, airflow, dag_id, run_id, _readable(known, user))


@app.get("/report.json", dependencies=[readable])
def run_json(dag_id: str, run_id: str, session: SessionDep) -> JSONResponse:
    """The report of a run as data, the same that the page shows."""
    report, airflow = _report(session, dag_id, run_id)
    return JSONResponse(report.as_dict() | {"airflow": airflow}, headers={"Cache-Control": "no-store"})


@app.exception_handler(GoliveError)
def _sentence(request: Request, error: GoliveError) -> Response:
    """404 for what is not known, 503 for a ledger that cannot be read: one sentence in either form."""
    known = not isinstance(error, Unknown)
    status, title = (503, "The ledger cannot be read") if known else (404, "Not known")
    if isinstance(error, LedgerBroken):
        title = "The ledger does not hold"
    if known:
        log.error("%s: %s", title, error.message)
    if request.url.path.endswith(".json"):
        return JSONResponse({"detail": error.message}, status_code=status)
    made = page("message.html", title=title, says=error.message, root=_root(request), refresh=False)
    return HTMLResponse(made.html, status_code=status, headers=made.headers)


def _report(session: Any, dag_id: str, run_id: str) -> tuple[RunReport, str | None]:
    """The report, and Airflow's state of the run; Unknown if neither side knows the run."""
    airflow = airflow_runs.state_of(session, dag_id, run_id)
    with _ledger() as book:
        report = run_report(book, _project(dag_id), f"{dag_id}/{run_id}", airflow=airflow)
    if airflow is None and not (report.steps and not report.shown_from):
        raise Unknown(f"No run {run_id} of {dag_id} is known, in Airflow or in the ledger. Open it from its DAG's runs")
    return report, airflow


def _page(
    request: Request, report: RunReport, airflow: str | None, dag_id: str, run_id: str, lines: tuple[RunLine, ...]
) -> HTMLResponse:
    made = page(
        "report.html", report=report, airflow=airflow, dag_id=dag_id, run_id=run_id, runs=lines, root=_root(request),
        refresh=airflow in airflow_runs.GOING,
    )
    return HTMLResponse(made.html, headers=made.headers)


def _ledger() -> Ledger:
    """The ledger; Terminal, in one sentence, if Airflow has no connection to it."""
    if connections.find(connections.LEDGER) is None:
        raise Terminal(
            f"Airflow has no connection {connections.LEDGER}: add it under Admin > Connections, or set"
            f" AIRFLOW_CONN_{connections.LEDGER.upper()} for the API server"
        )
    return connections.ledger()


def _readable(lines: tuple[RunLine, ...], user: Any) -> tuple[RunLine, ...]:
    """Those of the runs whose DAG this person may read."""
    allowed = get_auth_manager().get_authorized_dag_ids(user=user, method="GET")
    return tuple(line for line in lines if line.run.partition("/")[0] in allowed)


def _project(dag_id: str) -> str:
    return dag_id.partition(".")[0]


def _root(request: Request) -> str:
    """The path under which Airflow's UI stands, without a slash at its end."""
    return str(request.scope.get("root_path", "")).removesuffix(PREFIX)
