"""What the watch sees of a freeze that somebody tampered with, and what it is quiet about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.freeze.source import OPEN_DDL, SHUT_DDL, Source, refused

from golive import freeze
from golive.errors import FreezeRefused

TAMPERING = {
    "a trigger switched off": ("alter table student disable trigger all", "public.student: its trigger is switched"),
    "a trigger that replicas skip": (
        'alter table student enable trigger "0_golive_freeze"',
        "public.student: its trigger is switched",
    ),
    "a trigger dropped": ('drop trigger "0_golive_freeze" on student', "public.student: has no trigger"),
    "a write between off and on": (
        "begin; alter table student disable trigger user; insert into student (name) values ('x');"
        ' alter table student enable always trigger "0_golive_freeze"; commit',
        "trigger public.student: altered since the mark, or switched off and on",
    ),
    "the function opened": (
        "create or replace function golive_freeze.refuse() returns trigger language plpgsql"
        " as 'begin return null; end'",
        "the freeze of riverside is not in force: writes pass",
    ),
    "the function altered": (
        "alter function golive_freeze.refuse() set work_mem = '1MB'",
        "function golive_freeze.refuse(): altered",
    ),
    "a new table": ("create table fresh (a int)", "public.fresh: has no trigger of the freeze (a table made after"),
    "a column rewritten": (
        "alter table note alter column body type text using body || 'x'",
        "columns of public.note: altered",
    ),
    "a table dropped": ("drop table note", "trigger public.note: gone since the mark"),
    "all of it dropped": ("drop schema golive_freeze cascade", "the freeze of riverside is not in force"),
}


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


@pytest.mark.parametrize("what", TAMPERING)
def test_the_watch_sees_what_was_tampered_with(source: Source, what: str) -> None:
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
        "event trigger golive_freeze_ddl",
        "event trigger golive_freeze_drop",
    ]


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


def test_the_watch_is_quiet_about_what_changes_no_row(source: Source) -> None:
    done = source.freeze()
    source.admin.execute("analyze")
    source.admin.execute("vacuum (freeze) student")
    source.admin.execute("vacuum full student")
    source.admin.execute("vacuum full pg_catalog.pg_trigger")
    source.admin.execute("begin; select * from student for update; commit")
    assert freeze.watch(source.database, done) == []
