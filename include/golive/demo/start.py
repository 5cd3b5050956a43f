"""What the demo stands on: a PostgreSQL, fresh databases of every sample organisation, and a healthy Airflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

import golive
from golive.databases.urls import normal
from golive.demo import airflow, messages, northgate, organisation, riverside, server
from golive.demo.airflow import Airflow
from golive.demo.organisation import Organisation
from golive.demo.people import SERVICE, sign_ins
from golive.demo.screen import Screen
from golive.errors import Terminal
from golive.ledger import Ledger
from golive.project import Project, load

ORGANISATIONS: Mapping[str, Organisation] = {
    each.name: each for each in (riverside.ORGANISATION, northgate.ORGANISATION)
}
LEDGER = "golive_ledger"
ALERTS = "golive_alerts"
METADATA = "airflow"


@dataclass(frozen=True)
class Options:
    """How to walk: which organisation, how large. ``postgres`` is a server of the user's own (any database's URL)."""

    home: Path
    project: str
    size: int
    seed: int
    port: int | None
    postgres: str | None


@dataclass(frozen=True)
class Demo:
    """A demo that is up: its servers, the URLs of its databases by connection, and the file of its messages."""

    options: Options
    project: Project
    organisation: Organisation
    server: server.Server | None
    airflow: Airflow
    urls: dict[str, str]
    messages: Path

    @property
    def source_url(self) -> str:
        return self.urls[self.project.source.connection]

    @property
    def target_url(self) -> str:
        return self.urls[self.project.target.connection]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.urls[LEDGER])


@contextmanager
def started(options: Options, screen: Screen, *, keep: Callable[[], bool]) -> Iterator[Demo]:
    """Servers, fresh databases, the organisations, and a healthy Airflow; all ended again unless ``keep`` says so.

    Databases of an earlier demo are made anew. The organisation that is not walked is there too, at its
    smallest, so that all of Airflow is at peace. Raises Terminal with one clear sentence.
    """
    root = Path(golive.__file__).resolve().parents[2]
    if not (root / "dags").is_dir():
        raise Terminal(f"{root} has no dags/: run the demo from a clone of the repository")
    if options.project not in ORGANISATIONS:
        raise Terminal(f"the demo has no organisation {options.project!r}. Right: {' or '.join(ORGANISATIONS)}")
    projects = {name: load(name) for name in ORGANISATIONS}
    options.home.mkdir(parents=True, exist_ok=True)
    own: server.Server | None = None
    if options.postgres is None:
        screen.step("PostgreSQL")
        own = server.start(options.home / "postgres", durable=False)
    urls = {name: _url(options, own, name) for name in [*_connections(projects), LEDGER, METADATA]}
    users = {name: role for project in projects.values() for name, role in sign_ins(project).items()}
    stack: Airflow | None = None
    box: messages.Box | None = None
    with ThreadPoolExecutor(1) as aside:
        try:
            box = messages.start(options.home / "messages")
            screen.step("databases")
            _make_databases(urls)
            made = aside.submit(_make_organisations, urls, projects, options, own is not None)
            with Ledger(urls[LEDGER]) as ledger:
                ledger.migrate()
            chosen = ORGANISATIONS[options.project]
            screen.step(f"Airflow, and {options.project} with {options.size:,} {chosen.counted}")
            stack = airflow.start(
                options.home / "airflow",
                dags=root / "dags",
                plugins=root / "plugins",
                metadata_url=urls[METADATA],
                connections={name: url for name, url in urls.items() if name != METADATA} | {ALERTS: box.connection},
                port=options.port,
                users=users,
                notes_by=SERVICE,
                paused=True,
                # Nobody changes a project while it is walked, and each round of reading takes from the walk.
                read_again=300,
                say=screen.note,
            )
            if not made.done():
                screen.step(f"{options.project} is still being made")
            made.result()
            yield Demo(options, projects[options.project], chosen, own, stack, urls, box.file)
        finally:
            if stack is not None and not keep():
                airflow.stop(stack)
            if box is not None and not keep():
                messages.stop(box)
            if own is not None and not keep():
                server.stop(own)


def without_passwords(urls: Mapping[str, str]) -> dict[str, str]:
    """The same URLs, fit to be kept in a file that anybody may read."""
    return {name: make_url(url).render_as_string() for name, url in urls.items()}


def _connections(projects: Mapping[str, Project]) -> list[str]:
    return [
        side.connection
        for project in projects.values()
        for side in (project.source, project.target, project.staging, project.training_copy)
        if side is not None
    ]


def _url(options: Options, own: server.Server | None, database: str) -> str:
    if own is not None:
        return own.url(database)
    assert options.postgres is not None
    return beside(normal(options.postgres, "--postgres"), database)


def beside(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _make_databases(urls: dict[str, str]) -> None:
    admin = beside(next(iter(urls.values())), "postgres")
    try:
        with psycopg.connect(admin, autocommit=True) as connection:
            for name in map(sql.Identifier, urls):
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
                connection.execute(sql.SQL("create database {} encoding 'UTF8' template template0").format(name))
            # A scheduler that was killed leaves workers with its connection, and their locks would hold up the next.
            connection.execute(
                sql.SQL("alter database {} set idle_in_transaction_session_timeout = '60s'").format(
                    sql.Identifier(METADATA)
                )
            )
    except psycopg.Error as error:
        raise Terminal(f"the demo's databases cannot be made: {str(error).splitlines()[0]}") from error


def _make_organisations(
    urls: dict[str, str], projects: Mapping[str, Project], options: Options, own_server: bool
) -> None:
    for name, project in projects.items():
        chosen = ORGANISATIONS[name]
        size = options.size if name == options.project else chosen.least
        source = urls[project.source.connection]
        organisation.make_source(chosen, source, size=size, seed=options.seed)
        organisation.make_target(chosen, urls[project.target.connection])
        if project.staging is not None:
            organisation.make_staging(chosen, urls[project.staging.connection])
        if project.training_copy is not None:
            organisation.make_training(chosen, urls[project.training_copy.connection])
        if own_server:  # logins are the whole server's: on somebody else's server none are made
            _make_logins(source, project)


def _make_logins(source: str, project: Project) -> None:
    """The logins of third parties in the old system, which the onboard stage compares with those declared."""
    with psycopg.connect(source, autocommit=True) as connection:
        for each in project.third_parties:
            login = sql.Identifier(each.login)
            there = connection.execute("select 1 from pg_roles where rolname = %s", [each.login]).fetchone()
            if there is None:
                connection.execute(sql.SQL("create role {} login").format(login))
            connection.execute(sql.SQL("grant select on all tables in schema public to {}").format(login))
