"""Every project's pool, made without anybody's hand: a task whose pool is missing waits for ever, without a word.

A listener of Airflow's, registered by the plugin. It acts where Airflow itself works on its metadata
database: when such a process starts, and in the scheduler when a run starts, so that a project whose
file came later has its pool before its first lane is scheduled. A pool that exists is left as it is,
for its slots may have been set by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)


@hookimpl
def on_starting(component: Any) -> None:
    """When a process of Airflow starts. Those of tasks have no metadata database, and nothing to do here."""
    try:
        from airflow.jobs.job import Job

        if isinstance(component, Job):
            ensure_pools()
    except Exception:
        # Of whatever kind: a scheduler without our pools is worth more than none. The next run tries again.
        log.exception("The pools of the projects could not be made")


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:
    """When the scheduler starts a run: the pool is made in its own transaction, and seen by what it does next."""
    try:
        from sqlalchemy.orm import object_session

        from golive.project import names

        project = str(dag_run.dag_id).partition(".")[0]
        if project in names():
            ensure_pools([project], object_session(dag_run))
    except Exception:
        log.exception("The pool of %s could not be made: its lanes will wait until it is there", dag_run.dag_id)


def ensure_pools(projects: Iterable[str] | None = None, session: Session | None = None) -> list[str]:
    """Make the pools that are missing, of these projects or of all, and give their names.

    A pool has as many slots as its project's ``limits.lanes``; a project whose file is wrong has no
    lanes, and is passed over. With a ``session`` its caller commits; without one a session of its own
    is used, and committed. Two processes may do this at once: the first one's pool stands. Raises what
    the metadata database raises when it cannot be reached or is not migrated.
    """
    from golive.errors import ProjectError
    from golive.flow.defaults import pool_of
    from golive.project import load, names

    wanted: dict[str, tuple[str, int]] = {}
    for name in names() if projects is None else projects:
        try:
            wanted[pool_of(name)] = (name, load(name).limits.lanes)
        except ProjectError:
            continue  # its own DAG says so
    if not wanted:
        return []
    if session is not None:
        return _make(session, wanted)
    from airflow.utils.session import create_session

    # Not the thread's shared session: who calls may be in the middle of a transaction on it.
    with create_session(scoped=False) as own:
        return _make(own, wanted)


def _make(session: Session, wanted: dict[str, tuple[str, int]]) -> list[str]:
    from airflow.models.pool import Pool
    from sqlalchemy import select

    with session.no_autoflush:
        there = set(session.scalars(select(Pool.pool).where(Pool.pool.in_(wanted))))
        made = [pool for pool in wanted if pool not in there]
        for pool in made:
            project, slots = wanted[pool]
            values = {
                "pool": pool,
                "slots": slots,
                "include_deferred": False,
                "description": f"Lanes that work on the databases of {project} at once. The slots are yours to change.",
            }
            session.execute(_insert(session.get_bind().dialect.name, Pool.__table__).values(values))
            log.info("Made the pool %s with %s slots", pool, slots)
    return made


def _insert(dialect: str, table: Any) -> Any:
    """An INSERT that does nothing where the row stands already: an error would end the caller's transaction."""
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    if dialect == "mysql":
        return mysql.insert(table).prefix_with("IGNORE")
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing()
