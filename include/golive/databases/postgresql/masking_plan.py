"""Which columns of a live schema are masked, and how: sensitive ones, and whatever a key or a parent ties to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, LiteralString

import psycopg

from golive.databases.catalog import ColumnInfo, ForeignKey, TableInfo
from golive.databases.masking import CopyTable, How, Mask, Rule
from golive.databases.postgresql import catalog
from golive.databases.postgresql.types import Type
from golive.errors import PlanError

Connection = psycopg.Connection[Any]

_TABLES: LiteralString = """
select n.nspname || '.' || c.relname, c.relkind = 'p',
  array(select a.attname::text from pg_partitioned_table p, unnest(p.partattrs) k
        join pg_attribute a on a.attnum = k and a.attrelid = c.oid where p.partrelid = c.oid),
  array(select distinct a.attname::text from pg_index i, unnest(i.indkey) k
        join pg_attribute a on a.attnum = k and a.attrelid = c.oid where i.indrelid = c.oid and i.indisunique)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname not in ('golive', 'information_schema') and n.nspname !~ '^pg_'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                  and d.deptype = 'e')  -- what an extension brings along
order by 1
"""

# A table's own constraints, and those of its columns' domains, however deep.
_RULES: LiteralString = """
with recursive domain(attnum, name, type) as (
  select a.attnum, a.attname, a.atttypid from pg_attribute a
  where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped
  union all
  select d.attnum, d.name, t.typbasetype from domain d join pg_type t on t.oid = d.type where t.typtype = 'd'
)
select k.conname, pg_get_expr(k.conbin, k.conrelid),
  array(select a.attname::text from unnest(k.conkey) n
        join pg_attribute a on a.attnum = n and a.attrelid = k.conrelid), null
