"""A source that a test freezes, what it is written with, and how it says no."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import make_url

from golive import freeze
from golive.databases import connect

SCHEMA = """
create table student (id int generated always as identity primary key, name text not null,
                      twice int generated always as (1) stored);
create table note (id serial primary key, student int references student on delete cascade, body text);
create table event (id int, day date) partition by range (day);
create table event_old partition of event for values from ('2000-01-01') to ('2025-01-01');
create table event_new partition of event for values from ('2025-01-01') to ('2050-01-01');
create unlogged table scratch (a int);
create schema other;
create table other."Odd ""name"" %s" (a int);
create view student_name as select name from student;
create materialized view student_count as select count(*) from student;
create function add_student(name text) returns void language sql as 'insert into student (name) values (name)';
insert into student (name) select 'student ' || n from generate_series(1, 5) n;
insert into note (student, body) values (1, 'hello');
insert into event values (1, '2024-05-05'), (2, '2026-05-05');
"""

TABLES = {"student", "note", "event", "event_old", "event_new", "scratch"}

WRITES = [
    "insert into student (name) values ('x')",
    "insert into student default values",
    "insert into note (id, student) values (1, 1) on conflict (id) do update set body = 'x'",
    "update student set name = 'x'",
    "delete from student",
    "truncate student cascade",
    "truncate only scratch",
    "insert into event values (9, '2024-01-02')",
    "insert into event_old values (9, '2024-01-02')",
    "update event_new set id = 9",
    "delete from event",
    "merge into student s using (values (1)) v (id) on s.id = v.id when matched then update set name = 'x'",
    "merge into scratch s using (values (1)) v (a) on s.a = v.a when not matched then insert values (1)",
    "with w as (delete from note returning *) select count(*) from w",
    "insert into student_name values ('x')",
    "select add_student('x')",
    'insert into other."Odd ""name"" %s" values (1)',
    "explain analyze insert into scratch values (1)",
]

SCHEMA_CHANGES = [
    "create table fresh (a int)",
    "create table fresh as select 1 as a",
    "alter table student add column more int default 1",
    "alter table student disable trigger all",
    "alter table note alter column body type varchar using body || 'x'",
    "drop table note",
    "create index on student (name)",
    "refresh materialized view student_count",
    "grant select on student to public",
]

OPEN_DDL = "alter event trigger golive_freeze_ddl disable; alter event trigger golive_freeze_drop disable;"

SHUT_DDL = "alter event trigger golive_freeze_ddl enable always; alter event trigger golive_freeze_drop enable always;"


class Source:
    """A source with tables in it, an administrator's session, and the database as Golive knows it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.admin = psycopg.connect(url, autocommit=True)
        self.database = connect(url, name="old_system")

    def freeze(self, seconds: int = 30, project: str = "riverside") -> freeze.Freeze:
        return freeze.freeze(self.database, project, limit_seconds=seconds, by="the registrar")

    def objects(self) -> list[Any]:
        """Everything that a freeze could leave behind."""
        return self.admin.execute(
            "select 'relation', oid::text from pg_class union all select 'trigger', oid::text from pg_trigger"
            " union all select 'function', oid::text from pg_proc union all select 'schema', oid::text from"
            " pg_namespace where nspname !~ '^pg_' union all select 'event', oid::text from pg_event_trigger"
            " order by 1, 2"
        ).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        row = self.admin.execute(query, values).fetchone()
        return row[0] if row else None


def as_role(source: Source, name: str) -> str:
    return make_url(source.url).set(username=name, password=name).render_as_string(hide_password=False)


def refused(connection: psycopg.Connection[Any], statement: str) -> ReadOnlySqlTransaction:
    with pytest.raises(ReadOnlySqlTransaction, match=r"riverside is frozen for its migration since .* UTC;") as caught:
        connection.execute(statement)
    connection.rollback()
    assert caught.value.diag.constraint_name == "golive_freeze", statement
    return caught.value


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
