"""Pieces of SQL over a Relation: values, keys, order, and which rows.

Everything here is a literal, quoted by psycopg, or an expression of the project file: COPY takes no
bound parameters, and one way to write a range is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql
from psycopg.abc import AdaptContext

from golive.databases.relation import Column, Order, Part, Relation, Rows
from golive.keys import Key

SQL = sql.SQL
Fragment = sql.Composable


class ByBytes(sql.Composable):
    """A text value that is hashed and ordered by its bytes in UTF-8, whatever the server's own encoding.

    Only a server of another encoding has to convert; which one it is shows when the statement is
    written for its connection. The conversion also refuses what such a server cannot send
    (SQLSTATE 22021): SQL_ASCII checks nothing by itself.
    """

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        form = '({})::text collate "C"' if _utf8(context) else "convert_to(({})::text, 'UTF8')"
        return bytes(SQL(form).format(self._obj).as_bytes(context))


class Bytes(sql.Composable):
    """Literals to compare with ``ByBytes``: one text, or an array for a list of them."""

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        many = isinstance(self._obj, list)
        if _utf8(context):
            form = '{}::text[] collate "C"' if many else '{}::text collate "C"'
            return bytes(SQL(form).format(sql.Literal(self._obj)).as_bytes(context))
        # As bytes, for the text may hold a character that this server has not.
        coded = [part.encode() for part in self._obj] if many else self._obj.encode()
        return bytes(SQL("{}::bytea[]" if many else "{}::bytea").format(sql.Literal(coded)).as_bytes(context))


def _utf8(context: AdaptContext | None) -> bool:
    connection = context.connection if context else None
    return connection is None or connection.info.parameter_status("server_encoding") == "UTF8"


def raw(text: str) -> sql.SQL:
    """SQL that the project file or the engine wrote, as it is."""
    return sql.SQL(text)


def joined(parts: Iterable[Fragment], by: str = ", ") -> sql.Composed:
    return raw(by).join(parts)


def name(column: Column | str) -> sql.Identifier:
    return sql.Identifier(column if isinstance(column, str) else column.name)


def wired(column: Column) -> Fragment:
    """The value as it travels."""
    return _cast(column.expression, column.type, column.wire)


def canonical(column: Column) -> Fragment:
    """The value as it is compared: the same on both sides for the same value.

    By value for types that hash alike everywhere; else text, in byte order so that neither a
    collation nor its version has a say.
    """
    value = _declared(column)
    return value if valued(column) else ByBytes(value)


def valued(column: Column) -> bool:
    """Whether two equal values are always written the same, so that `=` is the whole comparison."""
    return column.by_value and column.wire != "text"


def text(column: Column) -> Fragment:
    """The canonical text of the value, as keys and examples show it."""
    return SQL('({})::text collate "C"').format(_declared(column))


def ordered(column: Column) -> Fragment:
    """The value as keys are ordered. Integers stay uncast, so that an index of the source serves."""
    if not column.ordered:
        return ByBytes(_declared(column))
    if column.wire in _INTEGERS and column.type in _INTEGERS:
        return SQL("({})").format(raw(column.expression))
    return _cast(column.expression, column.type, column.wire)


def key_text(relation: Relation) -> Fragment:
    """The key as text[]."""
    return SQL("array[{}]::text[]").format(joined(text(column) for column in relation.keys))


def key_literals(relation: Relation, key: Key) -> Fragment:
    return joined(_key_literal(column, part) for column, part in zip(relation.keys, key, strict=True))


def order_by(relation: Relation, order: Order) -> tuple[Fragment, ...]:
    """What chunks of this order are ordered by."""
    keys = tuple(ordered(column) for column in relation.keys)
    return keys if order is Order.KEY else (cursor(relation), *keys)


def edge_values(relation: Relation, order: Order) -> tuple[Fragment, ...]:
    """What an edge of chunks in this order is written down as, once it is text."""
    keys = tuple(_declared(column) for column in relation.keys)
    return keys if order is Order.KEY else (cursor(relation), *keys)


def cursor(relation: Relation) -> Fragment:
    assert relation.cursor is not None
    return SQL("({})").format(raw(relation.cursor))


def unplaced(relation: Relation) -> Fragment:
    """That a row's cursor says nothing about when it changed: it is NULL, or infinite."""
    if relation.cursor_type in _INFINITE:
        return SQL("isfinite({}) is not true").format(cursor(relation))
    return SQL("{} is null").format(cursor(relation))