from pg_constraint k where k.conrelid = %(table)s::regclass and k.contype = 'c'
union all
select k.conname, pg_get_expr(k.conbin, 0), array[d.name::text], d.name::text
from domain d join pg_constraint k on k.contypid = d.type and k.contype = 'c'
order by 1
"""

# A column of a table and the one of that name in a table which inherits from it, both with rows of their own.
_INHERITED: LiteralString = """
select pn.nspname || '.' || p.relname, cn.nspname || '.' || c.relname, a.attname::text
from pg_inherits i
join pg_class p on p.oid = i.inhparent and p.relkind = 'r' join pg_namespace pn on pn.oid = p.relnamespace
join pg_class c on c.oid = i.inhrelid and c.relkind = 'r' join pg_namespace cn on cn.oid = c.relnamespace
join pg_attribute a on a.attrelid = p.oid and a.attnum > 0 and not a.attisdropped
"""

_LABELS: LiteralString = "select enumlabel::text from pg_enum where enumtypid = %s order by enumsortorder"

_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "citext"})
# The furthest number of an integer type: a mask stays below it.
HIGHEST = {"int2": "32767", "int4": "2147483647", "int8": "9223372036854775807"}
_NUMBERS = frozenset({*HIGHEST, "numeric", "float4", "float8"})
# What the training side makes out of other columns: nothing is copied, and the check looks whether those were masked.
COMPUTED = "computed"
_AS_THEY_ARE = frozenset({"date", "timestamp", "timestamptz", "uuid", "bytea"})
# So many values are few enough to be known apart by how often each is there.
_FEW = 100

Named = tuple[str, str]


@dataclass(frozen=True)
class _Found:
    """A live table, the columns that part its rows, and those of any unique index."""

    info: TableInfo
    partitioned: bool
    parted_by: tuple[str, ...]
    unique: frozenset[str]


def tables(connection: Connection) -> tuple[str, ...]:
    """The full name of every table with rows, its own or its partitions'; none of Golive's or of an extension."""
    return tuple(name for name, *_ in connection.execute(_TABLES))


def lay_out(
    connection: Connection, sensitive: Mapping[str, frozenset[str]], left_out: frozenset[str]
) -> tuple[CopyTable, ...]:
    """Every table but those left out, with the masks of its sensitive columns, and of what is tied to them.

    Foreign keys tie columns, and so does inheritance: a child's column holds what its parent's of that name does.

    Raises PlanError, naming all of them, for tables and columns that are not there and for columns without a mask.
    """
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise PlanError(
            f"the new system's database is encoded as {encoding}, and values are masked in UTF8 alone: leave"
            " `training_copy` out of the project file, or move the new system to UTF8"
        )
    found: dict[str, _Found] = {}
    for name, partitioned, parted_by, unique in connection.execute(_TABLES).fetchall():
        info = catalog.table(connection, name)
        assert info is not None
        found[name] = _Found(info, partitioned, tuple(parted_by), frozenset(unique))
    faults = [
        f"{table}.{column} is to be masked, and the new system has no such column"
        for table, columns in sorted(sensitive.items())
        for column in sorted(columns)
        if table not in found or found[table].info.column(column) is None
    ]
    keys = catalog.foreign_keys(connection)
    pairs = [pair for key in keys for pair in _pairs(key)]
    pairs += [((child, name), (parent, name)) for parent, child, name in connection.execute(_INHERITED)]
    masked = _tied({(table, column) for table, columns in sensitive.items() for column in columns}, pairs)
    apart = _apart(found, keys)
    out = []
    for table, each in found.items():
        if table in left_out:
            continue
        masks = []
        for column in each.info.columns:
            if (table, column.name) in masked:
                mask = _mask(connection, column, apart=(table, column.name) in apart)
                masks.append(mask)
                faults += _faults(each, column, mask)
        out.append(_table(connection, each, tuple(masks)))
    if faults:
        raise PlanError("the training copy cannot be masked:\n" + "\n".join(f"  {fault}" for fault in faults))
    return tuple(out)


def _tied(sensitive: set[Named], pairs: Sequence[tuple[Named, Named]]) -> set[Named]:
    """These columns, and whatever the pairs say holds the same values."""
    masked, left = set(sensitive), list(sensitive)
    while left:
        one = left.pop()
        for child, parent in pairs:
            other = parent if child == one else child if parent == one else None
            if other is not None and other not in masked:
                masked.add(other)
                left.append(other)
    return masked


def _pairs(key: ForeignKey) -> Iterator[tuple[Named, Named]]:
    for child, parent in zip(key.columns, key.referred, strict=True):
        yield (key.child, child), (key.parent, parent)


def _apart(found: Mapping[str, _Found], keys: tuple[ForeignKey, ...]) -> set[Named]:
    """The columns in which different values have to stay different, and equal ones equal."""
    unique = {(table, column) for table, each in found.items() for column in each.unique}
    return unique | {named for key in keys for pair in _pairs(key) for named in pair}


def _mask(connection: Connection, column: ColumnInfo, *, apart: bool) -> Mask:
    """How a column is masked by its type; one that stands apart is never drawn, which could bring two together."""
    kind = column.type
    assert isinstance(kind, Type)
    if column.generated:
        return Mask(column.name, How.BY_VALUE, COMPUTED, kind.formatted, column.nullable, apart)
    allowed: tuple[str, ...] = ()
    wide = 0
    form = ""
    if kind.name in _TEXTS:
        form = "text"
        wide = 63 if kind.name == "name" else max(kind.modifier - 4, 0)
        if wide == 1 and not apart:
            return Mask(column.name, How.DRAWN, "sign", kind.formatted, column.nullable, apart)
    elif kind.name in _NUMBERS:
        form = "number"
    elif kind.name in _AS_THEY_ARE:
        form = kind.name
    elif kind.name == "bool" or kind.kind == "e":
        labels = connection.execute(_LABELS, (kind.oid,)).fetchall()
        allowed = ("false", "true") if kind.name == "bool" else tuple(label for (label,) in labels)
        form = "next" if apart else "drawn"
    if not form:
        return Mask(column.name, How.EMPTIED, "null", kind.formatted, column.nullable, apart)
    how = How.DRAWN if form == "drawn" else How.BY_VALUE
    return Mask(column.name, how, form, kind.formatted, column.nullable, apart, wide, allowed)


def _faults(each: _Found, column: ColumnInfo, mask: Mask) -> Iterator[str]:
    name = f"{each.info.name}.{column.name}"
    if mask.how is How.EMPTIED and not column.nullable:
        yield (
            f"{name} has the type {mask.type}, for which there is no mask, and it cannot be NULL: name the table"
            " under `without` of `training_copy`"
        )
    if column.name in each.parted_by:
        yield (
            f"{name} decides in which partition a row stands, and its mask may fit into none: name the table under"
            " `without` of `training_copy`"
        )


def _table(connection: Connection, each: _Found, masks: tuple[Mask, ...]) -> CopyTable:
    info = each.info
    masked = {mask.column for mask in masks}
    whole = tuple(names for names in (info.primary_key, *info.unique) if names)
    return CopyTable(
        table=info.name,
        columns=tuple(column.name for column in info.columns if not column.generated),
        computed=tuple(column.name for column in info.columns if column.generated),
        masks=masks,
        key=next((names for names in whole if not masked & set(names)), ()),
        place=whole[0] if whole else (),
        rules=_rules(connection, info, masked) if masks else (),
        partitioned=each.partitioned,
    )


def _rules(connection: Connection, info: TableInfo, masked: set[str]) -> tuple[Rule, ...]:
    rows = connection.execute(_RULES, {"table": catalog.identifier(info.name).as_string(connection)}).fetchall()
    return tuple(
        Rule(name, expression, tuple(column for column in columns if column in masked), value, len(columns) == 1)
        for name, expression, columns, value in rows
        if masked & set(columns)
    )


def candidates(mask: Mask, rule: Rule) -> Mask | None:
    """Another mask of a column, out of what a constraint over it alone says: its list of codes, or its bounds.

    The values stand in the constraint, so nothing of the data shows. None where it says nothing of the kind.
    """
    if not rule.alone or mask.apart:
        return None
    if mask.form in ("text", "sign"):
        texts = [text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", rule.expression)]
        return replace(mask, how=How.DRAWN, form="drawn", allowed=tuple(dict.fromkeys(texts)))
    numbers = sorted({Decimal(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", rule.expression)})
    if mask.form != "number" or len(numbers) < 2:
        return None
    digits = _digits(mask.type)
    low, high, step = numbers[0], numbers[-1], Decimal(1).scaleb(-digits)
    steps = int((high - low) / step) + 1
    if steps > _FEW:
        return replace(mask, form="between", between=(str(low), str(high), digits))
    return replace(mask, how=How.DRAWN, form="drawn", allowed=tuple(str(low + n * step) for n in range(steps)))


def _digits(formatted: str) -> int:
    """Digits after the point of numeric(p,s); none of an integer, and two where any number is allowed."""
    match = re.fullmatch(r"numeric\(\d+,(\d+)\)", formatted)
    if match:
        return int(match[1])
    return 0 if formatted in ("smallint", "integer", "bigint") or formatted.startswith("numeric(") else 2
