"""The roadmap under the real Airflow: events start stages, people answer over its API, and colours move nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import databases
from tests.dags import small
from tests.installed import installed

from golive.demo import airflow
from golive.demo.airflow import Airflow, Role
from golive.demo.people import SERVICE
from golive.demo.server import free_port
from golive.flow.rest import REASON, Refused, Rest
from golive.ledger import Ledger
from golive.project import Project, load
from golive.readiness.stages import Standing, State, standing

pytestmark = pytest.mark.airflow

PEOPLE = """\
people: {lead: [lena], sponsor: [sam], data_engineer: [daniel], operations: [omar], go_live: [maria, tom]}
stages: [discover, onboard]
"""
HARBOUR = small.TEXT.replace("people: {go_live: [maria, tom]}\nstages: [final_migration]\n", PEOPLE)
# A second project over the same databases: each test has a roadmap of its own.
QUAY = HARBOUR.replace("project: harbour\ntitle: Harbour\n", "project: quay\ntitle: Quay\n")
USERS = {"daniel": Role.OP, "lena": Role.USER, "sam": Role.USER, SERVICE: Role.USER}
STAGES = ("discover", "onboard")


@dataclass(frozen=True)
class Town:
    """A running Airflow with two projects of two stages each, the people of both, and the ledger."""

    home: Path
    ledger_url: str
    daniel: Rest
    lena: Rest
    sam: Rest

    def project(self, name: str) -> Project:
        return load(name, self.home / "include" / "projects")

    def stage(self, name: str, stage: str) -> Standing:
        """How a stage stands in the ledger."""
        with Ledger(self.ledger_url) as book:
            return next(each for each in standing(book, self.project(name)) if each.stage == stage)

    def alarms(self, name: str) -> list[str]:
        with Ledger(self.ledger_url) as book:
            return [entry.payload["title"] for entry in book.entries(name, kind="alarm")]

    def watched(self, name: str) -> list[str]:
        """What people were told of a project once the watchdog has looked: it need not be waited for."""
        assert self.daniel.wait("golive.watchdog", self.daniel.trigger("golive.watchdog")) == "success"
        return self.alarms(name)

    def until(self, what: Callable[[], Any]) -> None:
        end = time.monotonic() + 120
        while not what():
            assert time.monotonic() < end
            time.sleep(0.3)

    def begin(self, *dag_ids: str) -> None:
        for dag_id in dag_ids:
            self.daniel.wait_for_dag(dag_id)
            self.daniel.unpause(dag_id)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """All runs of a DAG as Airflow writes them: dag_run_id, run_type, state, note, ..."""
        found: list[dict[str, Any]] = self.daniel._call("GET", "dags", dag_id, "dagRuns")["dag_runs"]
        return found

    def only_run(self, dag_id: str) -> dict[str, Any]:
        """The one run of a DAG, once it is there."""
        self.until(lambda: self.runs(dag_id))
        (run,) = self.runs(dag_id)
        return run

    def events(self, dag_id: str) -> int:
        """How many asset events the DAG's tasks gave so far."""
        return int(self.daniel._call("GET", "assets", "events", params={"source_dag_id": dag_id})["total_entries"])


