"""The review's page: who sees which rows, what is kept of a form, and what of a form that another site sent."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from openpyxl import load_workbook
from starlette.testclient import TestClient
from tests.conftest import databases
from tests.integration.readiness.reviewing import TEXT, draw, judge, listed, reviewed_site, said
from tests.integration.readiness.site import Place
from tests.web.stories import RUN, Story

from golive.ledger import Ledger
from golive.project import files
from golive.readiness.judging import Said
from golive.readiness.reviewed import entities
from golive.reports.run import run_report

PAGE = "/project/test/review"
PUPIL = {"table": "public.pupil"}
WHOLE = TEXT + "stages: [final_migration]\n"


@pytest.fixture(scope="module")
def site(server_url: Callable[[str], str]) -> Iterator[Place]:
    """Rows that were drawn; the tests of this file look at other ones each."""
    with databases(server_url) as make:
        site = reviewed_site(make("source"), make("target"), make("ledger"), WHOLE)
        draw(site)
        yield site


class Browser:
    """A person's browser: signed in by Airflow's cookie, and with nothing else."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str = PAGE, **query: Any) -> Any:
        return self.client.get(path, params=query)

    def fields(self, **query: Any) -> dict[str, str]:
        """What the page's own form sends if nothing was chosen."""
        text = self.get(**PUPIL, **query).text
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))

    def send(self, fields: dict[str, str], **headers: str) -> Any:
        return self.client.post(PAGE, data=fields, headers=headers, follow_redirects=False)


@pytest.fixture
def browser(
    site: Place, airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Browser]]:
    """Gives the browser of a person who may read every DAG."""
    from airflow.api_fastapi import app as airflow_app
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_LEDGER", site.ledger._engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of-these-tests-alone-" * 4)
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "project.yaml").write_text(WHOLE)
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    with create_session(scoped=False) as session:
        session.add(DagBundleModel(name="reviewing"))
        session.flush()
        session.merge(DagModel(dag_id="test.final_migration", bundle_name="reviewing"))
    manager = SimpleAuthManager()
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", manager)
    from golive.web.app import app

    with TestClient(app) as client:

        def sign_in(person: str) -> Browser:
            token = manager.generate_jwt(SimpleAuthManagerUser(username=person, role="viewer"))
            client.cookies = {COOKIE_NAME_JWT_TOKEN: token}  # type: ignore[assignment]
            return Browser(client)

        yield sign_in
    with create_session(scoped=False) as session:
        session.query(DagModel).filter(DagModel.bundle_name == "reviewing").delete()
        session.query(DagBundleModel).filter(DagBundleModel.name == "reviewing").delete()


People = Callable[[str], Browser]


def right(site: Place) -> int:
    return next(each.right for each in entities(site) if each.table == "public.pupil")


def test_who_reviews_sees_their_rows_and_who_does_not_sees_how_far_it_is(browser: People, site: Place) -> None:
    ruth = browser("ruth")
    start = ruth.get()
    assert "You review for Student records" in start.text and "signed in as <b>Ruth Ames</b>" in start.text
    assert (
        "form-action &#39;self&#39;" not in start.text
        and "form-action 'self'" in start.headers["Content-Security-Policy"]
    )
    rows = ruth.get(**PUPIL).text
    assert rows.count("<fieldset") == 20 and "page 1 of 5, 100 rows" in rows and "Secret" not in rows
    assert "*** " in rows and "equal for the machine" in rows
    assert "<fieldset" not in ruth.get(table="public.fee").text
    lena = browser("lena")
    assert "You review for no department" in lena.get().text and "Ruth Ames or Carla Diaz" in lena.get().text
    assert "<fieldset" not in lena.get(**PUPIL).text
    assert lena.get("/project/test/review.xlsx", department="records").status_code == 404
    assert lena.get("/project/nobody/review").status_code == 404


def test_many_verdicts_are_kept_at_once_and_their_rows_are_done(browser: People, site: Place) -> None:
    ruth = browser("ruth")
    fields, before = ruth.fields(), right(site)
    names = [name.removeprefix("digest-") for name in fields if name.startswith("digest-")]
    fields |= {f"verdict-{name}": "right" for name in names[:15]}
    answer = ruth.send(fields)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("saved=15")
    assert right(site) == before + 15
    again = ruth.get(**PUPIL, saved=15).text
    assert "15 new verdicts kept." in again and names[0] not in again and names[15] in again
    entry = site.ledger.last("test", "review")
    assert entry is not None and entry.actor == "ruth" and entry.project_hash and entry.code_hash


def test_what_is_refused_stays_on_the_page_to_be_put_right(browser: People, site: Place) -> None:
    ruth = browser("ruth")
    fields, before = ruth.fields(show="all", place=3), right(site)
    names = [name.removeprefix("digest-") for name in fields if name.startswith("digest-")]
    fields |= {f"verdict-{names[0]}": "wrong", f"verdict-{names[1]}": "right", f"comment-{names[1]}": "<b>fine"}
    answer = ruth.send(fields)
    assert answer.status_code == 409 and "wrong needs a comment" in answer.text and right(site) == before
    assert f'name="verdict-{names[0]}" value="wrong" checked' in answer.text
    assert "&lt;b&gt;fine" in answer.text and "page 3 of 5" in answer.text
    fields |= {f"verdict-{names[0]}": "", f"comment-{names[0]}": "What is this?"}
    answer = ruth.send(fields)
    assert answer.status_code == 409 and "is no verdict. Right: right, wrong, unsure" in answer.text
    assert 'value="What is this?"' in answer.text and right(site) == before


