"""A freeze on PostgreSQL: a statement-level trigger on every table that refuses every write.

Creating a trigger waits for the table's writers and, once it stands, the next statement of anybody
meets it: so a table is drained as it is blocked. All is set table by table in short transactions
with a lock timeout, for a lock request that waits makes every writer behind it wait too.

Whether a write passes is decided by one function. Undoing a freeze replaces that function first,
which needs no lock on any table, and opens all of them in one moment; removing a trigger waits for
the table's readers and can take its time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.freezing import Block
from golive.databases.postgresql.freeze_catalog import (
    ANY,
    IN_THE_WAY,
    SCHEMA,
    WRITING,
    Table,
    applying,
    frozen_state,
    guards,
    mark,
    schema_exists,
    subscriptions,
    tables,
    watch,
    writers,
)
from golive.databases.postgresql.freeze_objects import (
    drop_triggers,
    lay_ground,
    lock_timeout,
    set_function,
    set_guards,
    set_trigger,
)
from golive.databases.postgresql.probes import prove
from golive.errors import Busy, FreezeRefused

__all__ = ["alone", "block", "drain", "frozen_state", "mark", "prove", "unblock", "watch"]

Connection = psycopg.Connection[Any]

PAUSE = 0.2


def alone(connection: Connection, *, limit_seconds: int) -> None:
    """Be the only session that sets or undoes a freeze here, until it ends."""
    connection.execute("set default_transaction_read_only = off")
    try:
        with connection.transaction():
            lock_timeout(connection, max(1, limit_seconds) * 1000)
            connection.execute("select pg_advisory_lock(hashtextextended('golive_freeze', 0))")
    except psycopg.errors.LockNotAvailable as error:
        raise Busy(f"another session has been setting or undoing a freeze here for {limit_seconds} s") from error


@contextmanager
def _permitted() -> Iterator[None]:
    """A right that is missing, in words."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise FreezeRefused(
            f"a right is missing ({error.diag.message_primary}). Use the role that owns the tables, or a superuser"
        ) from error


@_permitted()
def block(connection: Connection, *, project: str, by: str, limit_seconds: int) -> Block:
    """Refuse every write from now on, table by table; what stands already is kept."""
    deadline = time.monotonic() + limit_seconds
    _check_source(connection, project)
    since, asked = lay_ground(connection, project, by)
    waited: dict[str, str] = {}
    while missing := [table for table in tables(connection) if not table.stands]:
        _check_owners(connection, missing)
        held = [table for table in missing if not set_trigger(connection, table, deadline, waited)]
        if time.monotonic() >= deadline and (left := [table for table in tables(connection) if not table.stands]):
            raise FreezeRefused(
                f"not every table could be blocked within {limit_seconds} s: {_blockers(connection, left)}",
                project=project, table=str(left[0]),
            )
        if held:
            time.sleep(PAUSE)
    guarded = set_guards(connection, project, since, asked)
    found = tables(connection)
    return Block(
        since, asked, tuple(str(table) for table in found), tuple(_not_covered(connection, found, guarded)),
        tuple(sorted(waited.values())),
    )


def drain(connection: Connection, *, limit_seconds: int) -> tuple[str, ...]:
    """Wait until every transaction that may have written before the block has ended.

    A writer that comes later is refused at its first statement; it is gone at the next look.
    """
    deadline = time.monotonic() + limit_seconds
    left = writers(connection, WRITING) | applying(connection)
    waited: dict[str, str] = {}
    while left:
        now = writers(connection, WRITING).keys() | applying(connection).keys()
        left = {who: what for who, what in left.items() if who in now}
        waited |= left
        if left and time.monotonic() >= deadline:
            raise FreezeRefused(
                f"writers from before the freeze did not end within {limit_seconds} s: {_named(left)}"
            )
        if left:
            time.sleep(PAUSE)
    return tuple(sorted(waited.values()))


