"""Faults under the real Airflow: it and its tasks are killed, stalled, marked and cleared, and people hear of it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import yaml
from tests.dags.runs import digest
from tests.installed import installed
from tests.integration.riverside_expected import differences
from tests.migration import ROOT

from golive.demo import airflow, organisation, processes
from golive.demo.airflow import Airflow, Role
from golive.demo.processes import Started
from golive.demo.riverside import ORGANISATION
from golive.demo.server import free_port
from golive.flow.rest import REASON, Rest
from golive.ledger import Ledger, frozen, opened

pytestmark = [pytest.mark.airflow, pytest.mark.slow]
FINAL = "riverside.final_migration"
# What the night needs of the project file; the rest of the roadmap is not walked here.
NIGHT = ("project", "title", "timezone", "source", "target", "limits", "people", "names", "tables")
FURTHER = ("decide_2_pilots", "decide_3_everybody")


@dataclass
class House:
    """A running Airflow with the sample district, who runs it, who decides, and what people were told."""

    stack: Airflow
    operator: Rest
    maria: Rest
    urls: dict[str, str]
    told: list[str]
    schedulers: list[Started]

    def start(self) -> str:
        """Start the go-live and wait for its form; gives the run. Nobody approves a run of their own."""
        run_id = self.operator.trigger(FINAL)
        self.maria.wait_for_form(FINAL, run_id, "approve_go_live")
        return run_id

    def approve(self, run_id: str, *forms: str) -> None:
        """Maria says yes to these forms, one after the other, as each comes up."""
        for form in forms:
            self.maria.wait_for_form(FINAL, run_id, form)
            self.maria.answer(FINAL, run_id, form, -1, "Approve", {REASON: "agreed"})

    def kill_scheduler(self, *, workers: bool) -> None:
        """Kill -9 the scheduler, which is the executor too, alone or with the workers and tasks under it."""
        leader = psutil.Process(self.schedulers[-1].pid)
        doomed = [leader, *(leader.children(recursive=True) if workers else ())]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.schedulers[-1].wait()
        psutil.wait_procs(doomed)

    def start_scheduler(self) -> None:
        """Start it again as it was started first, over the same metadata database."""
        other = next(part for part in self.stack._parts if part.name == "dag-processor")
        command, log = airflow._airflow(*airflow.PARTS["scheduler"]), self.stack.logs / "scheduler-again.log"
        self.schedulers.append(processes.start("scheduler", command, psutil.Process(other.pid).environ(), log))

    def killed(self, run_id: str, task_id: str) -> int:
        """Kill -9 the processes of this task that run now; returns how many."""
        done, ours = 0, {part.pid for part in self.stack._parts}
        for instance in self.operator.task_instances(FINAL, run_id):
            if instance["task_id"] == task_id and instance["state"] == "running" and instance["pid"]:
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    process = psutil.Process(instance["pid"])
                    if ours & {parent.pid for parent in process.parents()}:
                        process.send_signal(signal.SIGKILL)
                        done += 1
        return done

    def wait_until(self, what: Callable[[], Any], seconds: float = 240) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, self.told
            time.sleep(0.3)

    def silence_is_told(self) -> None:
        """Wait for the watchdog's message, as if the lanes that do not beat had not done so for an hour."""
        self.told.clear()

        def told() -> bool:
            with psycopg.connect(self.urls["target"], autocommit=True) as connection:
                connection.execute(
                    "update golive.heartbeat set at = now() - interval '1 hour'"
                    " where ended_at is null and at > now() - interval '59 minutes'"
                )
            return any("is silent" in json.loads(message)["title"] for message in self.told)

        self.wait_until(told)


