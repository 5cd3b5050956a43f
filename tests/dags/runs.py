"""DAG runs in this process, with what ``dag.test()`` does not offer: clear, a schedule's run, a hand between tasks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from tests.migration import ROOT, Migration, approve_as_maria, fill_in

Hand = Callable[[], None]


@dataclass(frozen=True)
class Ran:
    """A run as it ended: each task's state, the error that it ended with, and what it handed on."""

    run_id: str
    state: str
    states: dict[str, str]
    errors: dict[str, BaseException]
    said: dict[str, Any]

    def error(self, task: str) -> str:
        """What the task said as it failed."""
        return str(self.errors[task])


def run(
    migration: Migration, stage: str, *, answer: Callable[[Any], None] | None = approve_as_maria,
    before: Mapping[str, Hand] | None = None, marked: str | None = None, scheduled: bool = False,
    by: str | None = None, **conf: Any,
) -> Ran:
    """Run a DAG through. ``before`` does something as a task is about to start, ``marked`` marks one as success."""
    dag_id = f"{migration.project.name}.{stage}"
    return turn(dag_id, answer=answer, before=before, marked=marked, scheduled=scheduled, by=by, **conf)


def turn(
    dag_id: str, *, answer: Callable[[Any], None] | None = None, before: Mapping[str, Hand] | None = None,
    marked: str | None = None, scheduled: bool = False, by: str | None = None, **conf: Any,
) -> Ran:
    """Run a DAG through. ``by`` is the person who starts it."""
    dag = _dag(dag_id)
    with _between(before or {}, answer) as ended, _alone(dag_id), _made(scheduled, by):
        dag_run = dag.test(run_conf=conf, logical_date=None, mark_success_pattern=marked)
    return _seen(dag_run, ended)


def again(
    migration: Migration, stage: str, run_id: str, *tasks: str,
    answer: Callable[[Any], None] | None = approve_as_maria, before: Mapping[str, Hand] | None = None,
    marked: str | None = None,
) -> Ran:
    """Clear tasks of a run with all that follows them, and let it run: what Clear does in Airflow."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import clear_task_instances
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    dag = _dag(f"{migration.project.name}.{stage}")
    cleared = {*tasks}.union(*(dag.get_task(task).get_flat_relative_ids(upstream=False) for task in tasks))

    query = select(DagRun).where(DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id)

    def stands(*, dag: Any, session: Any, **_: Any) -> DagRun:
        found = session.scalars(query).one()
        found.dag, found.state = dag, DagRunState.RUNNING
        return found

    with create_session() as session:
        found = session.scalars(query).one()
        instances = [one for one in found.get_task_instances(session=session) if one.task_id in cleared]
        clear_task_instances(instances, session)
    with (
        _between(before or {}, answer) as ended, _alone(dag.dag_id),
        patch("airflow.models.dagrun.get_or_create_dagrun", stands),
    ):
        dag_run = dag.test(logical_date=None, mark_success_pattern=marked)
    return _seen(dag_run, ended)


def timed_out(detail: Any) -> None:
    """An answer that nobody gave: what the scheduler hands on when the time is over."""
    detail.responded_at = None
    detail.__dict__["as_resume_event_payload"] = lambda: {"error": "no response", "error_type": "timeout"}


def answer(person: str | None, option: str, **params: Any) -> Callable[[Any], None]:
    """How a person answers a form; None is nobody known."""

    def write(detail: Any) -> None:
        detail.responded_by = {"id": person or "Anonymous", "name": person or "Anonymous"}
        detail.chosen_options = [option]
        detail.params_input = params

    return write


def digest(url: str, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything of a database that can be compared: relations, their rows, functions, triggers, sequences."""
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        kept = "n.nspname not like 'pg\\_%%' and n.nspname <> 'information_schema' and n.nspname <> all(%s)"
        out: dict[str, Any] = {
            "relations": connection.execute(
                f"select n.nspname, c.relname, c.relkind, c.relpersistence from pg_class c join pg_namespace n"
                f" on n.oid = c.relnamespace where {kept} order by 1, 2", (list(without),)
            ).fetchall(),
            "functions": connection.execute(
                f"select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
                f" where {kept} order by 1", (list(without),)
            ).fetchall(),
            "triggers": connection.execute(
                "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2"
            ).fetchall(),
            "settings": connection.execute("select setconfig from pg_db_role_setting order by 1").fetchall(),
        }
        for schema, name, kind, _ in out["relations"]:
            if kind in "rpm":
                row = connection.execute(
                    f'select count(*), sum(hashtextextended(t::text, 0)) from "{schema}"."{name}" t'
                ).fetchone()
                out[f"{schema}.{name}"] = row
            elif kind == "S":
                out[f"{schema}.{name}"] = connection.execute(f'select last_value from "{schema}"."{name}"').fetchone()
        return out