@_permitted()
def unblock(connection: Connection, *, project: str, limit_seconds: int) -> list[str]:
    """Let writes pass, then take away all that ``block`` set; says what it did, nothing if nothing stood."""
    deadline = time.monotonic() + limit_seconds
    state = frozen_state(connection)
    if state.project not in (None, project):
        raise FreezeRefused(
            f"the freeze that stands is that of {state.project}, not of {project}: nothing was undone", project=project
        )
    done = []
    for name, _, _ in guards(connection):
        connection.execute(sql.SQL("drop event trigger {}").format(sql.Identifier(name)))
        done.append(f"event trigger {name} dropped: the schema may be changed again")
    if not schema_exists(connection):
        return done
    with connection.transaction():
        set_function(connection, "\nbegin\n  return null;\nend\n")
        if state.project is not None:
            connection.execute("update golive_freeze.standing set mark = null")
    if state.refusing:
        done.append("every table opened: writes pass")
    dropped, held = drop_triggers(connection, deadline)
    while held:
        if time.monotonic() >= deadline:
            who = {k: v for oid in held for k, v in writers(connection, ANY, oid).items()}
            raise Busy(
                "writes pass again, but the freeze's trigger, which lets them, could not be removed from"
                f" {', '.join(held.values())}, held by {', '.join(sorted(who.values()))}. Run golive unfreeze later"
            )
        time.sleep(PAUSE)
        more, held = drop_triggers(connection, deadline)
        dropped += more
    if dropped:
        done.append(f"the trigger dropped from {dropped} tables")
    with connection.transaction():
        connection.execute("drop function if exists golive_freeze.refuse_ddl()")
        connection.execute("drop function golive_freeze.refuse()")
        connection.execute("drop table if exists golive_freeze.standing")
        connection.execute("drop schema golive_freeze")
    done.append(f"schema {SCHEMA} dropped: nothing of the freeze remains")
    return done


def _check_source(connection: Connection, project: str) -> None:
    row = connection.execute(
        "select pg_is_in_recovery(), has_database_privilege(current_database(), 'CREATE'),"
        " current_database(), current_user"
    ).fetchone()
    assert row is not None
    standby, may_create, database, role = row
    if standby:
        raise FreezeRefused(f"{database} is a standby: freeze it on its primary", project=project)
    if not schema_exists(connection):
        if not may_create:
            grant = sql.SQL("grant create on database {} to {}").format(sql.Identifier(database), sql.Identifier(role))
            raise FreezeRefused(
                f"role {role} may not create the freeze's schema in {database}. Run: {grant.as_string(connection)}",
                project=project,
            )
    else:
        state = frozen_state(connection)
        if state.project is None:
            raise FreezeRefused(
                f"schema {SCHEMA} of {database} is not as a freeze leaves it. Run golive unfreeze {project} first",
                project=project,
            )
        if state.project != project:
            raise FreezeRefused(
                f"{database} is frozen for {state.project} since {state.since}, by {state.by}", project=project
            )
    enabled = [name for name, is_enabled in subscriptions(connection).items() if is_enabled]
    if enabled:
        run = "; ".join(
            sql.SQL("alter subscription {} disable").format(sql.Identifier(name)).as_string(connection)
            for name in enabled
        )
        raise FreezeRefused(
            f"a subscription writes past every trigger, and {', '.join(enabled)} is enabled in {database}. Run: {run}",
            project=project,
        )


def _check_owners(connection: Connection, missing: Iterable[Table]) -> None:
    foreign = [table for table in missing if not table.ours]
    if not foreign:
        return
    row = connection.execute("select current_user").fetchone()
    assert row is not None
    grants = "; ".join(
        sql.SQL("grant {} to {}").format(sql.Identifier(owner), sql.Identifier(row[0])).as_string(connection)
        for owner in sorted({table.owner for table in foreign})
    )
    names = ", ".join(f"{table} (owner {table.owner})" for table in foreign)
    raise FreezeRefused(f"only an owner can block a table, and role {row[0]} does not own {names}. Run: {grants}")


def _not_covered(connection: Connection, found: list[Table], guarded: bool) -> list[str]:
    gaps = [
        "sequences: nextval and setval pass",
        "large objects",
        "NOTIFY",
        "a superuser who switches a trigger off or drops the freeze: seen by the watch, not stopped",
    ]
    if not guarded:
        gaps.append(
            "DDL, REFRESH MATERIALIZED VIEW and the enabling of a subscription (only a superuser may set an event"
            " trigger): new and altered tables and enabled subscriptions are seen by the watch, not stopped"
        )
    foreign = [str(table) for table in found if table.foreign]
    if foreign:
        gaps.append(f"what is written on the own server of foreign tables: {', '.join(foreign)}")
        if connection.info.server_version < 160000:
            gaps.append("TRUNCATE of foreign tables")
    return gaps


def _blockers(connection: Connection, held: Iterable[Table]) -> str:
    parts = []
    for table in held:
        who = writers(connection, IN_THE_WAY, table.oid)
        parts.append(f"{table} is held by {_named(who)}" if who else f"{table} is new, or was held until just now")
    return "; ".join(parts)


def _named(who: dict[str, str]) -> str:
    names = ", ".join(sorted(who.values()))
    return f"{names}. End it (a prepared transaction by COMMIT or ROLLBACK PREPARED), then freeze again"
