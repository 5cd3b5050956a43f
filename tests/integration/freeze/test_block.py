"""What a frozen source refuses, what it still does, and that not one write is lost or slips through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction
from tests.integration.freeze.source import SCHEMA_CHANGES, TABLES, WRITES, Source, as_role, refused, until

from golive import freeze


def test_every_way_to_write_is_refused_and_reads_go_on(source: Source, role: Callable[..., str]) -> None:
    app = role(
        "grant usage on schema public, other to {role}",
        "grant all on all tables in schema public to {role}",
        "grant all on all tables in schema other to {role}",
    )
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
    with (
        pytest.raises(ReadOnlySqlTransaction),
        source.admin.cursor() as cursor,
        cursor.copy("copy scratch from stdin") as copy,
    ):
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


def test_a_source_that_is_read_only_by_default_can_be_frozen_and_opened(source: Source) -> None:
    source.admin.execute(f"alter database {source.admin.info.dbname} set default_transaction_read_only = on")
    source.freeze()
    assert freeze.unfreeze(source.database, "riverside")
