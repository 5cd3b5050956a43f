"""Golive's own tables in the target: checkpoints, quarantine, heartbeats, and the locks.

They stand in the target because rows and checkpoint must commit in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from golive.databases.relation import Moved
from golive.errors import Busy

Connection = psycopg.Connection[Any]

SCHEMA: LiteralString = """
create schema if not exists golive;
create table if not exists golive.progress (
  project text not null,
  table_name text not null,
  fingerprint jsonb not null,       -- the plan's parts, by name
  increment bigint not null default 0,
  run text,
  kind text,                        -- of the open or last increment
  covered text not null default 'none' check (covered in ('none', 'older', 'all')),  -- what has crossed
  bound text,                       -- up to this cursor everything has crossed
  next_bound text,                  -- the bound of the open increment
  next_covered text,
  candidate text,                   -- a cursor that is safe once all of `waiting_for` have ended
  waiting_for text[],
  opened_at timestamptz,
  closed_at timestamptz,
  primary key (project, table_name)
);
create table if not exists golive.checkpoint (
  project text not null,
  table_name text not null,
  chunk int not null,
  increment bigint not null,
  rows jsonb not null,              -- which rows: edges, order, part, cursor bounds
  read bigint not null default 0,
  inserted bigint not null default 0,
  updated bigint not null default 0,
  unchanged bigint not null default 0,
  refused bigint not null default 0,
  deleted bigint not null default 0,
  facts jsonb not null default '{}',
  lane int,
  done_at timestamptz,
  primary key (project, table_name, increment, chunk)
);
create index if not exists checkpoint_open on golive.checkpoint (project, table_name, chunk) where done_at is null;
create table if not exists golive.quarantine (
  project text not null,
  table_name text not null,
  key text[] not null,
  reason text not null,
  state text,
  detail text,
  rows bigint not null,
  parked boolean not null,
  run text,
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  primary key (project, table_name, key)
);
create table if not exists golive.undeleted (
  project text not null,
  table_name text not null,
  key text[] not null,
  state text,
  detail text,
  last_seen timestamptz not null default now(),
  primary key (project, table_name, key)
);
create table if not exists golive.heartbeat (
  project text not null,
  run text not null,
  lane int not null,
  table_name text,
  doing text not null,
  bytes bigint not null default 0,
  at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  primary key (project, run, lane)
);
create table if not exists golive.secret (
  one boolean primary key default true check (one),
  value text not null               -- of this database alone: hashes of keys that leave it are made with it
);
insert into golive.secret (value) values (gen_random_uuid()::text || gen_random_uuid()::text) on conflict do nothing;
"""


def prepare(connection: Connection) -> None:
    """Make what is not there yet; two sessions may do so at once."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtextextended('golive/schema', 0))")
        connection.execute(SCHEMA)


def secret(connection: Connection) -> str:
    """What hashes of this database's keys are made with: whoever has the hashes alone cannot try keys out.

    Makes Golive's tables if they are not there yet; it is the same for ever.
    """
    prepare(connection)
    row = connection.execute("select value from golive.secret").fetchone()
    assert row is not None
    return str(row[0])


@contextmanager
def locked(connection: Connection, name: str, *, shared: bool = False, wait: bool = False) -> Iterator[None]:
    """A lock that dies with its session. Raises Busy at once, or waits if told to."""
    way = "_shared" if shared else ""
    key = ("golive/" + name,)
    if wait:
        connection.execute(f"select pg_advisory_lock{way}(hashtextextended(%s, 0))", key)
    else:
        row = connection.execute(f"select pg_try_advisory_lock{way}(hashtextextended(%s, 0))", key).fetchone()
        if not (row and row[0]):
            raise Busy(f"another session works on {name}: wait for it, or look for a run that is still going")
    try:
        yield
    finally:
        if not connection.closed and connection.info.transaction_status.name != "UNKNOWN":
            connection.execute(f"select pg_advisory_unlock{way}(hashtextextended(%s, 0))", key)


