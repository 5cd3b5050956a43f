"""What a live PostgreSQL database has: tables, columns, keys, foreign keys, sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.catalog import ColumnInfo, ForeignKey, SequenceInfo, TableInfo
from golive.databases.postgresql.definition import definition
from golive.databases.postgresql.fragments import Fragment, canonical, wired
from golive.databases.postgresql.types import Type, keeps_apart, loss
from golive.databases.relation import Column
from golive.errors import PlanError

Connection = psycopg.Connection[Any]
SQL = sql.SQL

__all__ = [
    "column", "column_of", "definition", "expression_types", "foreign_keys", "from_query", "from_table", "has_highest",
    "identifier", "keeps_apart", "loss", "query_columns", "referring", "rows", "sequences", "straight", "table",
    "tables", "uncastable", "unordered",
]

# A domain is what it stands on, however deep: the value that travels is the base type's.
_TYPES = """
with recursive base(n, oid, typmod) as (
  select n, o, m from unnest(%s::oid[], %s::int[]) with ordinality as given(o, m, n)
  union all
  select b.n, t.typbasetype, t.typtypmod from base b join pg_type t on t.oid = b.oid where t.typtype = 'd'
)
select b.oid::bigint, t.typname, format_type(b.oid, b.typmod), b.typmod, t.typtype
from base b join pg_type t on t.oid = b.oid where t.typtype <> 'd' order by b.n
"""

_TABLES = """
select c.oid::bigint, n.nspname, c.relname, c.relkind, greatest(c.reltuples, 0)::bigint
from unnest(%s::text[]) with ordinality given (name, place)
left join pg_class c on c.oid = to_regclass(given.name) and c.relkind in ('r', 'p', 'v', 'm', 'f')
left join pg_namespace n on n.oid = c.relnamespace
order by given.place
"""

_ROWS = """
select coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
from unnest(%s::text[]) t (name) join pg_class c on c.oid = to_regclass(t.name)
"""

_COLUMNS = """
select a.attrelid::bigint, a.attname, a.atttypid::bigint, a.atttypmod, a.attnotnull,
       a.atthasdef or a.attidentity <> '', a.attgenerated <> '', a.attidentity
from pg_attribute a where a.attrelid = any(%s) and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum
"""

_UNIQUE = """
select i.indrelid::bigint, i.indisprimary,
       array(select a.attname::text from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(n, o)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n order by o),
       -- From PostgreSQL 18 on a column may be called NOT NULL and its rows not have been looked at.
       (select bool_and(a.attnotnull and not exists (
               select from pg_constraint c where c.conrelid = a.attrelid and c.contype = 'n' and not c.convalidated
               and c.conkey[1] = a.attnum)) from unnest(i.indkey[0:i.indnkeyatts - 1]) k(n)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n)
from pg_index i
where i.indrelid = any(%s) and i.indisunique and i.indpred is null and i.indexprs is null and i.indisvalid
  -- An index does not reach the tables that inherit, whose rows a SELECT brings too.
  and not exists (select from pg_inherits h join pg_class c on c.oid = h.inhparent
                  where h.inhparent = i.indrelid and c.relkind = 'r')
order by i.indisprimary desc, i.indexrelid
"""

_FOREIGN_KEYS = """
select k.conname, n1.nspname || '.' || c1.relname, n2.nspname || '.' || c2.relname, k.convalidated,
  array(select a.attname::text from unnest(k.conkey) with ordinality u(n, o)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by o),
  array(select a.attname::text from unnest(k.confkey) with ordinality u(n, o)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by o)
