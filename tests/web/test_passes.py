"""The report of a pass on its page: whoever may read the project gets the very bytes that were kept, and no other."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from starlette.testclient import TestClient
from tests.conftest import databases
from tests.integration.passes_told import by_hand
from tests.web.browser import PROGRAM, drawn, on_paper
from tests.web.stage_stories import TEXT, project
from tests.web.test_access import HILL, JOBS, STAGES, Tenants

from golive.databases import connect
from golive.flow.pass_report import keep
from golive.flow.world import Run, World
from golive.ledger import Ledger
from golive.project import files
from golive.project.files import parse
from golive.reports import project_report, roadmap, stage_report
from golive.reports.kept import kept
from golive.web.render import page

BOTH = {"lakeside": TEXT, "hillside": HILL}
NEEDS_CHROMIUM = pytest.mark.skipif(PROGRAM is None, reason="needs Chromium")
WHITE = "rgb(255, 255, 255)"
# One pass with one finding: that it is open, that it is new, and that its check failed.
BARS = 3


@pytest.fixture(scope="module")
def ledger_url(server_url: Callable[[str], str]) -> Iterator[str]:
    """Two projects, with a report of a pass each; what is red in one is amber in the other."""
    with databases(server_url) as make:
        url = make("ledger")
        with Ledger(url) as book:
            book.migrate()
            for name, ok in (("lakeside", False), ("hillside", True)):
                about = by_hand(book, name, "one", ok=ok, title=f"born of {name}")
                side = connect(url, name="side")
                run = Run(f"{name}.data_validation_initial", "one", manual=True)
                keep(World(parse(BOTH[name], "project.yaml", name), side, side, book, run, "ab" * 32), about)
        yield url


@pytest.fixture
def get(
    ledger_url: str, airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Gives what a user gets from the pages, over two projects that Airflow knows."""
    from airflow.api_fastapi import app as airflow_app
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_LEDGER", ledger_url)
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of-these-tests-alone-" * 4)
    for name, text in BOTH.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "project.yaml").write_text(text)
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    ids = [f"{name}.{each}" for name in BOTH for each in (*STAGES, *JOBS)]
    with create_session(scoped=False) as session:
        session.add(DagBundleModel(name="passes"))
        session.flush()
        for dag_id in ids:
            session.merge(DagModel(dag_id=dag_id, bundle_name="passes"))
    manager = Tenants()
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", manager)
    from golive.web.app import app

    def ask(user: str | None, path: str) -> Any:
        token = manager.generate_jwt(SimpleAuthManagerUser(username=user or "", role="viewer"))
        with TestClient(app, raise_server_exceptions=False) as client:
            return client.get(path, headers={"Authorization": f"Bearer {token}"} if user else {})

    yield ask
    with create_session(scoped=False) as session:
        session.query(DagModel).filter(DagModel.bundle_name == "passes").delete()
        session.query(DagBundleModel).filter(DagBundleModel.name == "passes").delete()


def stored(url: str, name: str) -> tuple[str, bytes]:
    """The hash that the ledger has of a project's report, and the page."""
    with Ledger(url) as book:
        (report,) = kept(book.entries(name, kind="report"))
        body = book.evidence(report.evidence)
    assert isinstance(body, bytes)
    return report.digest, gzip.decompress(body)


def test_whoever_may_read_the_project_gets_what_was_kept(get: Callable[..., Any], ledger_url: str) -> None:
    answer = get("lakeside", "/project/lakeside/pass/1")
    digest, html = stored(ledger_url, "lakeside")
    assert answer.status_code == 200 and answer.content == html
    assert hashlib.sha256(answer.content).hexdigest() == digest
    assert "born of lakeside" in answer.text and "hillside" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self'; sandbox allow-scripts") and "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert answer.headers["cache-control"] == "no-store"


def test_nobody_else_learns_of_it(get: Callable[..., Any]) -> None:
    assert get(None, "/project/lakeside/pass/1").status_code == 401
    other, unknown = get("hillside", "/project/lakeside/pass/1"), get("hillside", "/project/nowhere/pass/1")
    assert other.status_code == unknown.status_code == 404
    assert other.text.replace("lakeside", "nowhere").count("No project nowhere is known") == 1
    none = get("all", "/project/lakeside/pass/2")
    assert none.status_code == 404 and "Project lakeside has no report of a pass 2" in none.text


def test_report_and_project_lead_to_it(ledger_url: str) -> None:
    lake = project()
    with Ledger(ledger_url) as book:
        run = stage_report(book, lake, "lakeside.data_validation_initial/one", airflow="failed")
        now = datetime.now(UTC)
        made = roadmap(book, lake, airflow=lambda _: "failed", alarms_after=now)
        whole = project_report(book, lake, made, today=now.date())
    link = 'href="/plugin/golive/golive/project/lakeside/pass/1">Lakeside District: validation pass 1</a>'
    html = page("stage.html", report=run, airflow="failed", runs=(), root="", refresh=0).html
    assert link in html and "red · entry" in html
    values: dict[str, Any] = {"roadmaps": [made], "jobs": [], "errors": [], "unread": [], "root": "", "refresh": 0}
    html = page("project.html", report=whole, **values).html
    assert link in html and "hillside" not in html
    # Beside the page stands its text, once, and not the page itself.
    assert html.count("Report: Lakeside District: validation pass 1") == 1


@contextmanager
def served(answer: Any) -> Iterator[str]:
    """The page under its own headers, from a server that gives nothing else."""

    class Give(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/page"
            self.send_response(200 if found else 404)
            for name in ("content-type", "content-security-policy", "x-content-type-options"):
                self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Give)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@NEEDS_CHROMIUM
def test_its_pictures_are_drawn_under_its_own_headers_and_nothing_is_loaded(get: Callable[..., Any]) -> None:
    with served(get("lakeside", "/project/lakeside/pass/1")) as url:
        seen = drawn(url)
    assert seen == {"bars": BARS, "loaded": [], "ink": "rgb(22, 32, 44)", "cut": []}


@NEEDS_CHROMIUM
def test_as_a_file_it_is_whole_in_the_dark_on_a_phone_and_on_paper(ledger_url: str, tmp_path: Path) -> None:
    file = tmp_path / "pass.html"
    file.write_bytes(stored(ledger_url, "lakeside")[1])
    seen = drawn(file.as_uri(), dark=True, width=390)
    assert seen == {"bars": BARS, "loaded": [], "ink": "rgb(230, 235, 241)", "cut": []}
    ground, cut = on_paper(file.as_uri())
    # The letters inside a drawing have no edges of their own.
    assert ground == WHITE and [each for each in cut if each.split()[0].isupper()] == []