def progress(connection: Connection, project: str, table: str, *, lock: bool = False) -> dict[str, Any] | None:
    """The table's line, or None if nothing was begun; ``lock`` keeps it to this transaction."""
    made = connection.execute("select to_regclass('golive.progress') is not null").fetchone()
    if not (made and made[0]):
        return None
    query = "select * from golive.progress where project = %s and table_name = %s"
    with connection.cursor(row_factory=dict_row) as rows:
        return rows.execute(query + (" for update" if lock else ""), (project, table)).fetchone()


def neighbours(connection: Connection, project: str) -> list[tuple[str, str, str]]:
    """(project, table, its `owns` or '') of every table that other projects have begun to fill here."""
    made = connection.execute("select to_regclass('golive.progress') is not null").fetchone()
    if not (made and made[0]):
        return []
    return connection.execute(
        "select project, table_name, coalesce(fingerprint ->> 'owns', '') from golive.progress where project <> %s"
        " order by project, table_name", (project,)
    ).fetchall()


def set_progress(connection: Connection, project: str, table: str, **changes: Any) -> None:
    """Write some columns of the table's line, which must exist or be complete enough to be made."""
    names = list(changes)
    values = [json.dumps(v) if n == "fingerprint" else v for n, v in changes.items()]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    holes = sql.SQL(", ").join([sql.Placeholder()] * len(names))
    update = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(n)) for n in names
    )
    connection.execute(
        sql.SQL(
            "insert into golive.progress (project, table_name, {}) values (%s, %s, {})"
            " on conflict (project, table_name) do update set {}"
        ).format(columns, holes, update),
        [project, table, *values],
    )


def add_chunks(
    connection: Connection, project: str, table: str, increment: int, chunks: Sequence[dict[str, Any]]
) -> None:
    """More chunks of an increment, numbered on from those that it has."""
    row = connection.execute(
        "select coalesce(max(chunk), -1) + 1 from golive.checkpoint"
        " where project = %s and table_name = %s and increment = %s", (project, table, increment)
    ).fetchone()
    first = row[0] if row else 0
    with connection.cursor() as rows:
        rows.executemany(
            "insert into golive.checkpoint (project, table_name, increment, chunk, rows) values (%s, %s, %s, %s, %s)",
            [(project, table, increment, n, json.dumps(chunk)) for n, chunk in enumerate(chunks, first)],
        )


def open_chunks(connection: Connection, project: str, ahead: int = 64) -> list[tuple[str, int, int, dict[str, Any]]]:
    """(table, increment, chunk, rows) of what is still to do: at most ``ahead`` chunks of each table, in order."""
    return connection.execute(
        "select table_name, increment, chunk, rows from (select *, row_number() over (partition by table_name"
        " order by increment, chunk) as n from golive.checkpoint where project = %s and done_at is null) waiting"
        " where n <= %s order by n", (project, ahead)
    ).fetchall()


def drop_open_chunks(connection: Connection, project: str, table: str) -> int:
    """Forget what an increment has not done yet; returns how many chunks."""
    return connection.execute(
        "delete from golive.checkpoint where project = %s and table_name = %s and done_at is null", (project, table)
    ).rowcount


def take_chunk(connection: Connection, project: str, table: str, increment: int, chunk: int) -> bool:
    """Lock the chunk's line in this transaction; False if it was done meanwhile."""
    return connection.execute(
        "select from golive.checkpoint where project = %s and table_name = %s and increment = %s and chunk = %s"
        " and done_at is null for update", (project, table, increment, chunk)
    ).fetchone() is not None


def finish_chunk(
    connection: Connection, project: str, table: str, increment: int, chunk: int, moved: Moved,
    facts: dict[str, Any], lane: int,
) -> None:
    """Write the chunk's checkpoint, in the transaction of its rows."""
    connection.execute(
        "update golive.checkpoint set read = %s, inserted = %s, updated = %s, unchanged = %s, refused = %s,"
        " deleted = %s, facts = %s, lane = %s, done_at = clock_timestamp()"
        " where project = %s and table_name = %s and increment = %s and chunk = %s",
        (moved.read, moved.inserted, moved.updated, moved.unchanged, moved.refused, moved.deleted,
         json.dumps(facts), lane, project, table, increment, chunk),
    )
    connection.execute("select pg_notify('golive', %s)", (project,))


