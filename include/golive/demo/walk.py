"""What `make demo` does: a whole go-live of the sample district, on this machine, and the proof of it.

The walk uses what a user would use: the DAGs through Airflow's REST API, sign-ins of their own for
the engineer who starts runs and for the head of the district who agrees.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import golive
from golive.demo import airflow, riverside, server
from golive.demo.airflow import Airflow, Role
from golive.demo.rest import Rest
from golive.demo.screen import Screen
from golive.errors import Terminal
from golive.ledger import Kind, Ledger

PROJECT = "riverside"
DATABASES = {
    "riverside_sms": "old system",
    "riverside_sis": "new system",
    "golive_ledger": "ledger",
    "airflow": "Airflow",
}
USERS = {"daniel": Role.OP, "maria": Role.USER, "guest": Role.VIEWER}
ENGINEER, HEAD = "daniel", "maria"


@dataclass(frozen=True)
class Options:
    """How to walk. ``postgres`` is a server of the user's own (the URL of any database on it)."""

    home: Path
    students: int
    seed: int
    port: int | None
    postgres: str | None


@dataclass(frozen=True)
class Demo:
    """A demo that is up: its servers, its databases, and what it proved."""

    options: Options
    server: server.Server | None
    airflow: Airflow
    urls: dict[str, str]


@contextmanager
def started(options: Options, screen: Screen, *, keep: Callable[[], bool]) -> Iterator[Demo]:
    """Servers, fresh databases, the district, and a healthy Airflow; all ended again unless ``keep`` says so.

    Databases of an earlier demo are made anew. Raises Terminal with one clear sentence.
    """
    root = Path(golive.__file__).resolve().parents[2]
    if not (root / "dags").is_dir():
        raise Terminal(f"{root} has no dags/: run the demo from a clone of the repository")
    options.home.mkdir(parents=True, exist_ok=True)
    own: server.Server | None = None
    if options.postgres is None:
        screen.step("PostgreSQL")
        own = server.start(options.home / "postgres", durable=False)
    urls = {name: _url(options, own, name) for name in DATABASES}
    stack: Airflow | None = None
    with ThreadPoolExecutor(1) as aside:
        screen.step("databases")
        _make_databases(urls)
        made = aside.submit(_make_district, urls, options)
        with Ledger(urls["golive_ledger"]) as ledger:
            ledger.migrate()
        try:
            screen.step(f"Airflow, and a district of {options.students:,} students")
            stack = airflow.start(
                options.home / "airflow",
                dags=root / "dags",
                plugins=root / "plugins",
                metadata_url=urls["airflow"],
                connections={name: url for name, url in urls.items() if name != "airflow"},
                port=options.port,
                users=USERS,
                paused=True,
                say=screen.note,
            )
            if not made.done():
                screen.step("the district is still being made")
            made.result()
            yield Demo(options, own, stack, urls)
        finally:
            if stack is not None and not keep():
                airflow.stop(stack)
            if own is not None and not keep():
                server.stop(own)