def execute(url: str, *statements: str) -> None:
    """Somebody else's work on a database."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def write_past(url: str, table: str, *statements: str) -> None:
    """What only a superuser can do to a frozen system: switch its guards off, and write."""
    execute(
        url,
        "do $$ declare e text; begin for e in select evtname from pg_event_trigger loop"
        " execute format('alter event trigger %I disable', e); end loop; end $$",
        f"alter table {table} disable trigger all", *statements,
    )


def _dag(dag_id: str) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(_file(dag_id)).get_dag(dag_id)
    assert dag is not None, dag_id
    return dag


def _file(dag_id: str) -> Path:
    """The one file that makes a DAG, <project>.<file's name>; the folder for that of a broken project."""
    file = ROOT / "dags" / f"{dag_id.partition('.')[2]}.py"
    return file if file.exists() else file.parent


@contextmanager
def _between(hands: Mapping[str, Hand], answer: Callable[[Any], None] | None) -> Any:
    """Stand where one task ends and the next begins, and answer there; gives the errors of the tasks as they end."""
    from airflow.sdk.definitions import dag as module
    from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor

    ended: dict[str, BaseException] = {}
    left = dict(hands)
    running = False
    run_task, sleep = module._run_task, time.sleep
    client = cache(InProcessTestSupervisor._api_client)

    def watched(*, ti: Any, task: Any, **more: Any) -> Any:
        nonlocal running
        if ti.task_id in left:
            left[ti.task_id]()
            del left[ti.task_id]  # one that failed is tried again, and told below
        running = True
        try:
            result = run_task(ti=ti, task=task, **more)
        finally:
            running = False
        error = getattr(result, "error", None)
        if error is not None:
            ended[ti.task_id] = error
        return result

    def nap(seconds: float) -> None:
        if answer is not None and not running:  # dag.test() itself rests: nothing can run, and a form may wait
            fill_in(answer)
        sleep(min(seconds, 0.02))

    with (
        patch.object(module, "_run_task", watched), patch.object(time, "sleep", nap),
        # One for all tasks: it would read the DAG back for each.
        patch.object(InProcessTestSupervisor, "_api_client", client),
        # It would clear every task of every run that has no date.
        patch("airflow.serialization.definitions.dag.SerializedDAG.clear_dags"),
    ):
        yield ended
    assert not left, f"never started: {', '.join(left)}"


@contextmanager
def _alone(dag_id: str) -> Any:
    """``dag.test()`` reads, and stores, every DAG of the folder before each run: here the one that runs."""
    from airflow.dag_processing import dagbag

    make = dagbag.BundleDagBag
    with patch.object(dagbag, "BundleDagBag", lambda **given: make(**given | {"dag_folder": _file(dag_id)})):
        yield


@contextmanager
def _made(scheduled: bool, by: str | None) -> Any:
    """A run of its own beside those that were: ``dag.test()`` would delete the last one without a date."""
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    def make(*, dag: Any, **given: Any) -> Any:
        if scheduled:
            given["logical_date"] = given["run_after"]
            given["run_id"] = f"scheduled__{given['run_after'].isoformat()}"
        kind = DagRunType.SCHEDULED if scheduled else DagRunType.MANUAL
        return dag.create_dagrun(run_type=kind, state=DagRunState.RUNNING, **given | {"triggering_user_name": by})

    with patch("airflow.models.dagrun.get_or_create_dagrun", make):
        yield


def _seen(dag_run: Any, ended: dict[str, BaseException]) -> Ran:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        instances = dag_run.get_task_instances(session=session)
        states = {
            one.task_id if one.map_index < 0 else f"{one.task_id}[{one.rendered_map_index}]": str(one.state)
            for one in instances
        }
        query = select(XComModel).where(XComModel.run_id == dag_run.run_id, XComModel.key == "return_value")
        said = {
            one.task_id: XComModel.deserialize_value(one)
            for one in session.scalars(query.where(XComModel.dag_id == dag_run.dag_id)) if one.map_index < 0
        }
        state = str(dag_run.state)
    return Ran(dag_run.run_id, state, states, ended, said)
