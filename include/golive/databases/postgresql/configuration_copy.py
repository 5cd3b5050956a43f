"""Configuration written into production, with an image of every row before and after, so that it can be taken back.

Parents are written before their children, and rows go only when nothing refers to them any more: no foreign key
ever acts by itself, so nothing is changed of which there is no image.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.databases.configuring import Copied, Standing, Written
from golive.databases.postgresql import catalog
from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.configuration_compare import hashed
from golive.databases.postgresql.configuration_rows import (
    at_place,
    both,
    counted,
    differs,
    gone,
    held,
    holds,
    keys_of,
    new,
    number,
    place,
    places,
    refused,
    rows_of,
    staged,
    typed,
    unreferred,
    value,
)
from golive.databases.postgresql.finish import advance
from golive.databases.postgresql.fragments import joined, raw
from golive.errors import Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

# How long a copy waits for writers of a table before it gives up and is tried again.
LOCK_SECONDS = 60

_KINDS = ("inserted", "updated", "removed")

SCHEMA: LiteralString = """
create schema if not exists golive;
create table if not exists golive.config_copy (
  id bigint generated always as identity primary key,
  project text not null,
  area text not null,
  run text not null,
  snapshot text not null,
  tables jsonb not null,            -- in the order of writing: number, name, layout, key, remap, hash
  sequences jsonb not null,         -- name: where it stood before and after
  copied_at timestamptz not null default clock_timestamp(),
  undone_at timestamptz
);
create table if not exists golive.config_row (
  copy bigint not null references golive.config_copy,
  number int not null,
  kind text not null check (kind in ('inserted', 'updated', 'removed')),
  key text[] not null,
  before text,                      -- the whole row, as a record of its table
  after text,
  primary key (copy, number, key)
);
"""


def hold_still(connection: Connection, tables: Sequence[str]) -> None:
    """Nobody else writes to these tables until the transaction ends; Busy, later, for a writer that does not end."""
    connection.execute(SQL("set local lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
    for table in sorted(set(tables)):
        with refused(table, "it cannot be locked against other writers"):
            connection.execute(SQL("lock table {} in share row exclusive mode").format(identifier(table)))


def apply(connection: Connection, project: str, run: str, snapshot: str, tables: Sequence[Copied]) -> None:
    """Make production's rows those of staging, parents first as ``tables`` has them, and keep an image of each.

    Raises Terminal for a row that production refuses, or that cannot go because others refer to it.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtextextended('golive/schema', 0))")
        connection.execute(SCHEMA)
    names = list(dict.fromkeys(table.table for table in tables))
    before = places_of_sequences(connection, names)
    layouts = [_described(connection, table) for table in tables]
    row = connection.execute(
        "insert into golive.config_copy (project, area, run, snapshot, tables, sequences)"
        " values (%s, %s, %s, %s, %s, '{}') returning id",
        (project, tables[0].area, run, snapshot, json.dumps(layouts)),
    ).fetchone()
    assert row is not None
    copy = int(row[0])
    for table in tables:
        _keep_images(connection, copy, table)
    others = {name: _others(connection, copy, name, tables) for name in names}
    _remove(connection, tables)
    for table in tables:
        with refused(table.table, "production refuses a row that was made ahead"):
            _write(connection, table)
    for name, left in _remove(connection, tables).items():
        rows = counted(left, "that nobody made ahead is", "that nobody made ahead are")
        raise Terminal(
            f"table {name}: {rows} still referred to by others in production. Nothing was changed."
            " Put those others right, or limit `owns`",
            table=name,
        )
    for name in names:
        if _others(connection, copy, name, tables) != others[name]:
            raise Terminal(
                f"table {name}: rows that nobody made ahead changed with those that are copied, as a trigger of"
                " production does it, and could not be taken back. Nothing was changed. Make production's triggers"
                " leave them alone, or do the area by hand",
                table=name,
            )
        for sequence in catalog.sequences(connection, name):
            with refused(name, f"the sequence of {sequence.column} cannot be moved"):
                advance(connection, sequence)
    for table in tables:
        connection.execute(
            SQL(
                "update golive.config_row r set after = (t.*)::text from {} where r.copy = {} and r.number = {}"
                " and r.kind <> 'removed' and r.key = {}"
            ).format(
                rows_of(table), sql.Literal(copy), sql.Literal(table.number),
                keys_of([value(table, column) for column in table.key]),
            )
        )  # fmt: skip
    after = places_of_sequences(connection, names)
    moved = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    connection.execute("update golive.config_copy set sequences = %s where id = %s", (json.dumps(moved), copy))


