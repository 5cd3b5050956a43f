"""The training side of a training copy: what made its rows, and all of its tables emptied and filled as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.databases.masking import Made
from golive.databases.postgresql import catalog
from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.finish import advance
from golive.databases.postgresql.fragments import joined, raw
from golive.databases.postgresql.masking_read import refused

Connection = psycopg.Connection[Any]
SQL = sql.SQL

# People who work in the training copy hold a refresh up no longer than this.
LOCK_SECONDS = 60

_MARK: LiteralString = """
create schema if not exists golive;
create table if not exists golive.training_copy (
  project text primary key,
  source text not null,             -- the connection whose rows these are
  run text not null,
  made_at timestamptz not null default now()
);
"""

# Inherited constraints and triggers come and go with those that they stem from.
_FOREIGN_KEYS: LiteralString = """
select k.conrelid::regclass::text, quote_ident(k.conname), pg_get_constraintdef(k.oid)
from pg_constraint k join pg_class c on c.oid = k.conrelid
where k.contype = 'f' and k.conparentid = 0 and (k.conrelid = any(%(tables)s::regclass[])
  or k.confrelid = any(%(tables)s::regclass[]))
order by 1, 2
"""

_TRIGGERS: LiteralString = """
with recursive every(oid) as (
  select unnest(%(tables)s::regclass[])::oid
  union
  select i.inhrelid from every e join pg_inherits i on i.inhparent = e.oid
)
select t.tgrelid::regclass::text, quote_ident(t.tgname),
  case t.tgenabled when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end
from every e join pg_trigger t on t.tgrelid = e.oid
where not t.tgisinternal and t.tgenabled <> 'D'
order by 1, 2
"""

# One that reads another was made after it.
_VIEWS: LiteralString = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'm' and n.nspname <> 'golive' order by c.oid
"""

_OPEN: LiteralString = """
select t from unnest(%s::text[]) t join pg_class c on c.oid = t::regclass
join pg_namespace n on n.oid = c.relnamespace
where exists (select from aclexplode(c.relacl) g where g.grantee = 0 and g.privilege_type = 'SELECT')
  and exists (select from aclexplode(n.nspacl) g where g.grantee = 0 and g.privilege_type = 'USAGE')
order by 1
"""


def made(connection: Connection) -> Made | None:
    """What the last refresh left here; None where none has been."""
    if _there(connection, "golive.training_copy"):
        row = connection.execute(
            "select project, source, run from golive.training_copy order by made_at desc limit 1"
        ).fetchone()
        return Made(*row) if row else None
    return None


def is_ledger(connection: Connection) -> bool:
    """Whether a ledger of Golive stands in this database."""
    return _there(connection, "ledger.entry")


def holding(connection: Connection, tables: Sequence[str]) -> str | None:
    """The first of these tables that holds a row; None if all are empty."""
    for table in tables:
        row = connection.execute(SQL("select exists (select from {})").format(identifier(table))).fetchone()
        if row and row[0]:
            return table
    return None


def mark(connection: Connection, made: Made) -> None:
    """Write down what made the rows, inside the caller's transaction."""
    with refused("schema golive", "cannot be made on the training side"):
        connection.execute(_MARK)
        connection.execute("delete from golive.training_copy")
        connection.execute(
            "insert into golive.training_copy (project, source, run) values (%s, %s, %s)",
            (made.project, made.source, made.run),
        )


@contextmanager
def emptied(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """All of these tables are empty in the block, and whole after it; inside the caller's transaction.

    In the block there are no foreign keys between them, so that any order will do and none is checked row by row,
    and no trigger writes what nobody copied. At its end they are back as they were, materialized views are
    refreshed, and sequences lie beyond what was copied. Busy where somebody holds a table for LOCK_SECONDS.
    """
    names = {"tables": [identifier(table).as_string(connection) for table in tables]}
    keys = connection.execute(_FOREIGN_KEYS, names).fetchall()
    triggers = connection.execute(_TRIGGERS, names).fetchall()
    connection.execute("select set_config('lock_timeout', %s, true)", (f"{LOCK_SECONDS}s",))
    with refused("the training side", "cannot be emptied: its login has to own the tables"):
        for table, name, _ in keys:
            connection.execute(SQL("alter table {} drop constraint {}").format(raw(table), raw(name)))
        for table, name, _ in triggers:
            connection.execute(SQL("alter table only {} disable trigger {}").format(raw(table), raw(name)))
        if tables:
            # With the sequences that the tables own, so that a refresh that fails leaves those as they were too.
            connection.execute(SQL("truncate {} restart identity").format(joined(map(identifier, tables))))
    yield
    for table, name, definition in keys:
        with refused(f"table {table}", f"does not keep its foreign key {name}"):
            connection.execute(
                SQL("alter table {} add constraint {} {}").format(raw(table), raw(name), raw(definition))
            )
    for table, name, state in triggers:
        connection.execute(SQL("alter table only {} {} trigger {}").format(raw(table), raw(state), raw(name)))
    for (view,) in connection.execute(_VIEWS).fetchall():
        with refused(f"materialized view {view}", "cannot be refreshed"):
            connection.execute(SQL("refresh materialized view {}").format(raw(view)))
    for table in tables:
        for sequence in catalog.sequences(connection, table):
            advance(connection, sequence)
        connection.execute(SQL("analyze {}").format(identifier(table)))


def open_tables(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Those of the tables that everybody may read who can connect: a grant to PUBLIC names nobody."""
    names = {identifier(table).as_string(connection): table for table in tables}
    return [names[name] for (name,) in connection.execute(_OPEN, (list(names),))]


def _there(connection: Connection, table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    return bool(row and row[0])
