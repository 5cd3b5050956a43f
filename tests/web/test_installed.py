"""The pages and the pools in a real Airflow, on an installation where nobody set anything up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.web.browser import PROGRAM, screenshot
from tests.web.conftest import Installation
from tests.web.stories import OLDER, RUN, Story

from golive.demo.server import free_port
from golive.ledger import Ledger

pytestmark = pytest.mark.airflow
PAGE = "/golive/run/{}/{}".format(*(quote(part, safe="") for part in RUN.split("/")))


@pytest.fixture(scope="module")
def told(installation: Installation) -> str:
    """A run of riverside's final migration that only Airflow knows, queued because its DAG is paused; gives its id."""
    with Ledger(installation.ledger_url) as ledger:
        Story(ledger, OLDER).moved("older data")
        Story(ledger).dry_run().asked()
    with installation.rest("maria") as maria:
        maria.wait_for_dag("riverside.final_migration")
        return maria.trigger("riverside.final_migration")


@pytest.fixture
def ledger_known(installation: Installation) -> Iterator[None]:
    with installation.connected(installation.ledger_url):
        yield


def test_every_project_has_its_pool_before_anybody_did_anything(installation: Installation) -> None:
    pool = installation.pools()["riverside.lanes"]
    assert (pool["slots"], pool["include_deferred"]) == (2, False)


def test_without_a_connection_the_page_says_so(installation: Installation, told: str) -> None:
    answer = installation.get(PAGE)
    assert answer.status_code == 503
    assert "Airflow has no connection golive_ledger: add it under Admin &gt; Connections" in answer.text
    data = installation.get(f"/golive/report.json?dag_id=riverside.final_migration&run_id={quote(told)}")
    assert data.status_code == 503 and "golive_ledger" in data.json()["detail"]


def test_a_ledger_that_is_away_is_one_sentence(installation: Installation) -> None:
    port = free_port()
    with installation.connected(f"postgresql://golive:secret@127.0.0.1:{port}/ledger"):
        answer = installation.get(PAGE)
    assert answer.status_code == 503 and "The ledger cannot be read" in answer.text
    assert "secret" not in answer.text and "Traceback" not in answer.text


@pytest.mark.usefixtures("ledger_known")
@pytest.mark.parametrize("path", [
    PAGE, "/golive/dag/riverside.final_migration", "/golive/report.json?dag_id=riverside.final_migration&run_id=x",
    "/golive/", "/golive/roadmap.json", "/golive/project/riverside",
])
def test_nobody_reads_who_has_not_signed_in(installation: Installation, told: str, path: str) -> None:
    assert installation.get(path, None).status_code == 401


@pytest.mark.usefixtures("ledger_known")
def test_a_viewer_reads_the_report(installation: Installation, told: str) -> None:
    answer = installation.get(PAGE)
    assert answer.status_code == 200 and "Waits for maria to approve, since " in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    mine = installation.get(f"/golive/report.json?dag_id=riverside.final_migration&run_id={quote(told)}").json()
    assert (mine["state"], mine["airflow"]) == ("nothing", "queued")


@pytest.mark.usefixtures("ledger_known")
def test_the_dag_shows_its_latest_run_and_all_runs_of_the_project(installation: Installation, told: str) -> None:
    answer = installation.get("/golive/dag/riverside.final_migration")
    assert answer.status_code == 200 and told.replace("+", "&#43;") in answer.text.replace("+", "&#43;")
    assert "Asked maria whether to go live" in answer.text and "Finished the older data" in answer.text


@pytest.mark.usefixtures("ledger_known")
def test_a_viewer_reads_the_roadmap_and_each_project(installation: Installation, told: str) -> None:
    answer = installation.get("/golive/")
    assert answer.status_code == 200 and 'id="project-riverside"' in answer.text
    assert "/plugin/golive/golive/project/riverside" in answer.text
    projects = installation.get("/golive/roadmap.json").json()["projects"]
    assert "riverside" in [each["project"] for each in projects]
    project = installation.get("/golive/project/riverside")
    assert project.status_code == 200 and "Where it stands" in project.text
    jobs = installation.get("/golive/dag/golive.watchdog")
    assert jobs.status_code == 200 and 'id="project-riverside"' in jobs.text


@pytest.mark.usefixtures("ledger_known")
@pytest.mark.parametrize("path", [
    "/golive/run/riverside.final_migration/nobody", "/golive/run/nobody/nobody", "/golive/run/~/nobody",
    "/golive/dag/nobody", "/golive/project/nobody", "/golive/docs", "/golive/openapi.json",
    "/golive/report.json?dag_id=riverside.final_migration&run_id=nobody",
])
def test_what_nobody_knows_is_not_found(installation: Installation, path: str) -> None:
    assert installation.get(path).status_code == 404


def test_a_project_that_comes_later_gets_its_pool_and_slots_set_by_hand_stay(installation: Installation) -> None:
    with installation.rest("operator") as operator:
        operator.ensure_pool("riverside.lanes", 7, "by hand")
    projects = installation.home / "include" / "projects"
    text = (projects / "riverside" / "project.yaml").read_text()
    (projects / "lakeside").mkdir()
    file = projects / "lakeside" / "project.yaml"
    file.write_text(text.replace("project: riverside", "project: lakeside").replace("lanes: 2", "lanes: 3"))
    # Airflow reads a DAG file again that was touched, and any other only after a while.
    (installation.home / "dags" / "older_data.py").touch()
    with installation.rest("maria") as maria:
        for dag_id in ("lakeside.older_data", "riverside.older_data"):
            maria.wait_for_dag(dag_id)
            maria.unpause(dag_id)
            maria.wait(dag_id, maria.trigger(dag_id), states=("running", "success", "failed"))
    pools = installation.pools()
    assert (pools["lakeside.lanes"]["slots"], pools["riverside.lanes"]["slots"]) == (3, 7)


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")
@pytest.mark.usefixtures("ledger_known")
@pytest.mark.parametrize("dark", [False, True])
def test_the_tab_shows_in_airflows_page(installation: Installation, told: str, tmp_path: Path, dark: bool) -> None:
    url = f"{installation.airflow.url}/dags/riverside.final_migration/runs/{quote(told, safe='')}/plugin/golive-run"
    # In the frame, by the theme of the page around it.
    seen = "html.dark main .state.nothing" if dark else "html:not(.dark) main .state.nothing"
    screenshot(
        url, tmp_path / "tab.png", cookies={"_token": installation.token("guest")}, dark=dark, wait_for=seen, width=1440
    )
    assert (tmp_path / "tab.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")
@pytest.mark.usefixtures("ledger_known")
@pytest.mark.parametrize("path", ["/plugin/golive", "/plugin/golive/golive/project/riverside"])
def test_the_roadmap_shows_in_airflows_menu_and_a_project_has_an_address(
    installation: Installation, told: str, tmp_path: Path, path: str
) -> None:
    url = f"{installation.airflow.url}{path}"
    screenshot(
        url, tmp_path / "roadmap.png", cookies={"_token": installation.token("guest")}, wait_for="main .stages",
        width=1440,
    )  # fmt: skip
    assert (tmp_path / "roadmap.png").read_bytes().startswith(b"\x89PNG")