def reconcile(connection: Connection, table: Copied) -> list[str]:
    """What production has otherwise than staging, a sentence each, after a copy; empty if all is equal."""
    now = joined(value(table, column) for column in table.columns)
    mine = SQL("select {} from {} where {}").format(now, rows_of(table), holds(table.owns))
    theirs = SQL("select {} from {} s").format(places(table, "s"), staged(table))
    said = []
    for one, other, says in (
        (theirs, mine, "of staging {} not in production as made ahead"),
        (mine, theirs, "of production {} not what was made ahead"),
    ):
        rows = number(connection, SQL("select count(*) from (({}) except all ({})) d").format(one, other))
        if rows:
            said.append(counted(rows, says.format("is"), says.format("are")))
    same = joined((SQL("{} = {}").format(value(table, c), place(table, c, "s")) for c in table.key), " and ")
    for predicate in table.migrated:
        rows = number(
            connection,
            SQL("select count(*) from {} join {} s on {} where {}").format(
                rows_of(table), staged(table), same, holds(predicate)
            ),
        )
        if rows:
            said.append(f"{counted(rows, 'belongs', 'belong')} to the migration, by `owns` under `tables`")
    return said


def standing(connection: Connection, project: str, area: str) -> tuple[Standing, ...]:
    """The copies of an area that were not taken back, the newest first."""
    made = connection.execute("select to_regclass('golive.config_row') is not null").fetchone()
    if not (made and made[0]):
        return ()
    found = connection.execute(
        "select id, run, snapshot, tables from golive.config_copy where project = %s and area = %s"
        " and undone_at is null order by id desc",
        (project, area),
    ).fetchall()
    out = []
    for copy, run, snapshot, tables in found:
        counts = {
            (entry, kind): count
            for entry, kind, count in connection.execute(
                "select number, kind, count(*) from golive.config_row where copy = %s group by 1, 2", (copy,)
            )
        }
        written = []
        for each in tables:
            inserted, updated, removed = (counts.get((each["number"], kind), 0) for kind in _KINDS)
            written.append(Written(each["table"], inserted, updated, removed, each["before"]))
        out.append(Standing(copy, run, snapshot, tuple(written)))
    return tuple(out)


def places_of_sequences(connection: Connection, tables: Sequence[str]) -> dict[str, list[Any]]:
    """Sequence -> its last value, and whether that was given out, for every sequence that fills these tables."""
    out: dict[str, list[Any]] = {}
    for table in tables:
        for sequence in catalog.sequences(connection, table):
            row = connection.execute(SQL("select last_value, is_called from {}").format(raw(sequence.sequence)))
            out[sequence.sequence] = list(row.fetchone() or ())
    return out


def layout(connection: Connection, table: str) -> list[list[str]]:
    """[name, type] of every column of a table, in their order: what a kept row can be read as."""
    info = catalog.table(connection, table)
    return [] if info is None else [[column.name, column.type.formatted] for column in info.columns]


def _described(connection: Connection, table: Copied) -> dict[str, Any]:
    before = SQL("select {} from {} h").format(places(table, "h"), held(table))
    return {
        "number": table.number, "table": table.table, "layout": layout(connection, table.table),
        "key": list(table.key), "before": hashed(connection, before).hash,
        "remap": {name: [r.table, r.column, list(r.by)] for name, r in table.remap.items() if name in table.key},
    }  # fmt: skip