from pg_constraint k
join pg_class c1 on c1.oid = k.conrelid join pg_namespace n1 on n1.oid = c1.relnamespace
join pg_class c2 on c2.oid = k.confrelid join pg_namespace n2 on n2.oid = c2.relnamespace
where k.contype = 'f' and k.conparentid = 0 and n1.nspname <> 'golive'
order by 2, 1
"""

_SEQUENCES = """
select attname, sequence from (
  select a.attnum, a.attname, coalesce(pg_get_serial_sequence(%(table)s, a.attname),
    -- A default that calls nextval() of a sequence which the column does not own.
    (select s.oid::regclass::text from pg_attrdef f
     join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
     join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
     where f.adrelid = a.attrelid and f.adnum = a.attnum limit 1)) as sequence
  from pg_attribute a
  where a.attrelid = %(oid)s and a.attnum > 0 and not a.attisdropped
    and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
) filled where sequence is not null
order by attnum
"""

# Types by (oid, modifier) as the first server told them; below this number they have the same one in every version.
_BY_HAND = 10000
_SAME_EVERYWHERE: dict[tuple[int, int], Type] = {}

# Parsed, never run: the parser itself looks for an order, also of what an array or a composite holds.
_PLACE = SQL("row_number() over (order by ({}))")


def table(connection: Connection, name: str) -> TableInfo | None:
    """The table, view or foreign table of this name (``table`` or ``schema.table``); None if there is none."""
    return tables(connection, [name])[0]


def tables(connection: Connection, names: Sequence[str]) -> list[TableInfo | None]:
    """What ``table`` says of each name, asked at once however many there are."""
    quoted = [identifier(name).as_string(connection) for name in names]
    found = connection.execute(_TABLES, (quoted,)).fetchall()
    oids = [oid for oid, *_ in found if oid is not None]
    rows_of = connection.execute(_COLUMNS, (oids,)).fetchall()
    columns: dict[int, list[ColumnInfo]] = {oid: [] for oid in oids}
    for row, kind in zip(rows_of, _types(connection, [(row[2], row[3]) for row in rows_of]), strict=True):
        oid, column, _, _, not_null, default, generated, identity = row
        columns[oid].append(
            ColumnInfo(
                name=column, type=kind, nullable=not not_null, default=default, generated=generated,
                always=identity == "a",
            )
        )
    unique: dict[int, list[tuple[bool, tuple[str, ...], bool]]] = {oid: [] for oid in oids}
    for oid, is_primary, of, not_null in connection.execute(_UNIQUE, (oids,)):
        unique[oid].append((is_primary, tuple(of), not_null))
    return [
        None if oid is None else TableInfo(
            name=f"{schema}.{relation}", kind=kind, rows=rows, columns=tuple(columns[oid]),
            primary_key=next((of for is_primary, of, _ in unique[oid] if is_primary), ()),
            unique=tuple(of for _, of, not_null in unique[oid] if not_null),
        )
        for oid, schema, relation, kind, rows in found
    ]


def rows(connection: Connection, names: Sequence[str]) -> int:
    """How many rows tables have together, as the server estimates; one that it never counted, or has not, has none."""
    quoted = [identifier(name).as_string(connection) for name in names]
    found = connection.execute(_ROWS, (quoted,)).fetchone()
    return int(found[0]) if found else 0


def foreign_keys(connection: Connection) -> tuple[ForeignKey, ...]:
    """Every declared foreign key of the database."""
    return tuple(
        ForeignKey(name, child, parent, tuple(columns), tuple(referred), valid)
        for name, child, parent, valid, columns, referred in connection.execute(_FOREIGN_KEYS)
    )


def referring(connection: Connection, name: str) -> list[ForeignKey]:
    """The foreign keys that refer to a table, by its full name; its own among them."""
    return [key for key in foreign_keys(connection) if key.parent == name]


def sequences(connection: Connection, name: str) -> tuple[SequenceInfo, ...]:
    """The sequences behind a table's serial and identity columns, and behind integers by default."""
    quoted = identifier(name).as_string(connection)
    oid = connection.execute("select to_regclass(%s)::oid", (quoted,)).fetchone()
    rows = connection.execute(_SEQUENCES, {"table": quoted, "oid": oid[0] if oid else None}).fetchall()
    return tuple(SequenceInfo(name, column, sequence) for column, sequence in rows)


def expression_types(connection: Connection, from_item: str, expressions: Sequence[str]) -> tuple[Type, ...]:
    """The types of expressions over a FROM item, without reading a row; PlanError for one that does not parse there."""
    return tuple(kind for _, kind in _described(connection, _over(from_item, expressions)))


def uncastable(connection: Connection, from_item: str, columns: Sequence[Column]) -> list[str]:
    """Names of the columns whose expression has no cast to the type in which it travels or is compared."""
    return _refused(connection, from_item, columns, (wired, canonical))


def unordered(connection: Connection, from_item: str, columns: Sequence[Column]) -> list[str]:
    """Names of the columns whose values the server cannot order (json, point, xml): nor has it an index of them."""
    return _refused(connection, from_item, columns, (_placed,))


