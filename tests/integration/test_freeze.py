"""The freeze against a real server: what it stops, what it waits for, what undoes it, what the watch sees."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import make_url

from golive import freeze
from golive.databases import connect
from golive.errors import Busy, FreezeRefused

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


@pytest.fixture
def source(new_database: Callable[..., str]) -> Iterator[Source]:
    made = Source(new_database("source"))
    made.admin.execute(SCHEMA)
    yield made
    made.admin.close()


@pytest.fixture
def role(source: Source) -> Iterator[Callable[..., str]]:
    """Makes a role that may sign in, with these rights; gives its name, which is also its password."""
    made: list[str] = []

    def make(*rights: str) -> str:
        name = f"golive_test_{os.getpid()}_{time.monotonic_ns()}"
        source.admin.execute(f"create role {name} login password '{name}'")
        made.append(name)
        for right in rights:
            source.admin.execute(right.format(role=name))
        return name

    yield make
    freeze.unfreeze(source.database, "riverside")  # it would refuse what follows
    for name in made:
        source.admin.execute(f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}")


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def as_role(source: Source, name: str) -> str:
    return make_url(source.url).set(username=name, password=name).render_as_string(hide_password=False)


def refused(connection: psycopg.Connection[Any], statement: str) -> ReadOnlySqlTransaction:
    with pytest.raises(ReadOnlySqlTransaction, match=r"riverside is frozen for its migration since .* UTC;") as caught:
        connection.execute(statement)
    connection.rollback()
    assert caught.value.diag.constraint_name == "golive_freeze", statement
    return caught.value


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


def test_every_way_to_write_is_refused_and_reads_go_on(source: Source, role: Callable[..., str]) -> None:
    app = role("grant usage on schema public, other to {role}", "grant all on all tables in schema public to {role}",
               "grant all on all tables in schema other to {role}")
    port = source.admin.info.port
    source.admin.execute(
        "create extension postgres_fdw; create server loop foreign data wrapper postgres_fdw"
        f" options (host '{source.admin.info.host}', port '{port}', dbname '{source.admin.info.dbname}');"
        f" create user mapping for current_user server loop options (user '{source.admin.info.user}');"
        " create foreign table far (a int) server loop options (table_name 'scratch')"
    )
    done = source.freeze()
    assert {t.split(".")[1] for t in done.tables if t.startswith("public.")} == TABLES | {"far"}
    assert any("far" in gap for gap in done.not_covered)

    with psycopg.connect(source.url, autocommit=True) as replica, psycopg.connect(as_role(source, app)) as user:
        replica.execute("set session_replication_role = replica")
        for statement in [*WRITES, "insert into far values (1)", "truncate far"]:
            refused(source.admin, statement)
            refused(replica, statement)
        for statement in WRITES:
            if "truncate student" not in statement and "student_name" not in statement:
                refused(user, statement)
    with pytest.raises(ReadOnlySqlTransaction), source.admin.cursor() as cursor, \
            cursor.copy("copy scratch from stdin") as copy:
        copy.write_row((1,))
    for statement in SCHEMA_CHANGES:
        refused(source.admin, statement)

    assert source.one("select count(*) from student") == 5
    source.admin.execute(
        "create temp table report (id serial primary key, n int); create index on report (n);"
        " insert into report (n) select id from student; create temp table again as select * from report;"
        " alter table report add column more text; drop table report, again"
    )
    before = source.one("select nextval('note_id_seq')")
    assert source.one("select nextval('note_id_seq')") == before + 1
    assert any(gap.startswith("sequences") for gap in done.not_covered)
    assert not any(gap.startswith("DDL") for gap in done.not_covered)
    assert freeze.watch(source.database, done) == []


def test_the_record_is_plain_and_says_who_was_probed(source: Source, role: Callable[..., str]) -> None:
    some = role("grant usage on schema public to {role}", "grant update (name) on student to {role}")
    source.admin.execute("create rule gone as on insert to scratch do instead nothing")
    done = source.freeze()
    assert freeze.Freeze.from_dict(json.loads(json.dumps(done.as_dict()))) == done
    assert "." not in json.dumps([v for v in done.as_dict().values() if isinstance(v, int)])
    roles = {proof.role: proof for proof in done.proof.roles}
    assert (roles[some].probed, roles[some].rejected) == (1, 1)
    own = roles[source.one("select current_user")]
    assert own.probed == own.rejected == 3 * len(done.tables) - 1
    assert done.proof.catalogue == len(done.tables) == 7
    assert "public.scratch: a rule rewrites its writes" in done.proof.not_probed
    assert any(line.startswith("TRUNCATE") for line in done.proof.not_probed)
    assert source.one("select %s::pg_lsn <= pg_current_wal_insert_lsn()", done.mark.position)
    state = freeze.standing(source.database)
    assert (state.frozen, state.project, state.since, state.by) == (True, "riverside", done.since, "the registrar")
    assert state.mark == done.mark and state.ddl and state.covered == done.tables and state.uncovered == ()
    assert refused(source.admin, "delete from note").diag.message_primary.endswith("Ask the registrar.")


def test_twenty_writers_lose_nothing_and_slip_nothing_through(source: Source) -> None:
    source.admin.execute("create table a (who int, n int); create table b (who int, n int)")
    acknowledged: list[list[int]] = [[] for _ in range(20)]
    rejected = [0] * 20
    stop = threading.Event()

    def write(who: int) -> None:
        with psycopg.connect(source.url, autocommit=True) as connection:
            for n in range(100_000):
                if stop.is_set():
                    return
                try:
                    if who % 2:
                        connection.execute("insert into a values (%s, %s)", (who, n))
                    else:
                        with connection.transaction():
                            connection.execute("insert into a values (%s, %s)", (who, n))
                            connection.execute("insert into b values (%s, %s)", (who, n))
                except ReadOnlySqlTransaction:
                    rejected[who] += 1
                else:
                    assert not rejected[who], "a write passed after one was rejected"
                    acknowledged[who].append(n)

    with ThreadPoolExecutor(20) as pool:
        try:
            runs = [pool.submit(write, who) for who in range(20)]
            until(lambda: all(len(mine) > 20 for mine in acknowledged))
            done = source.freeze(60)
            at_mark = source.admin.execute("select who, n from a order by 1, 2").fetchall()
            seen = list(rejected)
            until(lambda: all(now > then for now, then in zip(rejected, seen, strict=True)))
            assert freeze.watch(source.database, done) == []
        finally:
            stop.set()
        for run in runs:
            run.result()
    expected = [(who, n) for who, mine in enumerate(acknowledged) for n in mine]
    assert at_mark == expected
    assert source.admin.execute("select who, n from a order by 1, 2").fetchall() == expected
    pairs = [(who, n) for who, n in expected if who % 2 == 0]
    assert source.admin.execute("select who, n from b order by 1, 2").fetchall() == pairs
    assert freeze.watch(source.database, done) == []


def test_a_writer_that_holds_out_is_named_and_all_is_undone(source: Source) -> None:
    before = source.objects()
    with psycopg.connect(source.url, application_name="gradebook") as writer:
        writer.execute("update student set name = 'held'")
        with pytest.raises(FreezeRefused, match=r"public\.student is held by pid .*gradebook.*is undone") as caught:
            source.freeze(1)
        assert str(writer.info.backend_pid) in caught.value.message
        assert caught.value.project == "riverside"
        assert source.objects() == before
        source.admin.execute("insert into note (student) values (1)")
        writer.commit()
    assert source.one("select count(*) from student where name = 'held'") == 5


def test_a_writer_that_ends_in_time_is_waited_for(source: Source) -> None:
    with psycopg.connect(source.url, application_name="gradebook") as writer, ThreadPoolExecutor(1) as pool:
        writer.execute("update student set name = 'held'")
        run = pool.submit(source.freeze)
        # Longer than one lock timeout: the writers behind are let through in between, then we try again.
        until(lambda: freeze.standing(source.database).uncovered == ("public.student",))
        waiting = "select max(query_start)::text from pg_stat_activity where wait_event = 'relation'"
        first = source.one(waiting)
        until(lambda: source.one(waiting) not in (first, None))
        writer.commit()
        done = run.result()
    assert any("gradebook" in who for who in done.waited_for)
    assert source.one("select count(*) from student where name = 'held'") == 5


def test_a_prepared_transaction_is_named_by_its_gid(source: Source) -> None:
    gid = f"golive-{os.getpid()}"
    with psycopg.connect(source.url) as writer:
        writer.execute("update student set name = 'held'")
        writer.execute(f"prepare transaction '{gid}'")
        writer.commit()
    try:
        with pytest.raises(FreezeRefused, match=f"prepared transaction '{gid}'"):
            source.freeze(1)
    finally:
        source.admin.execute(f"commit prepared '{gid}'")
    assert source.freeze().waited_for == ()


def test_a_table_that_nobody_can_see_yet_is_waited_for_and_a_temporary_one_is_not(source: Source) -> None:
    source.admin.execute("create temp table first_use (a int)")
    with psycopg.connect(source.url) as maker, psycopg.connect(source.url, autocommit=True) as report:
        report.execute("create temp table earlier (a int)")
        report.execute("begin; create temp table report as select * from student")
        maker.execute("create table fresh as select 1 as a")
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(source.freeze)
            until(lambda: freeze.standing(source.database).frozen)
            maker.commit()
            done = run.result()
        report.execute("insert into report select * from report; commit")
    assert "public.fresh" in done.tables
    refused(source.admin, "insert into fresh values (2)")


def test_writers_from_before_an_interrupted_unfreeze_are_drained(source: Source) -> None:
    source.freeze()
    source.admin.execute("drop event trigger golive_freeze_ddl; drop event trigger golive_freeze_drop")
    source.admin.execute(
        "create or replace function golive_freeze.refuse() returns trigger language plpgsql"
        " as 'begin return null; end'"
    )
    assert not freeze.standing(source.database).frozen
    with psycopg.connect(source.url, application_name="gradebook") as writer:
        writer.execute("insert into scratch values (1)")
        with source.database.session() as connection:
            source.database.freezing.block(connection, project="riverside", by="ops", limit_seconds=5)
            refused(source.admin, "insert into scratch values (2)")
            with pytest.raises(FreezeRefused, match=r"from before the freeze did not end.*gradebook"):
                source.database.freezing.drain(connection, limit_seconds=1)
        writer.commit()
    source.freeze()
    assert source.one("select count(*) from scratch") == 1


def test_an_owner_without_superuser_freezes_and_says_that_ddl_passes(
    source: Source, role: Callable[..., str]
) -> None:
    owner, app = role(), role("grant usage on schema public to {role}", "grant insert on note to {role}")
    source.admin.execute(f"grant create on database {source.admin.info.dbname} to {owner}; alter schema other owner to"
                         f" {owner}; grant usage on schema public to {owner}")
    for (name,) in source.admin.execute("select oid::regclass::text from pg_class where relkind in ('r', 'p')"
                                        " and oid >= 16384 and relname !~ '^pg_'").fetchall():
        source.admin.execute(f"alter table {name} owner to {owner}")
    database = connect(as_role(source, owner), name="old_system")
    done = freeze.freeze(database, "riverside", limit_seconds=30, by="ops")
    assert any(gap.startswith("DDL") for gap in done.not_covered)
    assert not freeze.standing(database).ddl
    assert [proof.role for proof in done.proof.roles] == [owner]
    assert f"role {app}: cannot be assumed" in done.proof.not_probed
    with psycopg.connect(as_role(source, app)) as user:
        refused(user, "insert into note (id) values (77)")
    source.admin.execute("create table fresh (a int)")
    assert freeze.watch(database, done) == [
        "public.fresh: has no trigger of the freeze (a table made after the mark): writes pass"
    ]
    assert freeze.unfreeze(database, "riverside")
    source.admin.execute("insert into note (student) values (1)")


def test_without_ownership_it_is_refused_with_the_right_grant(source: Source, role: Callable[..., str]) -> None:
    stranger = role()
    before = source.objects()
    database = connect(as_role(source, stranger), name="old_system")
    with pytest.raises(FreezeRefused, match=f"grant create on database .* to .*{stranger}"):
        freeze.freeze(database, "riverside", limit_seconds=5, by="ops")
    source.admin.execute(f"grant create on database {source.admin.info.dbname} to {stranger}")
    with pytest.raises(FreezeRefused, match=r"does not own .*public\.student \(owner .*Run: grant .*is undone"):
        freeze.freeze(database, "riverside", limit_seconds=5, by="ops")
    assert source.objects() == before


@pytest.fixture
def subscribed(source: Source) -> Iterator[Source]:
    """A subscription, switched off, whose publisher does not exist: no worker of it ever gets going."""
    source.admin.execute(
        "create subscription feed connection 'host=127.0.0.1 port=1 dbname=none' publication none"
        " with (connect = false, enabled = false, create_slot = false, slot_name = 'feed')"
    )
    yield source
    freeze.unfreeze(source.database, "riverside")
    source.admin.execute("alter subscription feed disable; alter subscription feed set (slot_name = none)")
    source.admin.execute("drop subscription feed")


def test_an_enabled_subscription_refuses_the_freeze_and_is_seen_by_the_watch(subscribed: Source) -> None:
    source = subscribed
    before = source.objects()
    source.admin.execute("alter subscription feed enable")
    with pytest.raises(FreezeRefused, match=r'feed is enabled in .* Run: alter subscription "feed" disable'):
        source.freeze(10)
    assert source.objects() == before
    source.admin.execute("alter subscription feed disable")
    done = source.freeze()
    refused(source.admin, "alter subscription feed enable")
    source.admin.execute("alter event trigger golive_freeze_ddl disable; alter subscription feed enable")
    assert any("subscription feed is enabled" in line for line in freeze.watch(source.database, done))
    source.admin.execute("alter subscription feed disable; alter event trigger golive_freeze_ddl enable always")
    assert any(line.startswith("subscription feed: altered") for line in freeze.watch(source.database, done))


OPEN_DDL = "alter event trigger golive_freeze_ddl disable; alter event trigger golive_freeze_drop disable;"
SHUT_DDL = "alter event trigger golive_freeze_ddl enable always; alter event trigger golive_freeze_drop enable always;"
TAMPERING = {
    "a trigger switched off": ("alter table student disable trigger all", "public.student: its trigger is switched"),
    "a trigger that replicas skip": (
        'alter table student enable trigger "0_golive_freeze"', "public.student: its trigger is switched"),
    "a trigger dropped": ('drop trigger "0_golive_freeze" on student', "public.student: has no trigger"),
    "a write between off and on": (
        "begin; alter table student disable trigger user; insert into student (name) values ('x');"
        ' alter table student enable always trigger "0_golive_freeze"; commit',
        "trigger public.student: altered since the mark, or switched off and on"),
    "the function opened": (
        "create or replace function golive_freeze.refuse() returns trigger language plpgsql"
        " as 'begin return null; end'", "the freeze of riverside is not in force: writes pass"),
    "the function altered": (
        "alter function golive_freeze.refuse() set work_mem = '1MB'", "function golive_freeze.refuse(): altered"),
    "a new table": ("create table fresh (a int)", "public.fresh: has no trigger of the freeze (a table made after"),
    "a column rewritten": (
        "alter table note alter column body type text using body || 'x'", "columns of public.note: altered"),
    "a table dropped": ("drop table note", "trigger public.note: gone since the mark"),
    "all of it dropped": ("drop schema golive_freeze cascade", "the freeze of riverside is not in force"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_the_watch_sees(source: Source, what: str) -> None:
    statement, says = TAMPERING[what]
    done = source.freeze()
    assert freeze.watch(source.database, done) == []
    source.admin.execute(OPEN_DDL + statement)
    found = freeze.watch(source.database, done)
    assert any(line.startswith(says) for line in found), found
    assert any(line.startswith("event trigger golive_freeze_ddl: gone") for line in found) or "not in force" in says


def test_the_watch_sees_an_event_trigger_that_was_off_for_a_moment(source: Source) -> None:
    done = source.freeze()
    source.admin.execute(OPEN_DDL + SHUT_DDL)
    assert [line.split(":")[0] for line in freeze.watch(source.database, done)] == [
        "event trigger golive_freeze_ddl", "event trigger golive_freeze_drop",
    ]


def test_the_watch_is_quiet_about_what_changes_no_row(source: Source) -> None:
    done = source.freeze()
    source.admin.execute("analyze")
    source.admin.execute("vacuum (freeze) student")
    source.admin.execute("vacuum full student")
    source.admin.execute("vacuum full pg_catalog.pg_trigger")
    source.admin.execute("begin; select * from student for update; commit")
    assert freeze.watch(source.database, done) == []


def test_unfreeze_is_complete_and_can_be_repeated(source: Source) -> None:
    before = source.objects()
    source.freeze()
    done = freeze.unfreeze(source.database, "riverside")
    assert "every table opened: writes pass" in done and "the trigger dropped from 7 tables" in done
    assert source.objects() == before
    assert freeze.unfreeze(source.database, "riverside") == []
    assert freeze.standing(source.database).project is None
    for statement in (*WRITES, *SCHEMA_CHANGES[:3]):
        if "truncate" not in statement and "default values" not in statement:
            source.admin.execute("begin;" + statement)
            source.admin.execute("rollback")


def test_a_long_report_does_not_keep_writes_out_after_unfreeze(source: Source) -> None:
    before = source.objects()
    source.freeze()
    with psycopg.connect(source.url, application_name="report") as report:
        report.execute("select * from student")
        with pytest.raises(Busy, match=r"writes pass again.*public\.student, held by .*report"):
            freeze.unfreeze(source.database, "riverside", limit_seconds=1)
        source.admin.execute("insert into student (name) values ('x')")
        assert not freeze.standing(source.database).frozen
    assert freeze.unfreeze(source.database, "riverside") == [
        "the trigger dropped from 1 tables", "schema golive_freeze dropped: nothing of the freeze remains",
    ]
    assert source.objects() == before


def test_frozen_twice_or_at_once_is_one_freeze(source: Source) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = (run.result() for run in [pool.submit(source.freeze) for _ in range(2)])
    third = source.freeze()
    for other in (second, third):
        assert other.as_dict() | {"seconds": 0} == first.as_dict() | {"seconds": 0}
    assert freeze.watch(source.database, first) == []


def test_a_broken_freeze_is_set_again_and_says_so(source: Source) -> None:
    first = source.freeze()
    source.admin.execute(OPEN_DDL + "alter table student disable trigger all; create table fresh (a int)")
    source.admin.execute(SHUT_DDL + "insert into student (name) values ('x')")
    second = source.freeze()
    assert second.since == first.since and second.mark != first.mark
    assert any("public.student" in line for line in second.repaired)
    assert set(second.tables) - set(first.tables) == {"public.fresh"}
    assert freeze.watch(source.database, second) == []
    refused(source.admin, "insert into student (name) values ('x')")


def test_a_standing_freeze_outlives_a_failed_repair(source: Source) -> None:
    source.freeze()
    source.admin.execute(OPEN_DDL + "create table fresh (a int);" + SHUT_DDL)
    with psycopg.connect(source.url) as writer:
        writer.execute("insert into fresh values (1)")
        with pytest.raises(FreezeRefused, match=r"public\.fresh is held by .*was left standing"):
            source.freeze(1)
    refused(source.admin, "insert into student (name) values ('x')")


def test_two_projects_cannot_freeze_one_source(source: Source) -> None:
    done = source.freeze()
    with pytest.raises(FreezeRefused, match=r"is frozen for riverside since .* by the registrar\. Nothing was changed"):
        source.freeze(5, project="hillside")
    with pytest.raises(FreezeRefused, match="that of riverside, not of hillside"):
        freeze.unfreeze(source.database, "hillside")
    assert freeze.watch(source.database, done) == []


def test_a_freeze_that_is_not_proven_is_refused(source: Source) -> None:
    source.freeze()
    source.admin.execute(OPEN_DDL)
    source.admin.execute(
        "create or replace function golive_freeze.refuse() returns trigger language plpgsql as $$ begin"
        " if tg_table_name <> 'note' then raise exception using errcode = '25006', constraint = 'golive_freeze';"
        " end if; return null; end $$"
    )
    with source.database.session() as connection:
        with pytest.raises(FreezeRefused, match=r"was not rejected on public\.note$"):
            source.database.freezing.prove(connection, limit_seconds=5)
        source.admin.execute("alter table note disable trigger all")
        with pytest.raises(FreezeRefused, match=r"no trigger of the freeze in force on public\.note"):
            source.database.freezing.prove(connection, limit_seconds=5)


def test_a_source_that_is_read_only_by_default_can_be_frozen_and_opened(source: Source) -> None:
    source.admin.execute(f"alter database {source.admin.info.dbname} set default_transaction_read_only = on")
    source.freeze()
    assert freeze.unfreeze(source.database, "riverside")


DIE = """
import importlib, os, signal, sys
from golive import freeze
from golive.databases import connect
url, place, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
module = importlib.import_module("golive.databases.postgresql." + place.split(".")[0])
name = place.split(".")[1]
real = getattr(module, name)
def deadly(*args, **kwargs):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)
setattr(module, name, deadly)
freeze.freeze(connect(url, name="old_system"), "riverside", limit_seconds=30, by="the registrar")
"""


@pytest.mark.parametrize(("place", "count"), [
    ("freeze.set_trigger", 1), ("freeze.set_trigger", 4), ("freeze.set_guards", 1), ("freeze.drain", 1),
    ("freeze.mark", 1), ("freeze.prove", 1),
])
def test_killed_in_the_middle_and_run_again_it_is_the_same_freeze(source: Source, place: str, count: int) -> None:
    before = source.objects()
    killed = subprocess.run([sys.executable, "-c", DIE, source.url, place, str(count)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    half = freeze.standing(source.database)
    assert half.project == "riverside" and half.refusing
    done = source.freeze()
    assert done.since == half.since and done.repaired == () and len(done.tables) == 7
    assert freeze.watch(source.database, done) == []
    for statement in WRITES:
        refused(source.admin, statement)
    freeze.unfreeze(source.database, "riverside")
    assert source.objects() == before


def test_a_backend_that_is_ended_while_it_waits_undoes_the_freeze(source: Source) -> None:
    before = source.objects()
    with psycopg.connect(source.url) as writer, ThreadPoolExecutor(1) as pool:
        writer.execute("update student set name = 'held'")
        run = pool.submit(source.freeze)
        until(lambda: freeze.standing(source.database).uncovered == ("public.student",))
        source.admin.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        error = run.exception()
    assert type(error).__name__ == "ConnectionLost" and "is undone" in str(error)
    assert source.objects() == before