def _keep_images(connection: Connection, copy: int, table: Copied) -> None:
    """The rows that the copy will touch, as they are now."""
    ours, theirs = (keys_of([place(table, column, alias) for column in table.key]) for alias in ("s", "h"))
    row, named = SQL("(t.*)::text"), (sql.Literal(copy), sql.Literal(table.number))
    into = SQL("insert into golive.config_row (copy, number, kind, key, before) select {}, {}, ").format(*named)
    here = SQL("join {} on {}").format(rows_of(table), at_place())
    connection.execute(
        into + SQL("'updated', {}, {} from {} {} where {}").format(theirs, row, both(table), here, differs(table))
    )
    connection.execute(
        into + SQL("'removed', {}, {} from {} h {} where {}").format(theirs, row, held(table), here, gone(table))
    )
    connection.execute(into + SQL("'inserted', {}, null from {}").format(ours, new(table)))


def _others(connection: Connection, copy: int, name: str, tables: Sequence[Copied]) -> tuple[Any, ...] | None:
    """How many rows of a table there is no image of, and a sum over their hashes, whatever their order."""
    imaged = [
        SQL("not exists (select from golive.config_row r where r.copy = {} and r.number = {} and r.key = {})").format(
            sql.Literal(copy), sql.Literal(table.number), keys_of([value(table, column) for column in table.key])
        )
        for table in tables
        if table.table == name
    ]
    return connection.execute(
        SQL("select count(*), sum(hashtextextended((t.*)::text, 0)::numeric) from {} as t where {}").format(
            identifier(name), joined(imaged, " and ")
        )
    ).fetchone()


def _remove(connection: Connection, tables: Sequence[Copied]) -> dict[str, int]:
    """Delete what nobody made ahead and nobody refers to, children first; what is left, by table."""
    left: dict[str, int] = {}
    for table in reversed(tables):
        going = SQL("{} and {}").format(at_place(), gone(table))
        delete = SQL("delete from {} using {} h where {} and {}").format(
            rows_of(table), held(table), going, unreferred(connection, table.table)
        )
        with refused(table.table, "production does not let a row go"):
            while connection.execute(delete).rowcount:
                pass  # rows that only those referred to which have just gone
        rows = number(
            connection, SQL("select count(*) from {} join {} h on {}").format(rows_of(table), held(table), going)
        )
        if rows:
            left[table.table] = rows
    return left


def _write(connection: Connection, table: Copied) -> None:
    """Change what differs, and insert what is absent."""
    free = [column for column in table.columns if column not in table.fixed]
    if free:
        connection.execute(
            SQL("update {} set {} from {} where {} and {}").format(
                rows_of(table), _assigned(table, free), both(table), at_place(), differs(table)
            )
        )
    connection.execute(
        SQL("insert into {} ({}) overriding system value select {} from {}").format(
            identifier(table.table), joined(sql.Identifier(column) for column in table.columns),
            joined(typed(table, column) for column in table.columns), new(table),
        )
    )  # fmt: skip
    # A row may refer to one of its own table that has only just been given its number.
    own = [column for column, referred in table.remap.items() if referred.table == table.table]
    if own:
        same = joined((SQL("{} = {}").format(value(table, c), place(table, c, "s")) for c in table.key), " and ")
        changed = joined(
            (SQL("{} is distinct from {}").format(value(table, c), place(table, c, "s")) for c in own), " or "
        )
        connection.execute(
            SQL("update {} set {} from {} s where {} and ({})").format(
                rows_of(table), _assigned(table, own), staged(table), same, changed
            )
        )


def _assigned(table: Copied, columns: Sequence[str]) -> sql.Composed:
    return joined(SQL("{} = {}").format(sql.Identifier(column), typed(table, column)) for column in columns)
