"""Who sees what: somebody who may not read a project's DAGs learns nothing of it, not even that it exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from starlette.testclient import TestClient
from tests.web.stage_stories import TEXT, StageStory, discovered

from golive.ledger import Ledger
from golive.project import files

STAGES = ("discover", "onboard", "implement", "prework", "data_finalization", "final_migration", "support")
JOBS = ("next", "record", "older_data")
HILL = TEXT.replace("lakeside", "hillside").replace("Lakeside", "Hillside")


class Tenants(SimpleAuthManager):
    """Airflow's simple sign-in, where a user reads the DAGs whose names begin as theirs does."""

    def is_authorized_dag(self, *, method: Any, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        if details is None or details.id is None:
            return False
        if user.username == "half":
            return str(details.id) in ("hillside.discover", "hillside.next")
        return user.username == "all" or str(details.id).startswith(f"{user.username}.")


@pytest.fixture
def get(
    airflow_home: Path, tmp_path: Path, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Gives what a user gets from the pages, over two projects that Airflow knows and a third that is broken."""
    from airflow.api_fastapi import app as airflow_app
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    url = new_database("ledger")
    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_LEDGER", url)
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of-these-tests-alone-" * 4)
    for name, text in (("lakeside", TEXT), ("hillside", HILL), ("wrong", "project: [")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "project.yaml").write_text(text)
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    with Ledger(url) as ledger:
        ledger.migrate()
        discovered(ledger)
        StageStory(ledger, "dag", "manual__1", of="other").opened()
        StageStory(ledger, "discover", of="hillside").opened().looked("check", "One thing.", "A secret of the hill.")
    ids = [f"{name}.{each}" for name in ("lakeside", "hillside") for each in (*STAGES, *JOBS)]
    ids += ["wrong.broken", "golive.watchdog", "other.dag"]
    with create_session(scoped=False) as session:
        session.add(DagBundleModel(name="tenants"))
        session.flush()
        # Other tests of this process may have left some of them in the metadata database.
        known = set(session.scalars(select(DagModel.dag_id).where(DagModel.dag_id.in_(ids))))
        session.add_all(DagModel(dag_id=dag_id, bundle_name="tenants") for dag_id in ids if dag_id not in known)
    manager = Tenants()
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", manager)
    from golive.web.app import app

    def ask(user: str, path: str) -> Any:
        token = manager.generate_jwt(SimpleAuthManagerUser(username=user, role="viewer"))
        with TestClient(app, raise_server_exceptions=False) as client:
            return client.get(path, headers={"Authorization": f"Bearer {token}"})

    yield ask
    with create_session(scoped=False) as session:
        session.query(DagModel).filter(DagModel.bundle_name == "tenants").delete()
        session.query(DagBundleModel).filter(DagBundleModel.name == "tenants").delete()


Get = Callable[[str, str], Any]


def test_the_roadmap_shows_a_person_their_own_projects_alone(get: Get) -> None:
    mine = get("lakeside", "/")
    assert mine.status_code == 200 and "Lakeside District" in mine.text
    assert "illside" not in mine.text and "secret of the hill" not in mine.text and "project file" not in mine.text
    data = get("lakeside", "/roadmap.json").json()
    assert [each["project"] for each in data["projects"]] == ["lakeside"] and data["wrong_files"] == []
    everything = get("all", "/")
    for text in ("Lakeside District", "Hillside District", "A secret of the hill.", "its project file is wrong"):
        assert text in everything.text
    # Where somebody has to act stands first.
    assert [each["project"] for each in get("all", "/roadmap.json").json()["projects"]] == ["hillside", "lakeside"]


@pytest.mark.parametrize("path", [
    "/project/hillside", "/project/nobody", "/project/..%2Fhillside", "/project/wrong",
])  # fmt: skip
def test_a_project_of_others_is_as_unknown_as_one_that_is_not_there(get: Get, path: str) -> None:
    answer = get("lakeside", path)
    assert answer.status_code == 404
    assert "secret of the hill" not in answer.text and "Hillside" not in answer.text


def test_whoever_may_read_a_part_of_a_project_does_not_read_the_whole(get: Get) -> None:
    assert "There is no project here that you may read." in get("half", "/").text
    assert get("half", "/dag/hillside.next").status_code == 404
    # The run of a DAG that they may read, they read.
    answer = get("half", "/run/hillside.discover/manual__2026-06-01")
    assert answer.status_code == 200 and "A secret of the hill." in answer.text


@pytest.mark.parametrize("path", [
    "/dag/hillside.discover", "/run/hillside.discover/manual__2026-06-01", "/dag/hillside.record",
    "/report.json?dag_id=hillside.discover&run_id=manual__2026-06-01",
])  # fmt: skip
def test_a_dag_of_others_is_refused(get: Get, path: str) -> None:
    answer = get("lakeside", path)
    assert answer.status_code in (403, 404) and "secret of the hill" not in answer.text


def test_a_standing_jobs_tab_shows_its_project_and_golives_own_the_roadmap(get: Get) -> None:
    assert "Who agreed to what" in get("lakeside", "/dag/lakeside.next").text
    assert "Where it stands" in get("all", "/dag/golive.watchdog").text


def test_a_run_of_golives_own_jobs_shows_the_roadmaps_that_may_be_read(get: Get) -> None:
    answer = get("all", "/run/golive.watchdog/scheduled__1")
    assert answer.status_code == 200 and "Where it stands" in answer.text
    assert get("lakeside", "/run/golive.watchdog/scheduled__1").status_code in (403, 404)


def test_a_run_of_a_dag_that_is_no_projects_is_not_known(get: Get) -> None:
    """Its tab stands on every DAG of Airflow, Golive's or not."""
    for path in ("/run/other.dag/manual__1", "/report.json?dag_id=other.dag&run_id=manual__1"):
        answer = get("all", path)
        assert answer.status_code == 404 and "no DAG of a project of Golive" in answer.text


def test_a_run_that_is_no_projects_is_not_known_as_data_either(get: Get) -> None:
    for dag_id in ("golive.watchdog", "other.final_migration"):
        answer = get("all", f"/report.json?dag_id={dag_id}&run_id=scheduled__1")
        assert answer.status_code == 404 and "project.yaml" not in answer.text


def test_one_project_that_cannot_be_shown_hides_no_other(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    import golive.web.app as pages

    roadmap = pages.roadmap

    def fails(book: Any, project: Any, **more: Any) -> Any:
        if project.name == "hillside":
            raise RuntimeError("a value of a row")
        return roadmap(book, project, **more)

    monkeypatch.setattr(pages, "roadmap", fails)
    answer = get("all", "/")
    assert answer.status_code == 200 and "Lakeside District" in answer.text
    assert "hillside: its roadmap cannot be shown" in answer.text and "a value of a row" not in answer.text
    data = get("all", "/roadmap.json").json()
    assert [each["project"] for each in data["projects"]] == ["lakeside"]
    assert [each["project"] for each in data["unread"]] == ["hillside"]
    # Alone, it is an error of the page.
    assert get("hillside", "/").status_code == 500


def test_a_stage_without_a_run_shows_where_its_project_stands(get: Get) -> None:
    answer = get("lakeside", "/dag/lakeside.support")
    assert answer.status_code == 200 and "Waits for final migration." in answer.text


def test_a_stages_run_is_shown_on_its_dag_with_the_runs_that_may_be_read(get: Get) -> None:
    answer = get("half", "/dag/hillside.discover")
    assert answer.status_code == 200 and "1 thing is missing." in answer.text
    assert "Runs of hillside" in answer.text


def test_a_wrong_project_file_is_one_sentence(get: Get) -> None:
    answer = get("all", "/project/wrong")
    assert answer.status_code == 503 and "The project file is wrong" in answer.text


def test_a_ledger_that_is_not_there_is_one_sentence(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_GOLIVE_LEDGER")
    for path in ("/", "/roadmap.json", "/project/lakeside"):
        answer = get("lakeside", path)
        assert answer.status_code == 503 and "Airflow has no connection golive_ledger" in answer.text


def test_nobody_reads_who_has_not_signed_in(get: Get) -> None:
    from golive.web.app import app

    with TestClient(app) as client:
        for path in ("/", "/roadmap.json", "/project/lakeside"):
            assert client.get(path).status_code == 401