def has_highest(connection: Connection, from_item: str, expression: str) -> bool:
    """Whether values of this expression can be ordered, and have a highest one."""
    # Both: of an array or a composite there may be a max(), and no order of what is in it.
    forms = (_PLACE, SQL("max(({})) over ()"))
    return _parses(connection, from_item, [form.format(SQL(expression)).as_string(connection) for form in forms])


def query_columns(connection: Connection, query: str) -> tuple[tuple[str, Type], ...]:
    """Names and types of a query's columns, without reading a row; PlanError for one that does not parse."""
    return _described(connection, SQL("select * from ({}) as described limit 0").format(SQL(query)))


def from_table(name: str, alias: str) -> str:
    """A table as a FROM item."""
    return f"{_quoted(*name.split('.', 1))} as {alias}"


def from_query(query: str, alias: str) -> str:
    """A query as a FROM item."""
    return f"({query}) as {alias}"


def column_of(alias: str, name: str) -> str:
    """A column of a FROM item as an expression."""
    return f"{alias}.{_quoted(name)}"


def column(name: str, expression: str, have: Type, target: Type, *, nullable: bool, sensitive: bool) -> Column:
    """One side's expression for a column of the target. ``have`` is the expression's own type."""
    return Column(
        name=name, expression=expression, type=have.name if have.common else have.formatted,
        declared=target.declared, wire=target.wire, by_value=target.by_value, ordered=target.ordered,
        nullable=nullable, sensitive=sensitive,
    )


def straight(target: Type) -> bool:
    """Whether a binary COPY of the wire type may go straight into a column of this type."""
    # name and "char" read other bytes than a text's.
    return (target.common and target.name not in ("name", "char")) or target.kind == "e"


def identifier(name: str) -> sql.Identifier:
    """``schema.table`` or ``table`` as a quoted identifier."""
    return sql.Identifier(*name.split(".", 1))


def _refused(
    connection: Connection, from_item: str, columns: Sequence[Column], forms: Sequence[Callable[[Column], Fragment]]
) -> list[str]:
    """Names of the columns of which the server does not parse every one of these forms; usually one question."""
    def refused(some: Sequence[Column]) -> bool:
        wanted = [form(column).as_string(connection) for column in some for form in forms]
        return not _parses(connection, from_item, wanted)

    return [column.name for column in columns if refused([column])] if columns and refused(columns) else []


def _parses(connection: Connection, from_item: str, expressions: Sequence[str]) -> bool:
    try:
        _asked(connection, _over(from_item, expressions))
    except PlanError:
        return False
    return True


def _over(from_item: str, expressions: Sequence[str]) -> sql.Composed:
    values = SQL(", ").join(
        SQL("({}) as {}").format(SQL(each), sql.Identifier(f"c{i}")) for i, each in enumerate(expressions)
    )
    return SQL("select * from (select {} from {}) as described limit 0").format(values, SQL(from_item))


def _placed(column: Column) -> Fragment:
    return _PLACE.format(SQL(column.expression))


def _asked(connection: Connection, query: sql.Composed) -> Any:
    """The result of a query that reads no row; PlanError for one that does not parse."""
    try:
        return connection.execute(query).pgresult
    except psycopg.OperationalError:  # a lost connection or a lock says nothing about the query
        raise
    except psycopg.Error as error:
        first = str(error).splitlines()[0]
        raise PlanError(first) from error


def _described(connection: Connection, query: sql.Composed) -> tuple[tuple[str, Type], ...]:
    result = _asked(connection, query)
    names = [(result.fname(i) or b"").decode() for i in range(result.nfields)]
    pairs = [(result.ftype(i), result.fmod(i)) for i in range(result.nfields)]
    return tuple(zip(names, _types(connection, pairs), strict=True))


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _types(connection: Connection, pairs: Sequence[tuple[int, int]]) -> list[Type]:
    """The types of (oid, modifier) pairs; a bare string literal's pseudo-type unknown is text."""
    wanted = [(25 if oid == 705 else oid, modifier) for oid, modifier in pairs]
    unknown = sorted({pair for pair in wanted if pair not in _SAME_EVERYWHERE})
    known = dict(_SAME_EVERYWHERE)
    if unknown:
        oids, modifiers = map(list, zip(*unknown, strict=True))
        rows = connection.execute(_TYPES, (oids, modifiers)).fetchall()
        known |= {pair: Type(*row) for pair, row in zip(unknown, rows, strict=True)}
        _SAME_EVERYWHERE.update({pair: known[pair] for pair in unknown if pair[0] < _BY_HAND})
    return [known[pair] for pair in wanted]
