"""What a freeze puts into a PostgreSQL database, piece by piece, and how each piece gets there and away.

    golive_freeze.standing        one row: whose freeze, since when, who is to be asked, the mark
    golive_freeze.refuse()        the function that refuses a write
    0_golive_freeze               its trigger, on every table
    golive_freeze.refuse_ddl()    the function that refuses a change of the schema
    golive_freeze_ddl, _drop      its event triggers, where a superuser sets them

While the event triggers stand they would refuse our own changes too. We lower and raise them inside
one transaction, so that for everybody else they are up all the time.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.postgresql.freeze_catalog import (
    GUARDS,
    IN_THE_WAY,
    SCHEMA,
    TRIGGER,
    Table,
    frozen_state,
    guards,
    message,
    refusal,
    writers,
)

Connection = psycopg.Connection[Any]

# Longer than deadlock_timeout (1 s), after which the server ends an autovacuum that is in our way.
LOCK_MS = 2000


def lay_ground(connection: Connection, project: str, by: str) -> tuple[str, str]:
    """The schema, the function that refuses and the note of who froze since when, in one transaction.

    A freeze that refuses already keeps its time and its name. One that is half taken away is set
    again with new ones: triggers that stand take effect with the function.
    """
    state = frozen_state(connection)
    if state.refusing and state.since and state.by:
        return state.since, state.by
    with connection.transaction():
        _lower_guards(connection)
        row = connection.execute(
            "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        ).fetchone()
        assert row is not None
        since = str(row[0])
        connection.execute("create schema if not exists golive_freeze")
        connection.execute(
            "create table if not exists golive_freeze.standing"
            " (project text not null, since text not null, by text not null, mark text)"
        )
        connection.execute("delete from golive_freeze.standing")
        connection.execute("insert into golive_freeze.standing values (%s, %s, %s, null)", (project, since, by))
        set_function(connection, refusal(connection, project, since, by))
        _raise_guards(connection)
    return since, by


def set_function(connection: Connection, body: str) -> None:
    connection.execute(
        sql.SQL("create or replace function golive_freeze.refuse() returns trigger language plpgsql as {}").format(
            sql.Literal(body)
        )
    )


def set_trigger(connection: Connection, table: Table, deadline: float, waited: dict[str, str]) -> bool:
    """Block one table; False if its lock was not had in time, after adding who holds it to ``waited``."""
    events = sql.SQL("insert or update or delete or truncate")
    if table.foreign and connection.info.server_version < 160000:
        events = sql.SQL("insert or update or delete")
    try:
        with connection.transaction():
            lock_timeout(connection, _short(deadline))
            _lower_guards(connection)
            connection.execute(
                sql.SQL(
                    "create or replace trigger {} before {} on {} for each statement"
                    " execute function golive_freeze.refuse()"
                ).format(sql.Identifier(TRIGGER), events, table.identifier)
            )
            connection.execute(
                sql.SQL("alter table {} enable always trigger {}").format(table.identifier, sql.Identifier(TRIGGER))
            )
            _raise_guards(connection)
    except psycopg.errors.LockNotAvailable:
        waited.update(writers(connection, IN_THE_WAY, table.oid))
        return False
    except psycopg.errors.UndefinedTable:
        return True  # dropped since it was listed
    return True


def set_guards(connection: Connection, project: str, since: str, by: str) -> bool:
    """Refuse changes of the schema too; False where only a superuser may."""
    if frozen_state(connection).ddl:
        return True
    body = sql.SQL("""
declare
  refused text;
begin
  if tg_event = 'sql_drop' then
    select object_identity into refused from pg_event_trigger_dropped_objects()
    where original and not is_temporary limit 1;
  else
    select command_tag into refused from pg_event_trigger_ddl_commands()
    where schema_name is distinct from 'pg_temp' limit 1;
  end if;
  if found then
    raise exception using errcode = '25006', message = {}, constraint = 'golive_freeze',
      detail = tg_tag || ' is refused; temporary tables may be made and dropped.';
  end if;
end
""").format(message(project, since, by)).as_string(connection)
    try:
        with connection.transaction():
            for name in GUARDS:
                connection.execute(sql.SQL("drop event trigger if exists {}").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL(
                    "create or replace function golive_freeze.refuse_ddl() returns event_trigger"
                    " language plpgsql set search_path = pg_catalog, pg_temp as {}"
                ).format(sql.Literal(body))
            )
            for name, event in zip(GUARDS, ("ddl_command_end", "sql_drop"), strict=True):
                connection.execute(
                    sql.SQL("create event trigger {} on {} execute function golive_freeze.refuse_ddl()").format(
                        sql.Identifier(name), sql.SQL(event)
                    )
                )
            _raise_guards(connection)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _lower_guards(connection: Connection) -> None:
    """Inside a transaction of ours alone: for everybody else the guards stay up until it commits."""
    for name, _, _ in guards(connection):
        connection.execute(sql.SQL("alter event trigger {} disable").format(sql.Identifier(name)))


def _raise_guards(connection: Connection) -> None:
    for name, _, _ in guards(connection):
        connection.execute(sql.SQL("alter event trigger {} enable always").format(sql.Identifier(name)))


def drop_triggers(connection: Connection, deadline: float) -> tuple[int, dict[int, str]]:
    """Try once to remove the trigger wherever it stands: how many went, and the tables that were held, by oid."""
    rows = connection.execute(
        "select c.oid::bigint, n.nspname, c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " join pg_namespace n on n.oid = c.relnamespace join pg_proc p on p.oid = t.tgfoid"
        " join pg_namespace s on s.oid = p.pronamespace"
        " where s.nspname = %s and p.proname = 'refuse' and t.tgname = %s order by 1", (SCHEMA, TRIGGER)
    ).fetchall()
    dropped, held = 0, {}
    for oid, schema, name in rows:
        try:
            with connection.transaction():
                lock_timeout(connection, _short(deadline))
                connection.execute(
                    sql.SQL("drop trigger {} on {}").format(sql.Identifier(TRIGGER), sql.Identifier(schema, name))
                )
            dropped += 1
        except psycopg.errors.LockNotAvailable:
            held[oid] = f"{schema}.{name}"
        except psycopg.errors.UndefinedTable:
            continue  # dropped since it was listed
    return dropped, held


def _short(deadline: float) -> int:
    return max(100, min(LOCK_MS, int((deadline - time.monotonic()) * 1000)))


def lock_timeout(connection: Connection, milliseconds: int) -> None:
    connection.execute("select set_config('lock_timeout', %s, true)", (str(milliseconds),))
