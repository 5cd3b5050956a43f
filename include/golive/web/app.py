"""The pages: the roadmap of all projects, one project, the report of a run; and each as JSON.

Every route asks Airflow what this person may read, and shows nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag, requires_authenticated
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from golive.errors import ConnectionLost, GoliveError, LedgerBroken, ProjectError
from golive.flow.alerts import in_words
from golive.ledger import Ledger
from golive.project import Project, load, names
from golive.reports import (
    MOVING,
    Roadmap,
    RunLine,
    RunReport,
    StageReport,
    as_data,
    project_report,
    report_of,
    roadmap,
    runs,
)
from golive.reports.roadmap import GOING
from golive.reports.words import lines
from golive.web import airflow_runs
from golive.web.access import readable_dags, readable_projects
from golive.web.common import Unknown, open_ledger, readable_project, root_of
from golive.web.passes import router as passing
from golive.web.render import page
from golive.web.review import router as reviewing

# How the DAGs begin that are Golive's own and no project's.
OWN = "golive."
# Seconds after which a page asks for its newer content: while a run goes on, and always on the roadmap.
RUN_SECONDS, ROADMAP_SECONDS = 5, 30
ALARMS_OF = timedelta(hours=24)

_FOREIGN = "{} is no DAG of a project of Golive: nothing of it stands in the ledger"

log = logging.getLogger(__name__)
readable = Depends(requires_access_dag("GET", DagAccessEntity.RUN))

app = FastAPI(
    title="Golive", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(requires_authenticated())]
)
app.include_router(reviewing)
app.include_router(passing)


@app.get("/")
def roadmap_page(request: Request, session: SessionDep, user: GetUserDep) -> HTMLResponse:
    """The roadmaps of all projects that this person may read."""
    return _roadmaps(request, session, user)


@app.get("/roadmap.json")
def roadmap_json(session: SessionDep, user: GetUserDep) -> JSONResponse:
    """The roadmaps as data, the same that the page shows."""
    allowed = readable_dags(user)
    projects, errors = readable_projects(session, allowed)
    made, unread = _read(session, projects)
    data = {
        "projects": [as_data(each) for each in made],
        "wrong_files": [{"project": error.project, "says": lines(error.message)} for error in errors],
        "unread": [{"project": error.project, "says": lines(error.message)} for error in unread],
        "failed_jobs": [f"{dag_id}/{run_id}" for dag_id, run_id in _failed_jobs(session, projects, allowed)],
    }
    return JSONResponse(data, headers={"Cache-Control": "no-store"})


@app.get("/project/{project}")
def project_page(request: Request, project: str, session: SessionDep, user: GetUserDep) -> HTMLResponse:
    """One project: its roadmap, and all that the ledger's views tell of it."""
    return _project(request, session, user, project)


@app.get("/run/{dag_id}/{run_id}", dependencies=[readable])
def run_page(request: Request, dag_id: str, run_id: str, session: SessionDep, user: GetUserDep) -> HTMLResponse:
    """The report of a run as a page; of a run of Golive's own, which is no project's, the roadmaps."""
    if dag_id.startswith(OWN):
        return _roadmaps(request, session, user)
    report, airflow = _report(session, dag_id, run_id)
    return _run(request, report, airflow, ())


@app.get("/dag/{dag_id}", dependencies=[readable])
def dag_page(request: Request, dag_id: str, session: SessionDep, user: GetUserDep) -> HTMLResponse:
    """The report of a stage's latest run; of a DAG that is no stage, or has no run, the project as it stands."""
    if dag_id.startswith(OWN):
        return _roadmaps(request, session, user)
    name, _, stage = dag_id.partition(".")
    if name not in names():
        raise Unknown(_FOREIGN.format(dag_id))
    if stage not in MOVING and load(name).stage(stage) is None:
        return _project(request, session, user, name)
    with open_ledger() as book:
        known = runs(book, name)
    run_id = airflow_runs.latest(session, dag_id)
    if run_id is None:
        mine = [line for line in known if line.run.startswith(f"{dag_id}/")]
        if not mine:
            return _project(request, session, user, name)
        run_id = mine[0].run.removeprefix(f"{dag_id}/")
    report, airflow = _report(session, dag_id, run_id)
    allowed = readable_dags(user)
    return _run(request, report, airflow, tuple(each for each in known if each.run.partition("/")[0] in allowed))


@app.get("/report.json", dependencies=[readable])
def run_json(dag_id: str, run_id: str, session: SessionDep) -> JSONResponse:
    """The report of a run as data, the same that the page shows."""
    report, airflow = _report(session, dag_id, run_id)
    return JSONResponse(as_data(report) | {"airflow": airflow}, headers={"Cache-Control": "no-store"})