def test_a_tab_that_was_open_for_long_covers_no_newer_verdict(browser: People, site: Place) -> None:
    ruth = browser("ruth")
    fields = ruth.fields(show="all", place=5)
    names = [name.removeprefix("digest-") for name in fields if name.startswith("digest-")][:2]
    shown = fields | {f"verdict-{name}": "right" for name in names}
    assert ruth.send(shown).status_code == 303
    tab = ruth.fields(show="all", place=5) | {f"verdict-{name}": "right" for name in names}
    judge(site, "carla", [replace(each, verdict="wrong", comment="Look") for each in _of(site, names)])
    before = right(site)
    assert ruth.send(tab).status_code == 303 and right(site) == before, "what the tab showed is no new word"
    answer = ruth.send(tab | {f"verdict-{names[0]}": "unsure", f"comment-{names[0]}": "Is it?"})
    assert answer.status_code == 409 and "Carla Diaz judged this row since it was shown (wrong)" in answer.text
    assert right(site) == before
    # The row that was not touched stands there as Carla left it, not as the old tab had it.
    assert f'name="verdict-{names[1]}" value="wrong" checked' in answer.text


def _of(site: Place, names: list[str]) -> list[Said]:
    rows = listed(site, "pupil").rows
    places = {place: "right" for place, row in enumerate(rows) if row["row"] in names}
    return said(site, "pupil", places)


def test_a_form_of_another_site_of_somebody_else_or_of_long_ago_keeps_nothing(
    browser: People, site: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    carla = browser("carla")
    theirs = carla.fields()
    ruth = browser("ruth")
    fields, before = ruth.fields(), right(site)
    name = next(name.removeprefix("digest-") for name in fields if name.startswith("digest-"))
    fields[f"verdict-{name}"] = "right"
    for sent, headers, says in (
        ({**fields, "token": ""}, {}, "none of this page"),
        ({**fields, "token": theirs["token"]}, {}, "it was given to somebody else"),
        (fields, {"Sec-Fetch-Site": "cross-site"}, "another site sent it"),
    ):
        answer = ruth.send(sent, **headers)
        assert answer.status_code == 403 and says in answer.text
    monkeypatch.setattr("golive.web.forms.LIVES", -1)
    assert "open for too long" in ruth.send(fields).text
    assert right(site) == before


def test_a_verdict_for_another_department_is_refused(browser: People, site: Place) -> None:
    fred = browser("fred")
    start = fred.get(table="public.fee").text
    token = re.findall(r'name="token" value="([^"]+)"', start)[0]
    row = listed(site, "pupil").rows[0]
    fields = {"token": token, "table": "public.pupil", f"digest-{row['row']}": row["digest"],
              f"verdict-{row['row']}": "right"}  # fmt: skip
    answer = fred.send(fields)
    assert answer.status_code == 403 and "are for Student records to judge" in answer.text


def test_the_workbook_goes_out_and_comes_back_over_the_page(browser: People, site: Place) -> None:
    carla = browser("carla")
    before = right(site)
    got = carla.get(f"{PAGE}.xlsx", department="records")
    assert got.status_code == 200 and 'filename="test-records.xlsx"' in got.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(got.content))
    rows = [row for row in book["pupil"].iter_rows(min_row=2) if not row[0].value][:7]
    for row in rows:
        row[0].value = "right"
    held = io.BytesIO()
    book.save(held)
    token = carla.fields()["token"]

    def send(content: bytes) -> Any:
        return carla.client.post(
            f"{PAGE}/workbook", data={"token": token}, files={"file": ("records.xlsx", content)}, follow_redirects=False
        )

    assert send(held.getvalue()).headers["Location"] == "../review?saved=7" and right(site) == before + 7
    refused = send(b"no workbook")
    assert refused.status_code == 409 and "it is no workbook (.xlsx)" in refused.text


def test_the_report_of_the_night_counts_what_changed_since_people_found_it_right(
    new_database: Callable[..., str],
) -> None:
    with Ledger(new_database("night")) as ledger:
        ledger.migrate()
        told = Story(ledger).moved().swept().sampled()
        assert not [fact for fact in run_report(ledger, "riverside", RUN).facts if "found them right" in fact.label]
        sample = ledger.last("riverside", "sample")
        assert sample is not None and sample.evidence_hash is not None
        payload = sample.payload | {"changed_after_review": {"public.student": 2, "public.fee": 1}}
        told.write("sample", payload, evidence=ledger.evidence(sample.evidence_hash))
        report = run_report(ledger, "riverside", RUN)
    (fact,) = (fact for fact in report.facts if "found them right" in fact.label)
    assert fact.value == "3"
