"""A migration of two tables that is quick to run: families, and their children."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.dags.runs import execute

FAMILIES, CHILDREN = 40, 300

TEXT = """\
project: harbour
title: Harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
older_data: {schedule: "0 2 * * *", window: "02:00-03:00"}
limits: {lanes: 1, chunk_rows: 100, horizon_wait_seconds: 5, freeze_wait_seconds: 20}
people: {go_live: [maria, tom]}
stages: [final_migration]
tables:
  - target: family
    source: fam
    key: [family_id]
    cursor: upd
    columns: {family_id: id, name: trim(nm)}
    owns: "origin = 'old'"
  - target: child
    source: kid
    key: [child_id]
    cursor: upd
    columns: {child_id: id, family_id: fam, birth_date: "cast(born as date)"}
    owns: "origin = 'old'"
    sensitive: [birth_date]
    older_than: "id <= 200"
"""

SOURCE = f"""
create table fam (id int primary key, nm text not null, upd timestamptz not null default now());
create table kid (id int primary key, fam int not null, born text, upd timestamptz not null default now());
insert into fam select n, 'Family ' || n || ' ', timestamptz '2026-01-01' + n * interval '1 hour'
  from generate_series(1, {FAMILIES}) n;
insert into kid select n, 1 + n % {FAMILIES}, to_char(date '2012-01-01' + n, 'YYYY-MM-DD'),
  timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, {CHILDREN}) n;
"""

TARGET = """
create table family (family_id int primary key, name text not null, origin text not null default 'old');
create table child (
  child_id int primary key, family_id int not null references family, birth_date date,
  origin text not null default 'old'
);
insert into family values (9001, 'The new system''s own', 'new');
insert into child values (9001, 9001, '2020-02-02', 'new');
"""

# Both sides as people read them, written by hand.
SIDES = {
    "family": (
        "select id, rtrim(nm) from fam order by 1", "select family_id, name from family where origin = 'old' order by 1"
    ),
    "child": (
        "select id, fam, born::date from kid order by 1",
        "select child_id, family_id, birth_date from child where origin = 'old' order by 1",
    ),
}


def suite(folder: Path, name: str, *expectations: tuple[str, str, dict[str, Any], str]) -> None:
    """A suite of the project, '<table>.<side>', in the folder of all; each expectation is (id, type, kwargs, weight).

    A floor of one row is asked beside them.
    """
    table, side = name.split(".")
    floor = (f"{table}_{side}_rows", "expect_table_row_count_to_be_between", {"min_value": 1}, "critical")
    asked = [
        {"type": kind, "kwargs": kwargs, "severity": weight, "meta": {"id": one, "owner": "go_live", "says": "As said"}}
        for one, kind, kwargs, weight in (floor, *expectations)
    ]
    about = {"side": side, "table": table}
    (folder / "harbour").mkdir(parents=True, exist_ok=True)
    (folder / "harbour" / f"{name}.json").write_text(
        json.dumps({"name": name, "expectations": asked, "meta": {"golive": about}})
    )


def make(source_url: str, target_url: str) -> None:
    """Fill two empty databases."""
    execute(source_url, SOURCE)
    execute(target_url, TARGET)
