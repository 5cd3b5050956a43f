"""A small project whose rows two departments review, over two real databases that a test fills and loads itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import make_url
from tests.conftest import databases
from tests.dags.runs import execute
from tests.integration.readiness.passing import cross
from tests.integration.readiness.site import Place, site_of

from golive.databases import Database
from golive.ledger import Entry
from golive.project.files import parse
from golive.readiness import Outcome, criteria
from golive.readiness.judging import Said, hand_in
from golive.readiness.review import draw_work_lists
from golive.readiness.reviewed import Entity, Listed, entities, lists, mark_of, standing
from golive.readiness.reviewed import verdicts as verdicts_of

TEXT = """\
project: test
title: Test District
source: {connection: old}
target: {connection: new}
people:
  data_engineer: [daniel]
  lead: [lena]
  registrar: [ruth]
  finance: {holders: [fred], deputies: [fay]}
  clerk: [carla]
names: {ruth: Ruth Ames, fred: Fred Nowak, carla: Carla Diaz}
tables:
  - {target: pupil, key: [pupil_no], cursor: changed, columns: {full_name: "trim(name)"}, sensitive: [full_name, lunch]}
  - {target: fee, key: [fee_no], columns: {amount: "cast(amt as numeric(12, 2))"}}
  - {target: sign_in, columns: {who: usr}}
departments:
  - {name: records, title: Student records, head: registrar, reviewers: [clerk], tables: [pupil, sign_in]}
  - {name: office, title: Business office, head: finance, tables: [fee]}
review: {quotas: [{table: fee, rows: 30, reason: Fees are checked against the ledger of the bank}]}
criteria: [{id: reviewed, title: People found their rows right, measure: reviewed}]
"""

SOURCE = """
create table pupil (pupil_no int, name text, lunch boolean, school text, changed timestamptz);
insert into pupil select n, ' Pupil Secret ' || n || ' ', n % 7 = 0, '=cmd|' || n % 3, timestamptz '2026-01-01'
  from generate_series(1, 1000) n;
create table fee (fee_no int primary key, amt text, memo text);
insert into fee select n, n || '.50', 'fee ' || n from generate_series(1, 2000) n;
create table sign_in (usr text);
insert into sign_in values ('ann'), ('ann');
"""

TARGET = """
create table pupil (pupil_no int primary key, full_name text, lunch boolean, school text);
create table fee (fee_no int primary key, amount numeric(12, 2), memo text);
create table sign_in (who text);
"""


@contextmanager
def loaded(server_url: Callable[[str], str]) -> Iterator[Callable[[Callable[..., str]], Place]]:
    """Makes sites whose rows are across, each in databases of its own: the load is made once, and copied."""
    with databases(server_url) as make:
        urls = {each: make(each) for each in ("source", "target", "ledger")}
        reviewed_site(urls["source"], urls["target"], urls["ledger"])

        def copy(new_database: Callable[..., str]) -> Place:
            names = {each: make_url(url).database for each, url in urls.items()}
            copies = [new_database(each, f'template "{name}"') for each, name in names.items()]
            return site_of(TEXT, copies[0], copies[1], copies[2], stage="review")

        yield copy


def reviewed_site(source: str, target: str, ledger: str, text: str = TEXT, *, load: bool = True) -> Place:
    """The project with its rows across, unless nothing is to be loaded."""
    execute(source, SOURCE)
    execute(target, TARGET)
    site = site_of(text, source, target, ledger, stage="review")
    if load:
        cross(site)
    return site


def draw(site: Place) -> Outcome:
    """What <project>.review does."""
    return site.keep(draw_work_lists(site), task="draw_work_lists")


def listed(site: Place, table: str) -> Listed:
    return next(each for each in lists(site) if each.table == f"public.{table}")


def said(site: Place, table: str, verdicts: Mapping[int, str] | Iterable[str], comment: str = "") -> list[Said]:
    """Verdicts on the first rows of a table's list, or on those at some places, by somebody who sees what stands."""
    mine = listed(site, table)
    rows, held = mine.rows, standing(mine, verdicts_of(site))
    chosen = verdicts.items() if isinstance(verdicts, Mapping) else enumerate(verdicts)
    return [
        Said(
            f"public.{table}", rows[place]["row"], rows[place]["digest"], verdict,
            comment if verdict == "right" else comment or "It is another name", f"row {place + 1}",
            mark_of(one.verdict, one.comment) if (one := held.get(rows[place]["row"])) else "",
        )
        for place, verdict in chosen
    ]  # fmt: skip


def judge(site: Place, by: str, given: Iterable[Said]) -> int:
    return hand_in(site, by, list(given), site.hashes)


def all_right(site: Place) -> None:
    """Every row of every list was found right, by who may say so."""
    for by, table in (("ruth", "pupil"), ("fred", "fee")):
        judge(site, by, said(site, table, ["right"] * len(listed(site, table).rows)))


def like(site: Place, text: str) -> Place:
    """The site with another project file, over the same databases and ledger."""
    made = replace(site, project=parse(text, "project.yaml", "test"))
    made.__dict__["plan"] = site.plan
    return made


def judged(site: Place) -> criteria.Judged:
    """The criterion `reviewed`."""
    return next(each for each in criteria.evaluate(site) if each.criterion.id == "reviewed")


def by_table(site: Place) -> dict[str, Entity]:
    """How far the review of each table is."""
    return {each.table.removeprefix("public."): each for each in entities(site)}


def issue(site: Place, name: str) -> dict[str, Any] | None:
    """The payload of an issue as it stands."""
    entries: list[Entry] = site.ledger.latest("test", "issue", by=("id",))
    return next((entry.payload for entry in entries if entry.payload["id"] == name), None)


def on_source(site: Place, *statements: str) -> None:
    """Somebody's work on the old system."""
    _on(site.source, statements)


def on_target(site: Place, *statements: str) -> None:
    """Somebody's work on the new system."""
    _on(site.target, statements)


def _on(database: Database, statements: Iterable[str]) -> None:
    with database.session() as connection:
        for statement in statements:
            connection.execute(statement)
