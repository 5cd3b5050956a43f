"""What a whole database is made of, a line each: its columns, types, keys and constraints.

Triggers, grants, indexes that only make it quicker, and Golive's own schemas are no part of it. Nor are partitions,
which old systems make every night: what holds for them stands at their table.
"""

from __future__ import annotations

from typing import Any

import psycopg

Connection = psycopg.Connection[Any]

__all__ = ["definition"]

_ROOT = """
with own as (
  select oid, nspname from pg_namespace
  where nspname not in ('golive', 'golive_freeze', 'information_schema') and nspname !~ '^pg_'
), relation as (
  select c.oid, c.relkind, n.nspname || '.' || c.relname as name
  from pg_class c join own n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
)
"""

_LINES = (
    # Columns: a domain by its own name, for what it stands on is a line of its own.
    """
select r.name || ': column ' || a.attname,
  concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    case when a.attcollation <> 0 and a.attcollation <> t.typcollation
      then 'collate ' || a.attcollation::regcollation end,
    case when a.attnotnull then 'not null' end,
    case a.attidentity when 'a' then 'identity always' when 'd' then 'identity' end,
    case when a.attgenerated <> '' then 'generated' when d.adbin is not null then 'default' end,
    pg_get_expr(d.adbin, d.adrelid))
from relation r join pg_attribute a on a.attrelid = r.oid join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped
""",
    # Keys and constraints. Whether one has been validated is no part of it: the migration itself does that.
    """
select r.name || ': ' || case k.contype when 'p' then 'primary key' when 'f' then 'foreign key'
    when 'u' then 'unique' when 'x' then 'exclusion' else 'check' end || ' ' || k.conname,
  regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '')
from relation r join pg_constraint k on k.conrelid = r.oid where k.contype in ('p', 'u', 'f', 'c', 'x')
""",
    """
select r.name || ': unique index ' || c.relname, pg_get_indexdef(i.indexrelid)
from relation r join pg_index i on i.indrelid = r.oid join pg_class c on c.oid = i.indexrelid
where i.indisunique and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
""",
    "select r.name || ': view', pg_get_viewdef(r.oid) from relation r where r.relkind in ('v', 'm')",
    """
select n.nspname || '.' || t.typname || ': type',
  case t.typtype
    when 'e' then (select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
                   from pg_enum e where e.enumtypid = t.oid)
    else concat_ws(' ', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end,
      (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k
       where k.contypid = t.oid and k.contype = 'c'))
  end
from pg_type t join own n on n.oid = t.typnamespace where t.typtype in ('e', 'd')
""",
)


def definition(connection: Connection) -> dict[str, str]:
    """Place -> what stands there, such as ``public.student: column status`` -> ``text not null``; only reads."""
    lines: dict[str, str] = {}
    # Names of other schemas in full, whatever this session's search path.
    with connection.transaction():
        connection.execute("select set_config('search_path', '', true)")
        for part in _LINES:
            # Each is one of the texts above.
            lines |= dict(connection.execute(_ROOT + part).fetchall())
    return dict(sorted(lines.items()))