@pytest.fixture(scope="module")
def house(server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One go-live for the tests of this module, in their order."""
    yield from _open(server_url, tmp_path_factory.mktemp("airflow"))


@pytest.fixture
def own_house(server_url: Callable[[str], str], tmp_path: Path) -> Iterator[House]:
    """A go-live of the test's own."""
    yield from _open(server_url, tmp_path)


def _open(server_url: Callable[[str], str], home: Path) -> Iterator[House]:
    names = {side: f"golive_faults_{os.getpid()}_{side}" for side in ("airflow", "source", "target", "ledger")}
    urls = {side: server_url(name) for side, name in names.items()}
    told: list[str] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
        for name in names.values():
            admin.execute(f'create database "{name}"')
        # The workers of a scheduler that was killed alone live on and hold its connection open, and with it its lock on
        # the run: no other scheduler would ever see that run again. Their server has to end such a session.
        admin.execute(f'alter database "{names["airflow"]}" set idle_in_transaction_session_timeout = \'60s\'')
    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    alerts = {"conn_type": "generic", "extra": json.dumps({"urls": [f"json://127.0.0.1:{server.server_port}"]})}
    organisation.make_source(ORGANISATION, urls["source"], size=2000, seed=3)
    organisation.make_target(ORGANISATION, urls["target"])
    with Ledger(urls["ledger"]) as book:
        book.migrate()
    with installed(home, {"riverside": _night()}, ("final_migration", "watchdog")) as dags:
        running = airflow.start(
            home, dags=dags, plugins=None, metadata_url=urls["airflow"], paused=True,
            port=free_port(), users={"maria": Role.USER, "operator": Role.OP},
            connections={
                "riverside_sms": urls["source"], "riverside_sis": urls["target"], "golive_ledger": urls["ledger"],
                "golive_alerts": json.dumps(alerts),
            },
        )
    house: House | None = None
    try:
        with (
            Rest(running.url, "maria", running.passwords["maria"]) as maria,
            Rest(running.url, "operator", running.passwords["operator"]) as operator,
        ):
            operator.ensure_pool("riverside.lanes", 4)
            for dag_id in (FINAL, "golive.watchdog"):
                operator.wait_for_dag(dag_id)
                operator.unpause(dag_id)
            scheduler = next(part for part in running._parts if part.name == "scheduler")
            house = House(running, operator, maria, urls, told, [scheduler])
            yield house
    finally:
        if house is not None:
            # Each with the workers that outlived it.
            processes.end(house.schedulers)
        airflow.stop(running)
        server.shutdown()
        thread.join()
        server.server_close()
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            for name in names.values():
                admin.execute(f'drop database "{name}" with (force)')


def _night() -> str:
    file = ROOT / "include" / "projects" / "riverside" / "project.yaml"
    whole = yaml.load(file.read_text(), yaml.CSafeLoader)
    return yaml.safe_dump({key: whole[key] for key in NIGHT} | {"stages": ["final_migration"]})


def test_the_scheduler_is_killed_while_lanes_work(own_house: House) -> None:
    """First with every worker and task under it, then alone: started again each time, the run ends by itself."""
    house, operator = own_house, own_house.operator
    work = "select 1 from pg_locks where not granted and relation = 'student'::regclass"
    sessions = "select 1 from pg_stat_activity where datname = current_database() and application_name = 'golive'"
    run_id = house.start()
    tries: list[int] = []
    with psycopg.connect(house.urls["target"], autocommit=True) as eyes:
        for workers in (True, False):
            # Whoever holds this lock knows that a lane is in the middle of its work.
            with psycopg.connect(house.urls["target"]) as other:
                other.execute("lock table student in share mode")
                if workers:
                    house.approve(run_id, "approve_go_live")
                else:
                    house.start_scheduler()
                house.wait_until(lambda: eyes.execute(work).fetchone())
                ones = operator.task_instances(FINAL, run_id)
                tries += [max(one["try_number"] for one in ones if one["state"] == "running")]
                house.kill_scheduler(workers=workers)
            if workers:
                # The server ends the sessions of clients that are gone; until then they hold their tables.
                house.wait_until(lambda: not eyes.execute(sessions).fetchone())
    assert operator.run(FINAL, run_id) == "running"
    # The second kill met a new try of the first one's lanes.
    assert tries[0] < tries[1]
    house.start_scheduler()
    house.approve(run_id, "accept_quarantine", *FURTHER)
    assert operator.wait(FINAL, run_id, timeout=400) == "success"
    with Ledger(house.urls["ledger"]) as book:
        assert opened(book, "riverside") is not None
    assert differences(house.urls["source"], house.urls["target"]) == []


def test_marking_the_form_as_success_freezes_nothing(house: House) -> None:
    run_id = house.start()
    house.operator.mark_success(FINAL, run_id, "approve_go_live")
    assert house.operator.wait(FINAL, run_id) == "failed"
    states = {one["task_id"]: one["state"] for one in house.operator.task_instances(FINAL, run_id)}
    assert (states["approve_go_live"], states["freeze_source"]) == ("success", "failed")
    assert "holds no approval of what this run showed" in house.operator.log(FINAL, run_id, "freeze_source")
    with Ledger(house.urls["ledger"]) as book:
        assert frozen(book, "riverside") is None
    house.wait_until(lambda: any("freeze_source" in message for message in house.told))


def test_lanes_that_are_killed_and_stalled_are_told_and_go_on(house: House) -> None:
    """Another session holds a lock on the target; lanes are killed until no retry is left; cleared, the run goes on."""
    operator = house.operator
    with psycopg.connect(house.urls["target"]) as other:
        other.execute("lock table student in share mode")
        run_id = house.start()
        house.approve(run_id, "approve_go_live")
        watched = "select 1 from pg_locks where not granted and relation = 'student'::regclass"
        with psycopg.connect(house.urls["target"], autocommit=True) as eyes:
            house.wait_until(lambda: eyes.execute(watched).fetchone())
        house.silence_is_told()
        house.told.clear()
        # Kill whatever runs of the lanes, again and again, until their tries are over.
        kills = 0

        def over() -> bool:
            nonlocal kills
            kills += house.killed(run_id, "carry_last_rows")
            return operator.run(FINAL, run_id) == "failed"

        house.wait_until(over, 300)
        assert kills >= 4
    assert operator.run(FINAL, run_id) == "failed"
    house.wait_until(lambda: any("failed" in json.loads(message)["title"] for message in house.told))
    house.silence_is_told()
    operator.clear(FINAL, run_id, "carry_last_rows")
    # No older data was moved before: what cannot be migrated is news, and is asked about.
    house.approve(run_id, "accept_quarantine", *FURTHER)
    assert operator.wait(FINAL, run_id, timeout=400) == "success"
    with Ledger(house.urls["ledger"]) as book:
        assert opened(book, "riverside") is not None
    assert differences(house.urls["source"], house.urls["target"]) == []


@pytest.mark.parametrize("task", ["carry_last_rows", "open_sweep", "check_tables", "approve_go_live", "check_gate"])
def test_clearing_a_task_of_the_finished_run_ends_green_with_the_same_data(house: House, task: str) -> None:
    with Ledger(house.urls["ledger"]) as book:
        entry = opened(book, "riverside")
    assert entry is not None and entry.run is not None
    run_id = entry.run.partition("/")[2]
    before = digest(house.urls["source"]), digest(house.urls["target"])
    house.operator.clear(FINAL, run_id, task)
    assert house.operator.wait(FINAL, run_id, timeout=200) == "success"
    assert (digest(house.urls["source"]), digest(house.urls["target"])) == before
