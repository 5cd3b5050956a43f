"""What a PostgreSQL database and its data look like: sizes, use, keys, damage. Everything here only reads."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.databases.postgresql.copy import refused
from golive.databases.postgresql.fragments import canonical, from_where, joined, mapped, raw
from golive.databases.profiling import CursorCandidate, Garbled, Server, Stored
from golive.databases.relation import Relation, Rows
from golive.errors import Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = ["bounded", "garbled", "server", "stored", "timed_read", "unresolved"]

OLDEST = 140000
# Asking for a size waits for whoever holds the table alone; longer than that nobody waits.
SIZE_SECONDS = 60

# Schemas of users, without what extensions brought along and without what Golive keeps there.
_USERS: LiteralString = """
  c.relkind in ('r', 'p', 'm', 'f') and not c.relispartition
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'golive', 'golive_freeze')
  and not exists (select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
"""

_STORED: LiteralString = """
select n.nspname || '.' || c.relname,
  case when bool_and(part.reltuples >= 0) then sum(part.reltuples)::bigint end,
  coalesce(sum(pg_total_relation_size(part.oid)), 0)::bigint,
  (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null
    and i.indexprs is null and not exists (
      select from unnest(i.indkey[0:i.indnkeyatts - 1]) k join pg_attribute a on a.attrelid = c.oid and a.attnum = k
      where not a.attnotnull)),
  coalesce(sum(s.seq_scan + coalesce(s.idx_scan, 0)), 0)::bigint,
  coalesce(sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0)::bigint,
  coalesce(to_char(max({last_read}) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), ''),
  coalesce(to_char(max(greatest(s.last_analyze, s.last_autoanalyze)) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), '')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  -- A partitioned table has its rows in its leaves, one that others inherit from also in those.
  cross join lateral (
    with recursive under as (
      select c.oid as oid union select i.inhrelid from under join pg_inherits i on i.inhparent = under.oid
    ) select u.oid, p.reltuples from under u join pg_class p on p.oid = u.oid where p.relkind <> 'p'
  ) part
  left join pg_stat_user_tables s on s.relid = part.oid
where {users}
group by c.oid, n.nspname, c.relname order by 1
"""

_CURSORS: LiteralString = """
select n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
  exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid
    and i.indpred is null),
  not a.attnotnull
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where {users} and a.attnum > 0 and not a.attisdropped and (
  a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype)
  or a.attidentity <> '' or exists (
    select from pg_attrdef f join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
      and d.refclassid = 'pg_class'::regclass
    join pg_class q on q.oid = d.refobjid and q.relkind = 'S'
    where f.adrelid = a.attrelid and f.adnum = a.attnum))
order by 1, a.attnum
"""

# What UTF-8 looks like once it was read as Latin-1 or Windows-1252, and the mark of a lost character.
_MOJIBAKE = (
    "[\\u00C2\\u00C3][\\u0080-\\u00BF]|\\u00C3[\\u0152\\u0153\\u0160\\u0161\\u0178\\u017D\\u017E\\u0192\\u02C6\\u02DC"
    "\\u2013-\\u2122]|\\u00E2(\\u20AC|\\u0080)|\\uFFFD"
)
_MOJIBAKE_BYTES = "[\\xC2\\xC3][\\x80-\\xBF]"
# A server without an encoding keeps bytes: what is no text in UTF-8 will not arrive.
_NO_UTF8 = (
    "^([\\x01-\\x7F]|[\\xC2-\\xDF][\\x80-\\xBF]|\\xE0[\\xA0-\\xBF][\\x80-\\xBF]|[\\xE1-\\xEC\\xEE\\xEF][\\x80-\\xBF]{2}"
    "|\\xED[\\x80-\\x9F][\\x80-\\xBF]|\\xF0[\\x90-\\xBF][\\x80-\\xBF]{2}|[\\xF1-\\xF3][\\x80-\\xBF]{3}"
    "|\\xF4[\\x80-\\x8F][\\x80-\\xBF]{2})*$"
)
_CONTROL = "[\\x01-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F]"


def server(connection: Connection) -> Server:
    """The server and the database."""
    row = connection.execute(
        "select current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery(),"
        " pg_database_size(current_database())"
    ).fetchone()
    assert row is not None
    version, encoding, standby, size = row
    return Server(
        f"PostgreSQL {version.split()[0]}", connection.info.server_version >= OLDEST, encoding, standby, size
    )


def stored(connection: Connection) -> tuple[Stored, ...]:
    """Every table of the users' schemas, in name order. Terminal if a lock keeps a size back for SIZE_SECONDS."""
    # Which moment a table was read last is known from PostgreSQL 16 on.
    known = connection.info.server_version >= 160000
    last_read = SQL("greatest(s.last_seq_scan, s.last_idx_scan)" if known else "null::timestamptz")
    cursors: dict[str, list[CursorCandidate]] = defaultdict(list)
    with bounded(connection, SIZE_SECONDS):
        for name, *candidate in connection.execute(SQL(_CURSORS).format(users=SQL(_USERS))):
            cursors[name].append(CursorCandidate(*candidate))
        rows = connection.execute(SQL(_STORED).format(last_read=last_read, users=SQL(_USERS))).fetchall()
    return tuple(Stored(*(*row, tuple(cursors[row[0]]))) for row in rows)