@app.exception_handler(GoliveError)
def _sentence(request: Request, error: GoliveError) -> Response:
    """404 for what is not known, 503 for what cannot be read: one sentence in either form."""
    known = not isinstance(error, Unknown)
    status, title = (503, "The ledger cannot be read") if known else (404, "Not known")
    if isinstance(error, LedgerBroken):
        title = "The ledger does not hold"
    if isinstance(error, ProjectError):
        title = "The project file is wrong"
    if known:
        log.error("%s: %s", title, error.message)
    if request.url.path.endswith(".json"):
        return JSONResponse({"detail": lines(error.message)}, status_code=status)
    made = page("message.html", title=title, says=lines(error.message), root=root_of(request), refresh=0)
    return HTMLResponse(made.html, status_code=status, headers=made.headers)


def _roadmaps(request: Request, session: Any, user: Any) -> HTMLResponse:
    allowed = readable_dags(user)
    projects, errors = readable_projects(session, allowed)
    found, unread = _read(session, projects)
    made = page(
        "roadmap.html", roadmaps=found, errors=errors, unread=unread,
        jobs=_failed_jobs(session, projects, allowed), root=root_of(request), refresh=ROADMAP_SECONDS,
    )  # fmt: skip
    return HTMLResponse(made.html, headers=made.headers)


def _project(request: Request, session: Any, user: Any, name: str) -> HTMLResponse:
    allowed = readable_dags(user)
    project = readable_project(session, allowed, name)
    with open_ledger() as book:
        today = datetime.now(ZoneInfo(project.timezone)).date()
        report = project_report(book, project, _one(book, session, project), today=today)
    made = page(
        "project.html", report=report, roadmaps=[report.roadmap], jobs=_failed_jobs(session, [project], allowed),
        errors=[], unread=[], reviewed=project.review is not None, root=root_of(request), refresh=ROADMAP_SECONDS,
    )  # fmt: skip
    return HTMLResponse(made.html, headers=made.headers)


def _read(session: Any, projects: list[Project]) -> tuple[list[Roadmap], list[GoliveError]]:
    """The roadmaps, those first at which somebody has to act; and an error for each project that cannot be shown.

    Raises ConnectionLost, and the first error if no project can be shown: then it is the ledger's.
    """
    if not projects:
        return [], []
    found, unread, first = list[Roadmap](), list[GoliveError](), None
    with open_ledger() as book:
        for project in projects:
            try:
                found.append(_one(book, session, project))
            except ConnectionLost:
                raise
            except Exception as error:
                # Of whatever kind: the other projects are shown.
                log.exception("The roadmap of %s cannot be shown", project.name)
                first = first or error
                unread.append(GoliveError(f"{in_words(error)}.", project=project.name))
    if first is not None and not found:
        raise first
    return sorted(found, key=lambda each: (not each.stopped, not each.forms, each.title)), unread


def _one(book: Ledger, session: Any, project: Project) -> Roadmap:
    return roadmap(book, project, airflow=_asks(session), alarms_after=datetime.now(UTC) - ALARMS_OF)


def _asks(session: Any) -> Callable[[str], str | None]:
    """Airflow's state of a run named '<dag_id>/<run_id>'."""

    def state(run: str) -> str | None:
        dag_id, _, run_id = run.partition("/")
        return airflow_runs.state_of(session, dag_id, run_id)

    return state


def _failed_jobs(session: Any, projects: list[Project], allowed: set[str]) -> list[tuple[str, str]]:
    """The newest runs that failed of DAGs that are no stage, of these projects and of Golive itself."""
    stages = {project.name: {stage.name for stage in project.stages} for project in projects} | {"golive": set[str]()}
    jobs = {
        dag_id for dag_id in allowed
        if (name := dag_id.partition(".")[0]) in stages and dag_id.partition(".")[2] not in stages[name]
    }  # fmt: skip
    return airflow_runs.failed(session, jobs) if jobs else []


def _report(session: Any, dag_id: str, run_id: str) -> tuple[RunReport | StageReport, str | None]:
    """The report, and Airflow's state of the run; Unknown if neither side knows the run."""
    airflow = airflow_runs.state_of(session, dag_id, run_id)
    with open_ledger() as book:
        name = dag_id.partition(".")[0]
        if airflow is None and not book.entries(name, run=f"{dag_id}/{run_id}", limit=1):
            raise Unknown(
                f"No run {run_id} of {dag_id} is known, in Airflow or in the ledger. Open it from its DAG's runs"
            )
        if name not in names() and dag_id.partition(".")[2] not in MOVING:
            raise Unknown(_FOREIGN.format(dag_id))
        return report_of(book, name, f"{dag_id}/{run_id}", airflow=airflow), airflow


def _run(
    request: Request, report: RunReport | StageReport, airflow: str | None, known: tuple[RunLine, ...]
) -> HTMLResponse:
    made = page(
        "stage.html" if isinstance(report, StageReport) else "report.html", report=report, airflow=airflow,
        runs=known, root=root_of(request), refresh=RUN_SECONDS if airflow in GOING else 0,
    )  # fmt: skip
    return HTMLResponse(made.html, headers=made.headers)