@pytest.fixture(scope="module")
def town(server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("roadmap")
    with databases(server_url) as make:
        old, new, ledger, metadata = (make(each) for each in ("old", "new", "ledger", "metadata"))
        small.make(old, new)
        with Ledger(ledger) as book:
            book.migrate()
        with installed(home, {"harbour": HARBOUR, "quay": QUAY}, (*STAGES, "next", "watchdog")) as dags:
            running = airflow.start(
                home / "airflow",
                dags=dags,
                plugins=None,
                metadata_url=metadata,
                connections={
                    "harbour_old": old, "harbour_new": new, "golive_ledger": ledger,
                    "golive_alerts": '{"conn_type": "generic", "extra": {"urls": ["syslog://"]}}',
                },
                port=free_port(),
                users=USERS,
                paused=True,
                notes_by=SERVICE,
            )
        try:
            with (
                _session(running, "daniel") as daniel,
                _session(running, "lena") as lena,
                _session(running, "sam") as sam,
            ):
                yield Town(home, ledger, daniel, lena, sam)
        finally:
            airflow.stop(running)


def _session(running: Airflow, name: str) -> Rest:
    return Rest(running.url, name, running.passwords[name])


def test_a_stage_is_answered_over_rest_and_its_event_starts_the_next_which_no_mark_completes(town: Town) -> None:
    town.begin("harbour.discover", "harbour.onboard", "golive.watchdog")
    first = town.daniel.trigger("harbour.discover")
    form = town.lena.wait_for_form("harbour.discover", first, "sign_as_lead")
    assert form.assigned == ("lena",)
    (run,) = town.runs("harbour.discover")
    assert run["note"].startswith("Waits for the answer of lena (lead) since ")
    with pytest.raises(Refused) as refused:
        town.sam.answer("harbour.discover", first, "sign_as_lead", -1, "Approve", {REASON: "looks well"})
    assert refused.value.status == 403
    assert town.stage("harbour", "discover").state is State.WAITING
    town.lena.answer("harbour.discover", first, "sign_as_lead", -1, "Approve", {REASON: "looked at"})
    assert town.lena.wait("harbour.discover", first) == "success"
    assert town.stage("harbour", "discover").state is State.COMPLETE
    assert town.runs("harbour.discover")[0]["note"].startswith("Complete since ")

    second = town.only_run("harbour.onboard")
    assert second["run_type"] == "asset_triggered"
    run_id = second["dag_run_id"]
    assert town.sam.wait_for_form("harbour.onboard", run_id, "sign_as_sponsor").assigned == ("sam",)
    town.sam.mark_success("harbour.onboard", run_id, "close_stage")
    town.sam.answer("harbour.onboard", run_id, "sign_as_sponsor", -1, "Approve", {REASON: "agreed"})
    assert town.sam.wait("harbour.onboard", run_id) == "success"
    assert not town.stage("harbour", "onboard").over
    assert "onboard is green in Airflow, but not complete" in town.watched("harbour")
    stopped = town.stage("harbour", "onboard")
    assert stopped.state is State.STOPPED and "was not closed" in stopped.says


def test_a_run_that_is_marked_moves_nothing_and_next_starts_what_an_event_could_not(town: Town) -> None:
    town.begin("quay.discover", "golive.watchdog")
    first = town.daniel.trigger("quay.discover")
    town.lena.wait_for_form("quay.discover", first, "sign_as_lead")
    town.lena._call("PATCH", "dags", "quay.discover", "dagRuns", first, json={"state": "success"})
    assert "discover is green in Airflow, but not complete" in town.watched("quay")
    assert not town.stage("quay", "discover").over
    assert (town.events("quay.discover"), town.runs("quay.onboard")) == (0, [])

    # The same run goes on from what was marked. Its event finds onboard paused, and is lost.
    town.daniel.clear("quay.discover", first, "sign_as_lead")
    town.lena.wait_for_form("quay.discover", first, "sign_as_lead")
    town.lena.answer("quay.discover", first, "sign_as_lead", -1, "Approve", {REASON: "looked at"})
    assert town.lena.wait("quay.discover", first) == "success"
    assert town.stage("quay", "discover").state is State.COMPLETE
    town.begin("quay.next")
    town.until(lambda: "onboard is due, but paused" in town.alarms("quay"))
    assert town.events("quay.discover") == 1
    assert "quay.onboard is paused in Airflow" in town.stage("quay", "onboard").says
    town.daniel.unpause("quay.onboard")
    assert town.daniel.wait("quay.next", town.daniel.trigger("quay.next")) == "success"
    started = town.only_run("quay.onboard")
    assert started["run_type"] != "asset_triggered"
    name = f"quay.onboard/{started['dag_run_id']}"
    town.until(lambda: town.stage("quay", "onboard").run == name)
