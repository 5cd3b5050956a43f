"""A school whose configuration is made ahead: staging and production of one schema, and what is in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from tests.migration import rows

from golive.config_copy import AreaPlan, Compared, CopiedArea, compare, copy_area, lay_out, undo_area
from golive.databases import Database, connect
from golive.project import Project
from golive.project.files import parse

AREAS = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
staging: {connection: harbour_config}
people:
  lead: [ann]
  sponsor: [sue]
  data_engineer: [dan]
  operations: [otto]
  go_live: [maria]
  finance: [fay]
tables:
  - {target: t}
  - {target: fee, owns: "origin = 'old'"}
configuration:
  - area: fees
    title: Fee plans
    owner: finance
    depends: [terms]
    tables:
      - {table: fee, where: "origin = 'native'", owns: "origin = 'native'", sensitive: [price]}
  - {area: terms, owner: lead, tables: [term]}
  - area: scales
    owner: lead
    tables:
      - {table: mark, key: [scale_id, mark], without: [mark_id], remap: {scale_id: {table: scale, by: [code]}}}
      - {table: scale, key: [code], without: [scale_id]}
"""

SCHEMA = """
create table t (id int primary key, name text);
create table term (code text primary key, starts_on date not null, hours numeric[]);
create table scale (
  scale_id int generated always as identity primary key, code varchar(8) not null unique, name text not null,
  shown text generated always as (upper(code)) stored
);
create table mark (
  mark_id serial primary key, scale_id int not null references scale on delete cascade, mark text not null,
  low numeric(5, 2), unique (scale_id, mark)
);
create table fee (
  code text primary key, name text unique, price numeric(8, 2) check (price < 1000), term text references term,
  origin text not null default 'native'
);
create table booking (id int primary key, fee text references fee);
"""

# What was made ahead: the numbers of the scales are others than in production.
STAGED = """
insert into term values ('T1', '2026-09-01', '{1.50}'), ('T2', '2027-02-01', null), ('T3', '2027-06-01', null);
select setval('scale_scale_id_seq', 50);
insert into scale (code, name) values ('AF', 'A to F'), ('PF', 'Pass or fail');
insert into mark (scale_id, mark, low) select scale_id, m, l from scale, (values ('A', 90.00), ('F', 0)) v (m, l)
  where code = 'AF';
insert into mark (scale_id, mark) select scale_id, 'P' from scale where code = 'PF';
insert into fee values ('BUS', 'Bus', 10, 'T1'), ('LUNCH', 'Lunch', 3.50, 'T3');
insert into fee values ('OLD1', 'From the old system', 1, null, 'old');
"""

PRODUCTION = """
insert into t values (1, 'arrived');
insert into term values ('T1', '2026-09-01', '{1.50}'), ('T2', '2027-01-01', null), ('T9', '2029-09-01', null);
insert into scale (code, name) values ('NUM', 'Numbers'), ('AF', 'Letters');
insert into mark (scale_id, mark, low) values (2, 'A', 85), (1, '1', null);
insert into fee values ('BUS', 'Bus', 12, 'T1', 'native'), ('OLD2', 'Arrived', 2, null, 'old');
insert into booking values (1, 'BUS');
"""

ORDER = ("terms", "fees", "scales")


@dataclass(frozen=True)
class Configured:
    """Staging and production, and what Golive does with them."""

    project: Project
    staging_url: str
    target_url: str

    @property
    def staging(self) -> Database:
        return connect(self.staging_url, name="harbour_config")

    @property
    def target(self) -> Database:
        return connect(self.target_url, name="harbour_new")

    @cached_property
    def plans(self) -> dict[str, AreaPlan]:
        return lay_out(self.project, self.staging, self.target)

    def compared(self) -> dict[str, Compared]:
        return compare(self.plans, self.staging, self.target)

    def copied(
        self, area: str, *, run: str = "run 1", confirmed: str | None = None, guard: Callable[[], None] = lambda: None
    ) -> CopiedArea:
        """One area, by default as its owner would confirm it now."""
        snapshot = confirmed or compare({area: self.plans[area]}, self.staging, self.target)[area].snapshot
        return copy_area(
            self.plans, area, self.staging, self.target, project="harbour", run=run, confirmed=snapshot, guard=guard
        )

    def undone(self, area: str, *, forced: bool = False) -> list[str]:
        return undo_area(self.project, area, self.target, forced=forced, guard=lambda: None)

    def on_staging(self, *statements: str) -> None:
        _execute(self.staging_url, statements)

    def on_target(self, *statements: str) -> None:
        _execute(self.target_url, statements)

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        """What a query of the test's own gives over production."""
        return rows(self.target_url, query)

    def everything(self) -> dict[str, Any]:
        """Every row of production as it is written, and where every sequence stands."""
        found: dict[str, Any] = {}
        for table in ("t", "term", "scale", "mark", "fee", "booking"):
            found[table] = self.asked(f"select (x.*)::text from {table} x order by 1")
        for sequence in ("scale_scale_id_seq", "mark_mark_id_seq"):
            found[sequence] = self.asked(f"select last_value, is_called from {sequence}")
        return found


def configured(make: Callable[..., str], text: str = AREAS) -> Configured:
    """The school, in two new databases."""
    made = Configured(parse(text, "project.yaml", "harbour"), make("config"), make("target"))
    made.on_staging(SCHEMA, STAGED)
    made.on_target(SCHEMA, PRODUCTION)
    return made


def _execute(url: str, statements: tuple[str, ...]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]
