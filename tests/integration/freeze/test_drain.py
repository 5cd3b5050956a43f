"""What a freeze waits for, for how long, and that one which waited in vain leaves nothing behind."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.integration.freeze.source import Source, refused, until

from golive import freeze
from golive.errors import FreezeRefused


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
        "create or replace function golive_freeze.refuse() returns trigger language plpgsql as 'begin return null; end'"
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