@contextmanager
def bounded(connection: Connection, seconds: int) -> Iterator[None]:
    """Read-only statements of at most so many seconds; Terminal for a longer one, RowsRefused for a value's error."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("set transaction read only")
            connection.execute("select set_config('statement_timeout', %s, true)", (f"{seconds}s",))
            yield
    except psycopg.errors.QueryCanceled as error:
        raise Terminal(f"it did not end within {seconds} s, or was cancelled") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Terminal(str(error.diag.message_primary)) from error
    except psycopg.Error as error:
        reason = refused(error, from_source=True)
        if reason is None:
            raise
        raise reason from error


def unresolved(
    connection: Connection, child: Relation, columns: Sequence[str],
    parents: Sequence[tuple[Relation, Sequence[str]]],
) -> int:
    """The rows of ``child`` that refer to a row which none of ``parents`` has; a NULL refers to nothing."""
    names = [sql.Identifier(f"k{number}") for number in range(len(columns))]
    given = joined((_keys(relation, referred, names) for relation, referred in parents), " union all ")
    query = SQL("select count(*) from ({child}) c where {some} and not exists (select from ({given}) p where {same})")
    row = connection.execute(query.format(
        child=_keys(child, columns, names), given=given,
        some=joined((SQL("c.{} is not null").format(name) for name in names), " and "),
        same=joined((SQL("p.{} = c.{}").format(name, name) for name in names), " and "),
    )).fetchone()
    assert row is not None
    return int(row[0])


def garbled(connection: Connection, from_item: str, columns: Mapping[str, str]) -> tuple[Garbled, ...]:
    """The damaged ones among text columns; in an encoding of many bytes that is not UTF-8, control characters alone."""
    if not columns:
        return ()
    encoding = connection.info.parameter_status("server_encoding")
    if encoding == "UTF8":
        damaged = "({value}) ~ {pattern}", _MOJIBAKE
    elif encoding == "SQL_ASCII":
        damaged = "({value}) !~ {pattern}", _NO_UTF8
    elif encoding and encoding.startswith(("LATIN", "WIN", "ISO")):
        damaged = "({value}) ~ {pattern}", _MOJIBAKE_BYTES
    else:
        damaged = "false and ({value}) ~ {pattern}", _CONTROL
    counts = joined(
        SQL("count(*) filter (where {}), count(*) filter (where ({}) ~ {})").format(
            raw(damaged[0]).format(value=raw(value), pattern=sql.Literal(damaged[1])), raw(value), sql.Literal(_CONTROL)
        )
        for value in columns.values()
    )
    row = connection.execute(SQL("select {} from {}").format(counts, raw(from_item))).fetchone()
    assert row is not None
    found = (Garbled(name, row[2 * place], row[2 * place + 1]) for place, name in enumerate(columns))
    return tuple(one for one in found if one.encoding or one.control)


def timed_read(connection: Connection, relation: Relation, limit: int) -> tuple[int, int]:
    """(rows, milliseconds) of reading up to ``limit`` rows as binary COPY; nothing is kept of them."""
    query = SQL("copy ({} limit {}) to stdout (format binary)").format(mapped(relation, Rows()), sql.Literal(limit))
    started = time.monotonic()
    with connection.cursor() as cursor:
        with cursor.copy(query) as stream:
            for _ in stream:
                pass
        return max(cursor.rowcount, 0), int((time.monotonic() - started) * 1000)


def _keys(relation: Relation, columns: Sequence[str], names: Sequence[sql.Identifier]) -> sql.Composed:
    values = joined(
        SQL("{} as {}").format(canonical(relation.column(column)), name)
        for column, name in zip(columns, names, strict=True)
    )
    return SQL("select {} {}").format(values, from_where(relation, Rows()))
