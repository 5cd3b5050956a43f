"""A copy of configuration taken back: production's rows as they were, to the last column, and its sequences too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.configuring import Referred, Standing, Written
from golive.databases.postgresql import catalog
from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.configuration_copy import hold_still, layout, places_of_sequences
from golive.databases.postgresql.configuration_rows import counted, keys_of, number, refused, unreferred, written
from golive.databases.postgresql.fragments import joined, raw
from golive.errors import NotPermitted, Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL


@dataclass(frozen=True, slots=True)
class _Kept:
    """A table of a copy that is taken back: its name, its columns then, and how its rows are told apart."""

    copy: int
    number: int
    table: str
    layout: list[list[str]]
    key: sql.Composed

    @property
    def rows(self) -> sql.Composed:
        return SQL("{} as t").format(identifier(self.table))

    @property
    def mine(self) -> sql.Composed:
        """That an image is of this table and this copy."""
        return SQL("r.copy = {} and r.number = {}").format(sql.Literal(self.copy), sql.Literal(self.number))

    @property
    def same_key(self) -> sql.Composed:
        return SQL("r.key = {}").format(self.key)

    def as_row(self, image: str) -> sql.Composed:
        """An image as a row of the table."""
        return SQL("({}::{})").format(sql.Identifier("r", image), identifier(self.table))


def revert(connection: Connection, project: str, standing: Standing, *, forced: bool) -> list[str]:
    """Take one copy back, in the caller's transaction; says by table what was restored.

    Raises NotPermitted, with tables and counts, where rows are not as the copy left them, unless ``forced``: then
    these are overwritten too. Terminal where rows of others refer to what would go, where a table has other columns
    now, and where a row does not come back as it was.
    """
    found = connection.execute(
        "select tables, sequences from golive.config_copy where id = %s and project = %s and undone_at is null"
        " for update",
        (standing.number, project),
    ).fetchone()
    if found is None:
        return []
    kept = [_Kept(standing.number, each["number"], each["table"], each["layout"], _key(each)) for each in found[0]]
    hold_still(connection, [each.table for each in kept])
    for each in kept:
        if layout(connection, each.table) != each.layout:
            raise Terminal(
                f"table {each.table}: its columns are not those of the day of the copy, so its rows cannot be put back"
                " as they were. Nothing was changed. Put the columns back first",
                table=each.table,
            )
    changed = {each.table: rows for each in kept if (rows := _changed(connection, each))}
    if changed and not forced:
        lines = ", ".join(f"{rows} of {table}" for table, rows in changed.items())
        raise NotPermitted(
            f"rows of production changed since they were copied: {lines}. Nothing was changed. Look at who wrote them;"
            " to overwrite them all the same, add --force with --by and --reason"
        )
    with _without_triggers(connection, kept):
        _delete(connection, kept)
        for each in kept:
            with refused(each.table, "production refuses a row as it was"):
                _put_back(connection, each)
        for table, left in _delete(connection, kept).items():
            brought = counted(left, "that the copy brought is", "that the copy brought are")
            raise Terminal(
                f"table {table}: {brought} referred to by others in production. Nothing was changed. Take those"
                " others back first",
                table=table,
            )
    for each in kept:
        if wrong := _otherwise(connection, each):
            raise Terminal(
                f"table {each.table}: {counted(wrong, 'is', 'are')} not as before the copy. Nothing was changed",
                table=each.table,
            )
    said = _back(connection, found[1], [each.table for each in kept])
    connection.execute("update golive.config_copy set undone_at = clock_timestamp() where id = %s", (standing.number,))
    return [_says(each) for each in standing.tables if each.inserted or each.updated or each.removed] + said


def _key(described: dict[str, Any]) -> sql.Composed:
    remap = {name: Referred(table, column, tuple(by)) for name, (table, column, by) in described["remap"].items()}
    return keys_of([written(column, remap.get(column)) for column in described["key"]])


def _changed(connection: Connection, kept: _Kept) -> int:
    """Rows that are not as the copy left them: others now, gone, or there again."""
    return _unlike(connection, kept, "after", SQL("r.kind = 'removed'"))


def _delete(connection: Connection, tables: Sequence[_Kept]) -> dict[str, int]:
    """Delete what the copy brought and nobody refers to, children first; what is left, by table."""
    left: dict[str, int] = {}
    for kept in reversed(tables):
        brought = SQL("{} and r.kind = 'inserted' and {}").format(kept.mine, kept.same_key)
        delete = SQL("delete from {} using golive.config_row r where {} and {}").format(
            kept.rows, brought, unreferred(connection, kept.table)
        )
        with refused(kept.table, "production does not let a row go"):
            while connection.execute(delete).rowcount:
                pass  # rows that only those referred to which have just gone
        rows = number(
            connection, SQL("select count(*) from {}, golive.config_row r where {}").format(kept.rows, brought)
        )
        if rows:
            left[kept.table] = rows
    return left


def _put_back(connection: Connection, kept: _Kept) -> None:
    info = catalog.table(connection, kept.table)
    assert info is not None
    before = kept.as_row("before")
    writable = [column for column in info.columns if not column.generated]
    free = [column.name for column in writable if not column.always]
    if free:
        changes = joined(SQL("{0} = {1}.{0}").format(sql.Identifier(name), before) for name in free)
        connection.execute(
            SQL(
                "update {} set {} from golive.config_row r where {} and {} and r.before is not null"
                " and (t.*)::text <> {}::text"
            ).format(kept.rows, changes, kept.mine, kept.same_key, before)
        )
    connection.execute(
        SQL(
            "insert into {} ({}) overriding system value select {} from golive.config_row r"
            " where {} and r.before is not null and not exists (select from {} where {})"
        ).format(
            identifier(kept.table), joined(sql.Identifier(column.name) for column in writable),
            joined(SQL("{}.{}").format(before, sql.Identifier(column.name)) for column in writable),
            kept.mine, kept.rows, kept.same_key,
        )
    )  # fmt: skip


def _otherwise(connection: Connection, kept: _Kept) -> int:
    """Rows that did not come back as they were."""
    return _unlike(connection, kept, "before", SQL("r.before is null"))


def _unlike(connection: Connection, kept: _Kept, image: str, absent: SQL) -> int:
    """Rows that are not as one of their images, 'before' or 'after'; ``absent`` tells those that should not be."""
    return number(
        connection,
        SQL(
            "select count(*) from golive.config_row r where {mine} and case when {absent}"
            " then exists (select from {rows} where {same})"
            " else not exists (select from {rows} where {same} and (t.*)::text = {image}::text) end"
        ).format(mine=kept.mine, absent=absent, rows=kept.rows, same=kept.same_key, image=kept.as_row(image)),
    )


@contextmanager
def _without_triggers(connection: Connection, tables: Sequence[_Kept]) -> Iterator[None]:
    """Production's own triggers do not fire in the block: what they once wrote comes back with the rows."""
    off: list[tuple[str, str, str]] = []
    for table in dict.fromkeys(each.table for each in tables):
        off += [
            (table, name, enabled)
            for name, enabled in connection.execute(
                "select tgname, tgenabled::text from pg_trigger where tgrelid = %s::regclass and not tgisinternal"
                " and tgenabled in ('O', 'A') order by 1",
                (identifier(table).as_string(connection),),
            )
        ]
    for table, name, _ in off:
        with refused(table, f"its trigger {name} cannot be held back, which takes the table's owner"):
            connection.execute(SQL("alter table {} disable trigger {}").format(identifier(table), sql.Identifier(name)))
    yield
    for table, name, enabled in off:
        how = SQL("enable always trigger" if enabled == "A" else "enable trigger")
        connection.execute(SQL("alter table {} {} {}").format(identifier(table), how, sql.Identifier(name)))


def _back(connection: Connection, moved: dict[str, list[list[Any]]], tables: Sequence[str]) -> list[str]:
    """Every sequence to where it stood, if nobody has used it since the copy; says which had to be left."""
    now, said = places_of_sequences(connection, tables), []
    for name, (before, after) in moved.items():
        if now.get(name) != after:
            said.append(f"the sequence {name} was used since, and stays where it is")
            continue
        with refused(name, "the sequence cannot be set back, which takes its owner"):
            # A restart makes the sequence anew in this transaction: only so does the setval roll back with it.
            connection.execute(SQL("alter sequence {} restart").format(raw(name)))
        connection.execute("select setval(%s::regclass, %s, %s)", (name, *before))
    return said


def _says(done: Written) -> str:
    words = ((done.inserted, "deleted again"), (done.updated, "as before"), (done.removed, "there again"))
    return f"{done.table}: " + ", ".join(f"{rows} {said}" for rows, said in words if rows)