def add_chunk(
    connection: Connection, project: str, table: str, increment: int, rows: dict[str, Any], moved: Moved
) -> None:
    """A chunk that is done already: rows that a replay brought."""
    connection.execute(
        "insert into golive.checkpoint (project, table_name, increment, chunk, rows, read, inserted, updated,"
        " unchanged, refused, deleted, done_at) select %s, %s, %s, coalesce(max(chunk), -1) + 1, %s, %s, %s, %s, %s,"
        " %s, %s, clock_timestamp() from golive.checkpoint where project = %s and table_name = %s and increment = %s",
        (project, table, increment, json.dumps(rows), moved.read, moved.inserted, moved.updated, moved.unchanged,
         moved.refused, moved.deleted, project, table, increment),
    )


def totals(connection: Connection, project: str, table: str, increment: int) -> tuple[Moved, int, int]:
    """What an increment moved so far, its chunks, and how many of them are done."""
    row = connection.execute(
        "select coalesce(sum(read), 0)::bigint, coalesce(sum(inserted), 0)::bigint, coalesce(sum(updated), 0)::bigint,"
        " coalesce(sum(unchanged), 0)::bigint, coalesce(sum(refused), 0)::bigint, coalesce(sum(deleted), 0)::bigint,"
        " count(*), count(done_at) from golive.checkpoint where project = %s and table_name = %s and increment = %s",
        (project, table, increment),
    ).fetchone()
    assert row is not None
    return Moved(*row[:6]), row[6], row[7]


def facts(connection: Connection, project: str, table: str, increment: int) -> list[dict[str, Any]]:
    """What the done chunks of an increment noted."""
    return [row[0] for row in connection.execute(
        "select facts from golive.checkpoint where project = %s and table_name = %s and increment = %s"
        " and done_at is not null order by chunk", (project, table, increment)
    )]


def forget_chunks(connection: Connection, project: str, table: str, keep: int) -> None:
    """Drop the chunks of increments before the last ``keep``; their totals stand in the ledger."""
    connection.execute(
        "delete from golive.checkpoint where project = %s and table_name = %s and increment <= (select increment"
        " from golive.progress where project = %s and table_name = %s) - %s", (project, table, project, table, keep)
    )


def wait_for_change(connection: Connection, seconds: float) -> None:
    """Return when another session finished a chunk, or after so many seconds."""
    connection.execute("listen golive")
    for _ in connection.notifies(timeout=seconds, stop_after=1):
        return


def beat(
    connection: Connection, project: str, run: str, lane: int, table: str | None, doing: str, amount: int,
    *, ended: bool,
) -> None:
    """Say that a lane is alive, and what it does."""
    connection.execute(
        "insert into golive.heartbeat (project, run, lane, table_name, doing, bytes, at, ended_at)"
        " values (%s, %s, %s, %s, %s, %s, clock_timestamp(), case when %s then clock_timestamp() end)"
        " on conflict (project, run, lane) do update set table_name = excluded.table_name, doing = excluded.doing,"
        " bytes = excluded.bytes, at = excluded.at, ended_at = excluded.ended_at",
        (project, run, lane, table, doing, amount, ended),
    )


def silent(connection: Connection, project: str, minutes: int) -> list[tuple[str, int, str | None, str, datetime]]:
    """(run, lane, table, doing, last heartbeat) of lanes that neither ended nor were heard of lately."""
    made = connection.execute("select to_regclass('golive.heartbeat') is not null").fetchone()
    if not (made and made[0]):
        return []
    return connection.execute(
        "select run, lane, table_name, doing, at from golive.heartbeat where project = %s and ended_at is null"
        " and at < clock_timestamp() - make_interval(mins => %s) order by at", (project, minutes)
    ).fetchall()
