"""Who may reach a database, who does, and what our own login may do there. Everything here only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from golive.databases.postgresql import freeze_catalog
from golive.databases.postgresql.catalog import identifier
from golive.databases.profiling import Client, Held, Login, Rights

Connection = psycopg.Connection[Any]

__all__ = ["clients", "columns", "identity", "logins", "readers", "rights"]

_OURS: LiteralString = """
select current_user, (select rolsuper from pg_roles where rolname = current_user),
  array_remove(array[
    case when has_database_privilege(current_database(), 'CREATE') then 'CREATE' end,
    case when has_database_privilege(current_database(), 'TEMPORARY') then 'TEMPORARY' end
  ], null)
"""

# A column's own grant is enough to read what is mapped; for writing a row every column is needed.
_TABLE: LiteralString = """
select array_remove(array[
  case when has_any_column_privilege(c.oid, 'SELECT') and usable then 'SELECT' end,
  case when has_any_column_privilege(c.oid, 'INSERT') and usable then 'INSERT' end,
  case when has_any_column_privilege(c.oid, 'UPDATE') and usable then 'UPDATE' end,
  case when has_table_privilege(c.oid, 'DELETE') and usable then 'DELETE' end
], null)
from (select to_regclass(%s)::oid as oid) c
left join lateral (
  select has_schema_privilege(relnamespace, 'USAGE') as usable from pg_class where oid = c.oid
) s on true
where c.oid is not null
"""

# What everybody may do (PUBLIC) is no sign of anybody: a role needs a grant, or a membership, of its own.
_LOGINS: LiteralString = """
with asked as (
  select t as name, to_regclass(t)::oid as oid from unnest(%s::text[]) t
), granted as (
  select a.name, g.grantee, g.privilege_type <> 'SELECT' as writes
  from asked a join pg_class c on c.oid = a.oid,
    lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
  where g.grantee <> 0 and g.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  union all
  select a.name, g.grantee, g.privilege_type <> 'SELECT'
  from asked a join pg_attribute t on t.attrelid = a.oid and not t.attisdropped, lateral aclexplode(t.attacl) g
  where g.grantee <> 0 and g.privilege_type in ('SELECT', 'INSERT', 'UPDATE')
)
select r.rolname, array_agg(distinct g.name) filter (where not g.writes),
  array_agg(distinct g.name) filter (where g.writes)
from pg_roles r join granted g on pg_has_role(r.oid, g.grantee, 'USAGE')
where r.rolcanlogin and not r.rolsuper and r.rolname <> current_user
  and has_database_privilege(r.oid, current_database(), 'CONNECT')
group by 1 order by 1
"""

_CLIENTS: LiteralString = """
select coalesce(usename::text, ''), coalesce(application_name, ''), coalesce(host(client_addr), '')
from pg_stat_activity
where datname = current_database() and backend_type in ('client backend', 'walsender')
  and usename is distinct from current_user
union
select coalesce(s.usename::text, ''), 'replication slot ' || r.slot_name, coalesce(host(s.client_addr), '')
from pg_replication_slots r left join pg_stat_activity s on s.pid = r.active_pid
where r.database = current_database() and s.usename is distinct from current_user
order by 1, 2, 3
"""


# A partition is read as its parent is, whose columns it has.
_COLUMNS: LiteralString = """
select n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
  case t.typcategory when 'S' then 'text' when 'E' then 'text' when 'D' then 'time' when 'N' then 'number'
    when 'B' then 'boolean' when 'I' then 'network' else '' end
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'golive')
order by 1, a.attnum
"""

_READERS: LiteralString = """
with asked as (
  select n, c.oid, c.relacl, c.relowner, c.relnamespace, a.attacl
  from unnest(%s::text[], %s::text[]) with ordinality as asked (name, held, n)
    join pg_class c on c.oid = to_regclass(name) join pg_attribute a on a.attrelid = c.oid and a.attname = held
), granted as (
  select n, relnamespace, g.grantee from asked, aclexplode(coalesce(relacl, acldefault('r', relowner))) g
  where g.privilege_type = 'SELECT'
  union
  select n, relnamespace, g.grantee from asked, aclexplode(attacl) g where g.privilege_type = 'SELECT'
)
select n, 'PUBLIC' from granted where grantee = 0 and has_schema_privilege('public', relnamespace, 'USAGE')
union
select n, r.rolname from granted g join pg_roles r on g.grantee <> 0 and pg_has_role(r.oid, g.grantee, 'USAGE')
where r.rolcanlogin and not r.rolsuper and has_schema_privilege(r.oid, relnamespace, 'USAGE')
order by 1, 2
"""


def identity(connection: Connection) -> str:
    """What tells this database from every other, however it was reached, for as long as its server runs."""
    row = connection.execute(
        "select concat_ws('/', oid, extract(epoch from pg_postmaster_start_time()), current_setting('port'))"
        " from pg_database where datname = current_database()"
    ).fetchone()
    assert row is not None
    return str(row[0])


def rights(connection: Connection, tables: Sequence[str]) -> Rights:
    """What our login may do; a table that is not there has no rights."""
    row = connection.execute(_OURS).fetchone()
    assert row is not None
    login, superuser, database = row
    found: dict[str, frozenset[str]] = {}
    for name in tables:
        held = connection.execute(_TABLE, (identifier(name).as_string(connection),)).fetchone()
        found[name] = frozenset(held[0]) if held else frozenset()
    not_owned = {str(table): table.owner for table in freeze_catalog.tables(connection) if not table.ours}
    return Rights(login, superuser, frozenset(database), found, not_owned)


def logins(connection: Connection, tables: Sequence[str]) -> tuple[Login, ...]:
    """Roles with rights on these tables, by grant or membership, except superusers and our own login."""
    names = [identifier(name).as_string(connection) for name in tables]
    plain = dict(zip(names, tables, strict=True))
    return tuple(
        Login(role, tuple(plain[name] for name in reads or ()), tuple(plain[name] for name in writes or ()))
        for role, reads, writes in connection.execute(_LOGINS, (names,))
    )


def clients(connection: Connection) -> tuple[Client, ...]:
    """Sessions and replication slots of this database, except those of our own login; equal ones stand once."""
    return tuple(Client(*row) for row in connection.execute(_CLIENTS))


def columns(connection: Connection) -> tuple[Held, ...]:
    """Every column of the database's own tables and views: see ``Reach``."""
    return tuple(Held(*row) for row in connection.execute(_COLUMNS))


def readers(connection: Connection, columns: Sequence[Held]) -> tuple[tuple[str, ...], ...]:
    """Who may read each of these columns, by grant or membership: see ``Reach``."""
    names = [identifier(held.table).as_string(connection) for held in columns]
    found: list[list[str]] = [[] for _ in columns]
    for number, role in connection.execute(_READERS, (names, [held.column for held in columns])):
        found[number - 1].append(role)
    return tuple(map(tuple, found))
