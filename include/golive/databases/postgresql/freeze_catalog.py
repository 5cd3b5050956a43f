"""What PostgreSQL's catalogue says about a freeze: its tables, its state, its seals, and who writes.

The seals are the xmin of catalogue rows. Switching a trigger off and on again writes its row anew, so
the watch sees it at once, however short the gap was. Statistics of rows written would not do: a
backend reports them up to a minute late, or when its long query ends, so that writers from before
the freeze would look like violations of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.databases.freezing import FreezeState, Mark

Connection = psycopg.Connection[Any]

SCHEMA: LiteralString = "golive_freeze"
# Triggers of one table fire in byte order of their names: this one comes before the table's own.
TRIGGER: LiteralString = "0_golive_freeze"
GUARDS: tuple[LiteralString, ...] = ("golive_freeze_ddl", "golive_freeze_drop")

# Locks that a transaction holds on a table once it has written to it or altered it.
WRITING = ("RowExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
# Those that the creation of a trigger waits for.
IN_THE_WAY = (*WRITING, "ShareUpdateExclusiveLock", "ShareLock")
# Those that the removal of a trigger waits for: all.
ANY = (*IN_THE_WAY, "AccessShareLock", "RowShareLock")

# An extension's own table is left out only where nobody but a superuser could write to it, and we
# are not its owner.
_TABLES: LiteralString = """
select c.oid::bigint, n.nspname, c.relname, c.relkind = 'f', pg_get_userbyid(c.relowner),
       pg_has_role(c.relowner, 'USAGE'), t.xmin::text,
       coalesce(t.tgenabled = 'A' and t.tgqual is null and t.tgattr::text = '' and t.tgfoid = f.oid
                and t.tgtype = case when c.relkind = 'f' and current_setting('server_version_num')::int < 160000
                                    then 30 else 62 end, false),
       (select md5(string_agg(a.attnum || ':' || a.xmin::text, ',' order by a.attnum))
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_trigger t on t.tgrelid = c.oid and t.tgname = '0_golive_freeze'
left join (select p.oid from pg_proc p join pg_namespace s on s.oid = p.pronamespace
           where s.nspname = 'golive_freeze' and p.proname = 'refuse') f on true
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'golive_freeze')
  and (pg_has_role(c.relowner, 'USAGE')
       or not exists (select from pg_depend d
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
       or exists (select from pg_roles r
                  where not r.rolsuper and r.rolname !~ '^pg_'
                    and (has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')
                         or has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE'))))
order by n.nspname collate "C", c.relname collate "C"
"""

# A relation that cannot be seen yet was made by the transaction that locks it. If that transaction
# has also locked a schema that is not one for temporary objects, it may be a table of the users.
_WRITERS: LiteralString = """
with locks as materialized (select * from pg_locks where granted)
select l.virtualtransaction, l.pid, p.gid, coalesce(p.owner, a.usename),
       coalesce(a.application_name, ''),
       to_char(coalesce(p.prepared, a.xact_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
       string_agg(distinct coalesce(n.nspname || '.' || c.relname, 'a table that it made'), ', ')
from locks l
left join pg_class c on c.oid = l.relation
left join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_activity a on a.pid = l.pid
left join locks x on l.pid is null and x.virtualtransaction = l.virtualtransaction and x.locktype = 'transactionid'
left join pg_prepared_xacts p on p.transaction = x.transactionid
where l.locktype = 'relation' and l.mode = any(%(modes)s) and l.pid is distinct from pg_backend_pid()
  and l.database = (select oid from pg_database where datname = current_database())
  and case
        when %(table)s::oid is not null then l.relation = %(table)s::oid
        when c.oid is not null then c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
          and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'golive_freeze')
        else exists (select from locks o left join pg_namespace s on s.oid = o.objid
                     where o.virtualtransaction = l.virtualtransaction and o.locktype = 'object'
                       and o.classid = 'pg_namespace'::regclass
                       and (s.nspname is null or s.nspname !~ '^pg_'))
      end
group by 1, 2, 3, 4, 5, 6
order by 1
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table that a freeze must cover.

    ``ours`` tells whether we may alter it, ``stands`` whether its trigger is in force; ``version``
    is that of the trigger's row, None without a trigger; ``columns`` changes with any column.
    """

    oid: int
    schema: str
    name: str
    foreign: bool
    owner: str
    ours: bool
    version: str | None
    stands: bool
    columns: str | None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def tables(connection: Connection) -> list[Table]:
    """Every table of every user schema, partitions and foreign tables among them."""
    return [Table(*row) for row in connection.execute(_TABLES).fetchall()]


def writers(connection: Connection, modes: Sequence[str], table: int | None = None) -> dict[str, str]:
    """Who holds one of these locks on a user's table (or on this one): a description by transaction."""
    found = {}
    rows = connection.execute(_WRITERS, {"modes": list(modes), "table": table}).fetchall()
    for transaction, pid, gid, user, application, since, names in rows:
        started = f"since {since} UTC" if since else "start unknown"
        if gid is not None:
            text = f"prepared transaction {gid!r} (user {user}, {started}) on {names}"
        else:
            text = f"pid {pid} (application {application!r}, user {user}, {started}) on {names}"
        found[str(transaction)] = text
    return found


def subscriptions(connection: Connection) -> dict[str, bool]:
    """The logical-replication subscriptions of this database: whether each is enabled."""
    rows = connection.execute(
        "select subname, subenabled from pg_subscription"
        " where subdbid = (select oid from pg_database where datname = current_database()) order by 1"
    ).fetchall()
    return dict(rows)


def applying(connection: Connection) -> dict[str, str]:
    """The apply workers at work in this database, also those of a subscription disabled just now."""
    rows = connection.execute(
        "select a.pid, a.subname from pg_stat_subscription a join pg_subscription s on s.oid = a.subid"
        " where a.pid is not null"
        " and s.subdbid = (select oid from pg_database where datname = current_database())"
    ).fetchall()
    return {f"worker {pid}": f"pid {pid} (apply worker of subscription {name})" for pid, name in rows}


def refusal(connection: Connection, project: str, since: str, by: str) -> str:
    """The body of the trigger function that refuses a write."""
    return sql.SQL(
        "\nbegin\n  raise exception using errcode = '25006', message = {},\n"
        "    constraint = 'golive_freeze', schema = tg_table_schema, table = tg_table_name;\nend\n"
    ).format(message(project, since, by)).as_string(connection)


def message(project: str, since: str, by: str) -> sql.Literal:
    """What somebody reads whose write was refused."""
    when = since.replace("T", " ").removesuffix("Z")
    return sql.Literal(f"{project} is frozen for its migration since {when} UTC; nothing was written. Ask {by}.")


def frozen_state(connection: Connection) -> FreezeState:
    """What stands now. Reads only."""
    found = tables(connection)
    covered = tuple(str(table) for table in found if table.stands)
    uncovered = tuple(str(table) for table in found if not table.stands)
    ddl = [state for _, state, _ in guards(connection)] == ["A"] * len(GUARDS)
    row = _standing(connection)
    if row is None:
        return FreezeState(None, None, None, None, False, covered, uncovered, ddl)
    project, since, by, kept = row
    body = _function(connection)
    refusing = body is not None and body[0] == refusal(connection, project, since, by)
    mark = Mark(**json.loads(kept)) if kept else None
    return FreezeState(project, since, by, mark, refusing, covered, uncovered, ddl)


def schema_exists(connection: Connection) -> bool:
    return connection.execute("select from pg_namespace where nspname = %s", (SCHEMA,)).fetchone() is not None


def guards(connection: Connection) -> list[tuple[str, str, str]]:
    """The event triggers that refuse changes of the schema: name, state and version of each."""
    return connection.execute(
        "select evtname, evtenabled::text, evt.xmin::text || '/' || p.xmin::text"
        " from pg_event_trigger evt join pg_proc p on p.oid = evt.evtfoid where evtname = any(%s) order by 1",
        (list(GUARDS),),
    ).fetchall()


def mark(connection: Connection) -> Mark:
    """Take the position, and keep it in the source beside what holds the freeze up.

    It is the position up to which the log is *inserted*: a transaction with synchronous_commit off
    is acknowledged before its log is written.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        row = connection.execute(
            "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
            " pg_current_wal_insert_lsn()::text"
        ).fetchone()
        assert row is not None
        taken = Mark(row[0], row[1], _seals(connection, tables(connection)))
        connection.execute("update golive_freeze.standing set mark = %s", (json.dumps(asdict(taken)),))
    return taken


def watch(connection: Connection, *, project: str, mark: Mark) -> list[str]:
    """What is no longer as it was at the mark, one sentence each; empty while the freeze stands. Reads only."""
    state = frozen_state(connection)
    if state.project != project or not state.refusing:
        other = f" (that of {state.project} is)" if state.project not in (None, project) else ""
        return [f"the freeze of {project} is not in force{other}: writes pass"]
    found = tables(connection)
    broken = [
        f"subscription {name} is enabled: its rows are written past the freeze"
        for name, enabled in subscriptions(connection).items() if enabled
    ]
    for table in found:
        sealed = mark.seals.get(f"trigger {table}")
        if not table.stands:
            what = "has no trigger of the freeze" if table.version is None else "its trigger is switched off or altered"
            new = "" if sealed else " (a table made after the mark)"
            broken.append(f"{table}: {what}{new}: writes pass")
        elif sealed is None:
            broken.append(f"{table}: was made after the mark")
    now = _seals(connection, found)
    told = {f"trigger {table}" for table in found if not table.stands}
    for thing, version in mark.seals.items():
        if thing in told:
            continue
        if thing in now and now[thing] != version:
            broken.append(f"{thing}: altered since the mark, or switched off and on again: rows may have changed")
        elif thing not in now and not thing.startswith("columns of "):
            broken.append(f"{thing}: gone since the mark")
    return broken


def _seals(connection: Connection, found: list[Table]) -> dict[str, str]:
    seals = {f"trigger {table}": table.version for table in found if table.version is not None}
    seals |= {f"columns of {table}": table.columns for table in found if table.columns is not None}
    seals |= {f"event trigger {name}": version for name, state, version in guards(connection) if state == "A"}
    function = _function(connection)
    if function is not None:
        seals["function golive_freeze.refuse()"] = function[1]
    # Only a superuser may read the versions of subscriptions; for others the watch sees their state alone.
    readable = connection.execute("select has_table_privilege('pg_subscription', 'SELECT')").fetchone()
    if readable == (True,):
        rows = connection.execute(
            "select subname, xmin::text from pg_subscription"
            " where subdbid = (select oid from pg_database where datname = current_database())"
        ).fetchall()
        seals |= {f"subscription {name}": version for name, version in rows}
    return seals


def _function(connection: Connection) -> tuple[str, str] | None:
    return connection.execute(
        "select p.prosrc, p.xmin::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname = %s and p.proname = 'refuse'", (SCHEMA,)
    ).fetchone()


def _standing(connection: Connection) -> tuple[str, str, str, str | None] | None:
    there = connection.execute(
        "select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = 'standing'", (SCHEMA,)
    ).fetchone()
    if there is None:
        return None
    return connection.execute("select project, since, by, mark from golive_freeze.standing").fetchone()