def walk(demo: Demo, screen: Screen) -> dict[str, Any]:
    """Go live; returns the summary, which is also written to ``summary.json`` in the demo's home.

    Raises Terminal if anything was not proven; nothing here believes a green run alone.
    """
    options = demo.options
    with (
        Rest(demo.airflow.url, ENGINEER, demo.airflow.passwords[ENGINEER]) as engineer,
        Rest(demo.airflow.url, HEAD, demo.airflow.passwords[HEAD]) as head,
    ):
        for dag in (f"{PROJECT}.older_data", f"{PROJECT}.final_migration", "golive.watchdog"):
            engineer.wait_for_dag(dag)
        engineer.unpause("golive.watchdog")
        changes = 0
        for round in (1, 2):
            screen.step(
                "older data crosses, while the old system is in use" if round == 1 else "what changed meanwhile"
            )
            run = _start(engineer, "older_data")
            changes += riverside.live_changes(demo.urls["riverside_sms"], seed=options.seed, round=round).total
            with screen.watching(lambda: _progress(demo)):
                _finish(engineer, "older_data", run)
        changes += riverside.live_changes(demo.urls["riverside_sms"], seed=options.seed, round=3).total
        screen.note(f"the old system's users changed {changes:,} rows meanwhile")
        screen.step("final migration: the form for Maria")
        run = _start(engineer, "final_migration")
        _answer(head, run, "approve_go_live", screen)
        screen.step("frozen: last increments, sweep, checks, sample")
        with screen.watching(lambda: _progress(demo)), _answering(head, run, "accept_quarantine", screen):
            _finish(engineer, "final_migration", run)
    screen.step("proof")
    summary = _proven(demo, run, changes)
    (options.home / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def _start(rest: Rest, stage: str) -> str:
    dag = f"{PROJECT}.{stage}"
    rest.unpause(dag)
    return rest.trigger(dag)


def _finish(rest: Rest, stage: str, run: str) -> None:
    state = rest.wait(f"{PROJECT}.{stage}", run, timeout=3600)
    if state != "success":
        failed = [task for task in rest.task_instances(f"{PROJECT}.{stage}", run) if task["state"] == "failed"]
        names = ", ".join(task["task_id"] for task in failed) or "no task"
        raise Terminal(f"{PROJECT}.{stage} ended as {state}; failed: {names}. Its log in Airflow says why")


def _answer(head: Rest, run: str, task: str, screen: Screen) -> None:
    dag = f"{PROJECT}.final_migration"
    form = head.wait_for_form(dag, run, task)
    screen.note(f"Maria reads: {form.subject}")
    head.answer(dag, run, task, form.map_index, "Approve", {"comment": "Agreed for the demo."})


@contextmanager
def _answering(head: Rest, run: str, task: str, screen: Screen) -> Iterator[None]:
    """Answer a form that may come, or not."""
    dag, done = f"{PROJECT}.final_migration", threading.Event()

    def look() -> None:
        while not done.wait(0.5):
            if any(form.task_id == task for form in head.pending(dag, run)):
                _answer(head, run, task, screen)
                return

    with ThreadPoolExecutor(1) as aside:
        looking = aside.submit(look)
        try:
            yield
        finally:
            done.set()
            looking.result()


def _proven(demo: Demo, run: str, changes: int) -> dict[str, Any]:
    """The summary out of the ledger, once the chain holds and the quarantine is exactly what was planted."""
    name = f"{PROJECT}.final_migration/{run}"
    with Ledger(demo.urls["golive_ledger"]) as ledger:
        entries = ledger.verify()
        entry = ledger.last(PROJECT, Kind.SUMMARY, run=name)
        if entry is None or entry.evidence_hash is None:
            raise Terminal(f"the ledger holds no summary of {name}: the run did not open the new system")
        summary = ledger.evidence(entry.evidence_hash)
    assert isinstance(summary, dict)
    planted = riverside.unmigratable(demo.urls["riverside_sms"], demo.urls["riverside_sis"])
    expected = {(f"public.{table}", key) for table, keys in planted.items() for key in keys}
    with psycopg.connect(demo.urls["riverside_sis"]) as connection:
        found = {
            (table.split("#")[0], tuple("NULL" if part is None else part for part in key))
            for table, key in connection.execute(
                "select table_name, key from golive.quarantine where project = %s", [PROJECT]
            )
        }
    if found != expected:
        raise Terminal(
            f"the quarantine is not what was planted: {len(expected - found)} rows are not in it,"
            f" {len(found - expected)} should not be"
        )
    totals = summary["totals"]
    return {
        "project": PROJECT,
        "students": demo.options.students,
        "seed": demo.options.seed,
        "verdict": "proven",
        "changed_meanwhile": changes,
        **totals,
        "planted": len(expected),
        "ledger_entries": entries,
        "ledger_head": f"{entry.seq}:{entry.hash}",
        "run": name,
        "per_table": summary["tables"],
        "urls": demo.urls,
        "airflow": demo.airflow.url,
    }


def _progress(demo: Demo) -> tuple[int, str]:
    """Rows that crossed or were compared so far in the open increments, and what the lanes do now."""
    with psycopg.connect(demo.urls["riverside_sis"]) as connection:
        made = connection.execute("select to_regclass('golive.heartbeat')").fetchone()
        if not (made and made[0]):
            return 0, "waiting for a lane"
        rows = connection.execute("select coalesce(sum(read), 0)::bigint from golive.checkpoint").fetchone()
        doing = connection.execute(
            "select coalesce(table_name || ': ', '') || split_part(doing, ' ', 1) from golive.heartbeat"
            " where ended_at is null order by lane"
        ).fetchall()
    return int(rows[0]) if rows else 0, "; ".join(text for (text,) in doing) or "between two steps"


def _url(options: Options, own: server.Server | None, database: str) -> str:
    if own is not None:
        return own.url(database)
    assert options.postgres is not None
    return options.postgres.rsplit("/", 1)[0] + "/" + database


def _make_databases(urls: dict[str, str]) -> None:
    admin = next(iter(urls.values())).rsplit("/", 1)[0] + "/postgres"
    try:
        with psycopg.connect(admin, autocommit=True) as connection:
            for name in map(sql.Identifier, urls):
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
                connection.execute(sql.SQL("create database {} encoding 'UTF8' template template0").format(name))
    except psycopg.Error as error:
        raise Terminal(f"the demo's databases cannot be made: {str(error).splitlines()[0]}") from error


def _make_district(urls: dict[str, str], options: Options) -> None:
    riverside.make_source(urls["riverside_sms"], students=options.students, seed=options.seed)
    riverside.make_target(urls["riverside_sis"])