def from_where(relation: Relation, rows: Rows, *more: Fragment) -> sql.Composed:
    """``from ... where ...`` for these rows."""
    conditions = [*_conditions(relation, rows), *more]
    where = joined(conditions, " and ") if conditions else SQL("true")
    return SQL("from {} where {}").format(raw(relation.from_item), where)


def mapped(relation: Relation, rows: Rows) -> sql.Composed:
    """The SELECT whose rows travel."""
    values = joined(SQL("{} as {}").format(wired(column), name(column)) for column in relation.columns)
    return SQL("select {} {}").format(values, from_where(relation, rows))


def row_hash(relation: Relation) -> Fragment:
    """64 bits over all columns of a row."""
    return SQL("hash_record_extended(row({}), 0)").format(joined(canonical(column) for column in relation.columns))


def bucket(relation: Relation, buckets: int) -> Fragment:
    """A row's bucket by its key (by its whole, where there is no key); ``buckets`` is a power of two."""
    of = relation.keys or relation.columns
    hashed = SQL("hash_record_extended(row({}), 0)").format(joined(canonical(column) for column in of))
    return SQL("({} & {})::int").format(hashed, sql.Literal(buckets - 1))


def among(relation: Relation, keys: Sequence[Key]) -> Fragment:
    """The rows with one of these keys."""
    columns = relation.keys
    arrays = [array(column, [key[i] for key in keys]) for i, column in enumerate(columns)]
    if len(columns) == 1:
        return SQL("{} = any({})").format(ordered(columns[0]), arrays[0])
    return SQL("({}) in (select * from unnest({}))").format(joined(ordered(c) for c in columns), joined(arrays))


def keyless(relation: Relation) -> Fragment:
    """The rows in which a part of the key is NULL."""
    return SQL("({})").format(joined((SQL("{} is null").format(ordered(c)) for c in relation.keys), " or "))


_INTEGERS = frozenset({"int2", "int4", "int8"})
_INFINITE = frozenset({"date", "timestamp", "timestamptz"})


def _declared(column: Column) -> Fragment:
    return _cast(column.expression, column.type, column.declared)


def _cast(expression: str, have: str, want: str) -> Fragment:
    value = SQL("({})").format(raw(expression))
    return value if have == want else SQL("{}::{}").format(value, raw(want))


def _key_literal(column: Column, part: str) -> Fragment:
    if column.ordered:
        return SQL("{}::{}").format(sql.Literal(part), raw(_literal_type(column)))
    return Bytes(part)


def array(column: Column, parts: Sequence[str]) -> Fragment:
    """Parts of keys as an array that ``ordered`` values are compared with."""
    if column.ordered:
        return SQL("{}::{}[]").format(sql.Literal(list(parts)), raw(_literal_type(column)))
    return Bytes(list(parts))


def _literal_type(column: Column) -> str:
    # Integers stay uncast in ``ordered``, so a literal must hold what the wider of the two sides has.
    return "int8" if column.wire in _INTEGERS else column.wire


def _edge(relation: Relation, order: Order, edge: Key) -> Fragment:
    if order is Order.KEY:
        return key_literals(relation, edge)
    first = SQL("{}::{}").format(sql.Literal(edge[0]), raw(relation.cursor_type or "text"))
    return joined([first, key_literals(relation, edge[1:])])


def _conditions(relation: Relation, rows: Rows) -> list[Fragment]:
    out: list[Fragment] = []
    if relation.where:
        out.append(SQL("({})").format(raw(relation.where)))
    if relation.older and rows.part is not Part.ALL:
        holds = SQL("is true") if rows.part is Part.OLDER else SQL("is not true")
        out.append(SQL("(({}) {})").format(raw(relation.older), holds))
    if relation.key:
        out += [SQL("{} is not null").format(ordered(column)) for column in relation.keys]
    if rows.nulls:
        out.append(unplaced(relation))
    for bound, sign in ((rows.since, ">="), (rows.until, "<=")):
        if bound is not None:
            value = SQL("{}::{}").format(sql.Literal(bound), raw(relation.cursor_type or "text"))
            out.append(SQL("{} {} {}").format(cursor(relation), raw(sign), value))
    for edge, sign in ((rows.chunk.after, ">"), (rows.chunk.upto, "<=")):
        if edge is not None:
            place = joined(order_by(relation, rows.order))
            out.append(SQL("({}) {} ({})").format(place, raw(sign), _edge(relation, rows.order, edge)))
    if rows.keys is not None:
        out.append(among(relation, rows.keys))
    if rows.without:
        out.append(SQL("not ({})").format(among(relation, rows.without)))
    return out
