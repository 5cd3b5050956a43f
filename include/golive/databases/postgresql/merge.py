"""Rows out of staging into a target table, as sets.

Staging holds plain base types, so that a value which the table refuses is refused by the merge,
where its key is known. The merge is an UPDATE of what differs and an INSERT of what is absent,
rather than ON CONFLICT: it needs no unique index on the key, works on partitioned tables and
deferrable constraints, and its two counts are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as changed
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.catalog import ForeignKey
from golive.databases.operations import Foreign
from golive.databases.postgresql.catalog import identifier, referring
from golive.databases.postgresql.copy import refused
from golive.databases.postgresql.fragments import Fragment, canonical, from_where, joined, key_text, raw
from golive.databases.postgresql.rowwise import by_row
from golive.databases.postgresql.staging import (
    REFUSED,
    STAGE,
    assigned,
    insert,
    not_refused,
    same_key,
    staged,
    staged_canonical,
    staged_key,
    update,
)
from golive.databases.relation import Moved, Refusal, Relation, Rows, RowsRefused
from golive.keys import Key

Connection = psycopg.Connection[Any]
SQL = sql.SQL


def holds_any(connection: Connection, target: Relation, rows: Rows) -> bool:
    """Whether the target has any row in this range, whoever owns it."""
    everyone = changed(target, where=None)
    found = connection.execute(SQL("select exists (select {})").format(from_where(everyone, rows))).fetchone()
    return bool(found and found[0])


def merge(
    connection: Connection, target: Relation, foreign: tuple[Foreign, ...], *, unique: bool
) -> tuple[Moved, list[Refusal]]:
    """Write what staging holds into the table, inside the caller's transaction.

    ``foreign`` lists the table's foreign keys: its columns, the parent table, the columns referred to.
    ``unique`` says that the source proves its keys unique; else rows of staging that share a key
    are refused here. Rows that the table refuses are returned, not raised; they do not stop the
    others. Every number is counted by itself, so that the caller's identity proves something.
    """
    rows = _count(connection, SQL("from {}").format(STAGE))
    if not unique:
        _refuse_repeated(connection, target)
    if target.where:
        _refuse_taken(connection, target)
    unchanged = _unchanged(connection, target)
    updated, inserted = _write(connection, target, foreign)
    refusals = [
        Refusal(tuple(key), reason, state, detail, held, parked)
        for key, reason, state, detail, held, parked in connection.execute(
            SQL("select key, reason, min(state), min(detail), count(*), bool_or(parked) from {} group by 1, 2").format(
                REFUSED
            )
        )
    ]
    return Moved(rows, inserted, updated, unchanged, sum(refusal.rows for refusal in refusals)), refusals


def replace(connection: Connection, target: Relation) -> tuple[int, int]:
    """Put staging in place of all rows that the target owns: for a table without a key.

    Returns how many rows were deleted, and how many written.

    Refused if other rows refer to the table's: they would go with the rows they refer to.
    """
    for key in referring(connection, target.table):
        raise RowsRefused("target", "23503", key.name)
    where = raw(target.where) if target.where else SQL("true")
    every = joined(assigned(target, column) for column in target.columns)
    try:
        deleted = connection.execute(SQL("delete from {} where {}").format(raw(target.from_item), where)).rowcount
        return deleted, connection.execute(insert(target, SQL("select {} from {} s").format(every, STAGE))).rowcount
    except psycopg.Error as error:
        reason = refused(error, from_source=False)
        if reason is None:
            raise
        raise reason from error


def delete(connection: Connection, target: Relation, keys: Sequence[Key]) -> tuple[int, list[Refusal]]:
    """Delete the rows with these keys, only those that the target owns; returns how many, and those refused.

    A row that others refer to is refused whatever its foreign keys would do: a cascade takes rows
    that nobody compared, and that may be the target's own.
    """
    foreign = referring(connection, target.table)
    rows = Rows(keys=tuple(keys))
    gone = 0
    while True:  # a tree goes leaf by leaf
        deleted, refusals = _delete(connection, target, rows, _unreferred(target, foreign))
        gone += deleted
        left = (
            []
            if not foreign
            else [
                Refusal(tuple(key), "referenced", "23503", foreign[0].name)
                for (key,) in connection.execute(SQL("select {} {}").format(key_text(target), from_where(target, rows)))
            ]
        )
        others = {refusal.key for refusal in refusals}
        refusals += [refusal for refusal in left if refusal.key not in others]
        if not deleted or not left:
            return gone, refusals


def _delete(connection: Connection, target: Relation, rows: Rows, condition: Fragment) -> tuple[int, list[Refusal]]:
    try:
        with connection.transaction():
            return connection.execute(SQL("delete {}").format(from_where(target, rows, condition))).rowcount, []
    except psycopg.Error as error:
        reason = refused(error, from_source=False)
        if reason is None:
            raise
    keys = rows.keys or ()
    if len(keys) == 1:
        return 0, [Refusal(keys[0], "referenced", reason.state, reason.detail)]
    middle = len(keys) // 2
    first = _delete(connection, target, Rows(keys=keys[:middle]), condition)
    second = _delete(connection, target, Rows(keys=keys[middle:]), condition)
    return first[0] + second[0], first[1] + second[1]


def _unreferred(target: Relation, foreign: Sequence[ForeignKey]) -> Fragment:
    """That no other row refers to a row of the target."""
    alias = raw(target.from_item.rpartition(" as ")[2])
    parts: list[Fragment] = [SQL("true")]
    for key in foreign:
        same = [
            SQL("golive_child.{} = {}.{}").format(sql.Identifier(child), alias, sql.Identifier(parent))
            for child, parent in zip(key.columns, key.referred, strict=True)
        ]
        itself = SQL("(golive_child.tableoid, golive_child.ctid) <> ({0}.tableoid, {0}.ctid)").format(alias)
        parts.append(
            SQL("not exists (select from {} golive_child where {} and {})").format(
                identifier(key.child), joined(same, " and "), itself
            )
        )
    return joined(parts, " and ")


def _write(connection: Connection, target: Relation, foreign: tuple[Foreign, ...]) -> tuple[int, int]:
    """(updated, inserted): as a set; without the orphans if foreign keys refuse; at last row by row."""
    try:
        return _by_set(connection, target)
    except psycopg.Error as error:
        reason = refused(error, from_source=False)
        if reason is None:
            raise
    if reason.state == "23503":
        _park_orphans(connection, target, foreign)
        try:
            return _by_set(connection, target)
        except psycopg.Error as error:
            if refused(error, from_source=False) is None:
                raise
    return by_row(connection, target)


def _by_set(connection: Connection, target: Relation) -> tuple[int, int]:
    absent = SQL("select {} from {} s where {} and not exists (select from {} where {})").format(
        joined(assigned(target, column) for column in target.columns),
        STAGE,
        not_refused(),
        raw(target.from_item),
        same_key(target),
    )
    with connection.transaction():
        changes = update(target, SQL("{} s").format(STAGE), not_refused())
        updated = connection.execute(changes).rowcount if changes is not None else 0
        return updated, connection.execute(insert(target, absent)).rowcount


def _park_orphans(connection: Connection, target: Relation, foreign: tuple[Foreign, ...]) -> None:
    """Set aside the staged rows whose parent is neither in the target nor in staging, until none is left.

    Without this, a chunk whose parents are still to come would go through the row loop whole.
    """
    names = {column.name for column in target.columns}
    while True:
        parked = 0
        for columns, parent, referred in foreign:
            if not set(columns) <= names:
                continue
            both = [(target.column(c), sql.Identifier(r)) for c, r in zip(columns, referred, strict=True)]
            in_parent = joined((SQL("p.{} = {}").format(r, assigned(target, c)) for c, r in both), " and ")
            here: Fragment = SQL("false")
            if parent == target.table and set(referred) <= names:
                pairs = zip(columns, referred, strict=True)
                equal = [SQL("{} = {}").format(staged(target, r, "o"), staged(target, c)) for c, r in pairs]
                same = joined(equal, " and ")
                here = SQL("exists (select from {} o where {} and {})").format(STAGE, same, not_refused("o"))
            parked += connection.execute(
                SQL(
                    "insert into {refused} select s.ctid, {key}, 'refused', '23503', {detail}, true"
                    " from {stage} s where {given} and {left} and not {here}"
                    " and not exists (select from {parent} p where {in_parent})"
                ).format(
                    refused=REFUSED,
                    key=staged_key(target),
                    detail=sql.Literal(f"{parent}: {', '.join(columns)}"),
                    stage=STAGE,
                    given=joined((SQL("{} is not null").format(staged(target, c)) for c in columns), " and "),
                    left=not_refused(),
                    here=here,
                    parent=identifier(parent),
                    in_parent=in_parent,
                )
            ).rowcount
        if not parked:
            return


def _refuse_taken(connection: Connection, target: Relation) -> None:
    """Rows whose key belongs to a row of the target's own: never written over, never lost in silence."""
    assert target.where is not None
    connection.execute(
        SQL(
            "insert into {refused} select s.ctid, {key}, 'taken', null, null, false from {stage} s"
            " where {left} and exists (select from {table} where {same} and ({owns}) is not true)"
        ).format(
            refused=REFUSED,
            key=staged_key(target),
            stage=STAGE,
            left=not_refused(),
            table=raw(target.from_item),
            same=same_key(target),
            owns=raw(target.where),
        )
    )


def _refuse_repeated(connection: Connection, target: Relation) -> None:
    """All rows of staging that share a key: nobody can say which is right."""
    connection.execute(
        SQL(
            "insert into {refused} select place, key, 'duplicate', null, null, false from (select s.ctid as place,"
            " {key} as key, count(*) over (partition by {key}) as n from {stage} s) d where n > 1"
        ).format(refused=REFUSED, key=staged_key(target), stage=STAGE)
    )


def _unchanged(connection: Connection, target: Relation) -> int:
    """Staged rows that the table has already, equal in every column."""
    now = joined(canonical(column) for column in target.columns)
    then = joined(staged_canonical(target, column) for column in target.columns)
    return _count(
        connection,
        SQL("from {} s join {} on {} where {} and row({}) is not distinct from row({})").format(
            STAGE, raw(target.from_item), same_key(target), not_refused(), now, then
        ),
    )


def _count(connection: Connection, what: sql.Composed) -> int:
    found = connection.execute(SQL("select count(*) {}").format(what)).fetchone()
    return int(found[0]) if found else 0
