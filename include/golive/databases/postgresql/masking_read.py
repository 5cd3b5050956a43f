"""The new system's rows as the training copy gets them: each sensitive value masked within the SELECT."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from golive.databases.masking import CopyTable, How, Mask, Rule
from golive.databases.postgresql.catalog import identifier
from golive.databases.postgresql.copy import OF_VALUES, pump
from golive.databases.postgresql.fragments import Fragment, joined, raw
from golive.databases.postgresql.masking_functions import FUNCTIONS, INNER, OUTER, pads
from golive.databases.postgresql.masking_plan import COMPUTED, HIGHEST, candidates
from golive.databases.relation import RowsRefused
from golive.errors import PlanError, Terminal

Connection = psycopg.Connection[Any]
SQL = sql.SQL

# How format_type writes the integers whose furthest numbers are known by their short names.
_SHORT = {"smallint": "int2", "integer": "int4", "bigint": "int8"}

# Nothing but what stands between letters and digits, in every script.
_PLAIN = r"^[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u2000-\u2BFF\u3000-\u303F]*$"


@contextmanager
def keyed(connection: Connection, key: bytes) -> Iterator[None]:
    """One moment of the database, with the masks under this key; it is only read, and all is gone afterwards."""
    with connection.transaction(force_rollback=True):
        connection.execute("set transaction isolation level repeatable read")
        # As bound values: no statement that a server may log holds the key.
        for name, pad in zip((INNER, OUTER), pads(key), strict=True):
            connection.execute("select set_config(%s, %s, true)", (name, pad))
        with refused("the masks", "cannot be made: the connection needs the right TEMPORARY"):
            for function in FUNCTIONS:
                connection.execute(function)
        connection.execute("set transaction read only")
        yield


def fitted(connection: Connection, table: CopyTable) -> CopyTable:
    """The table with masks that keep its constraints: where one cannot, other values, or NULL.

    Raises PlanError naming table, columns and constraint where neither will do.
    """
    for rule in table.rules:
        table = _refitted(connection, table, rule)
    broken = [rule for rule in table.rules if _breaks(connection, table, rule)]
    nullable = {mask.column for mask in table.masks if mask.nullable}
    empty = tuple(sorted({column for rule in broken for column in rule.columns if column in nullable}))
    if empty:
        table = replace(table, emptied=empty)
        broken = [rule for rule in table.rules if _breaks(connection, table, rule)]
    if broken:
        raise PlanError(
            "\n".join(
                f"table {table.table}: no mask of {', '.join(rule.columns)} keeps the constraint {rule.name}, and"
                " it cannot be NULL. Nothing was copied: name the table under `without` of `training_copy`"
                for rule in broken
            ),
            table=table.table,
        )
    return table


def fill(target: Connection, training: Connection, table: CopyTable) -> int:
    """Copy the masked rows of one table; their number."""
    into = SQL("{} ({})").format(identifier(table.table), joined(map(sql.Identifier, table.columns)))
    with refused(table.table, "cannot be copied"):
        # As text: what only one server has, such as an enum, has another number on the other.
        return pump(target, training, _rows(table), into, form="text")


@contextmanager
def hashes(
    connection: Connection, table: CopyTable, salt: str
) -> Iterator[Iterator[tuple[str, tuple[str | None, ...]]]]:
    """Every row with a key that is not masked, in its byte order: the key, and a hash for each masked column."""
    key = SQL('(array_to_json(array[{}]::text[])::text collate "C")').format(
        joined(SQL("{}::text").format(sql.Identifier("t", name)) for name in table.key)
    )
    values = joined(_hashed(mask, salt) for mask in table.masks)
    query = SQL("copy (select {}, {} {} order by 1) to stdout").format(key, values, _from(table))
    with connection.cursor().copy(query) as rows:
        yield ((str(row[0]), row[1:]) for row in rows.rows())


@contextmanager
def hashed_values(
    connection: Connection, table: CopyTable, column: str, salt: str, least: int
) -> Iterator[Iterator[str]]:
    """The distinct hashes of a column's texts of at least so many characters, in byte order."""
    mask = next(mask for mask in table.masks if mask.column == column)
    query = SQL("copy (select distinct {} {} where length({}::text) >= {} order by 1) to stdout").format(
        SQL('({} collate "C")').format(_hashed(mask, salt)), _from(table), sql.Identifier("t", column),
        sql.Literal(least),
    )  # fmt: skip
    with connection.cursor().copy(query) as rows:
        yield (str(row[0]) for row in rows.rows() if row[0])


@contextmanager
def refused(what: str, why: str) -> Iterator[None]:
    """What a server has against rows, constraints or rights, as Terminal and without a value."""
    try:
        yield
    except RowsRefused as error:
        side = "the new system" if error.side == "source" else "the training side"
        raise Terminal(
            f"{what} {why}: {side} refuses rows (SQLSTATE {error.state}{_named(error.detail)}). Nothing was changed"
        ) from error
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if not state.startswith((*OF_VALUES, "42", "0A", "55000")):
            raise
        reason = "the role of the connection lacks the right" if state == "42501" else f"SQLSTATE {state}"
        detail = _named(error.diag.constraint_name or error.diag.column_name)
        raise Terminal(f"{what} {why} ({reason}{detail}). Nothing was changed") from error


def _named(detail: str | None) -> str:
    return f", {detail}" if detail else ""


def _refitted(connection: Connection, table: CopyTable, rule: Rule) -> CopyTable:
    """The table with another mask of the column that a constraint is about alone, if that serves it better.

    A list of codes always does, for a mask of a few values is soon known; bounds do where a mask would break them.
    """
    mask = next(mask for mask in table.masks if mask.column == rule.columns[0])
    other = candidates(mask, rule)
    if other is None or (other.how is not How.DRAWN and not _breaks(connection, table, rule)):
        return table
    if other.how is How.DRAWN:
        other = replace(other, allowed=_legal(connection, table, other))
        if len(other.allowed) < 2:
            return table
    return replace(table, masks=tuple(other if each is mask else each for each in table.masks))


def _legal(connection: Connection, table: CopyTable, mask: Mask) -> tuple[str, ...]:
    """Which of a drawn mask's values every constraint over its column alone lets pass."""
    rules = [rule for rule in table.rules if rule.alone and rule.columns == (mask.column,)]
    values = SQL("(select v::{} as {} from unnest({}::text[]) v) m").format(
        raw(mask.type), sql.Identifier(mask.column), sql.Literal(list(mask.allowed))
    )
    holds = joined((SQL("not {}").format(_broken(rule)) for rule in rules), " and ")
    query = SQL("select {}::text from {} where {}").format(sql.Identifier(mask.column), values, holds)
    return tuple(value for (value,) in connection.execute(query))


def _breaks(connection: Connection, table: CopyTable, rule: Rule) -> bool:
    """Whether a masked row would break a constraint."""
    query = SQL("select exists (select from ({}) m where {})").format(_rows(table, whole=True), _broken(rule))
    with refused(table.table, f"cannot be tried against its constraint {rule.name}"):
        row = connection.execute(query).fetchone()
    return bool(row and row[0])


def _broken(rule: Rule) -> sql.Composed:
    """That a row breaks a constraint, by the names of its columns."""
    if rule.value is None:
        return SQL("(({}) is false)").format(raw(rule.expression))
    # A domain's constraint speaks of VALUE, which is read as a column of that name.
    return SQL("((select ({}) from (select {} as value) domain) is false)").format(
        raw(rule.expression), sql.Identifier("m", rule.value)
    )


def _rows(table: CopyTable, *, whole: bool = False) -> sql.Composed:
    """The SELECT whose rows are copied; ``whole`` has what the training side computes as well, for constraints."""
    masks = {mask.column: mask for mask in table.masks if mask.form != COMPUTED}
    values = [
        SQL("{} as {}").format(_masked(table, masks[name]), sql.Identifier(name))
        if name in masks else sql.Identifier("t", name)
        for name in (*table.columns, *table.computed)
    ]  # fmt: skip
    if not table.emptied:
        return SQL("select {} {}").format(joined(values if whole else values[: len(table.columns)]), _from(table))
    inner = SQL("select {} {}").format(joined(values), _from(table))
    broken = joined((_broken(rule) for rule in table.rules if set(rule.columns) & set(table.emptied)), " or ")
    outer = [
        SQL("case when not ({}) then {} end as {}").format(broken, sql.Identifier("m", name), sql.Identifier(name))
        if name in table.emptied else sql.Identifier("m", name)
        for name in (*table.columns, *(table.computed if whole else ()))
    ]  # fmt: skip
    # Apart, or the server would mask a value once for each constraint and once for the row.
    return SQL("select {} from ({} offset 0) m").format(joined(outer), inner)


def _from(table: CopyTable) -> sql.Composed:
    """Rows of the table alone: those of tables that inherit from it are theirs."""
    return SQL("from {} {} as t").format(SQL("" if table.partitioned else "only"), identifier(table.table))


def _masked(table: CopyTable, mask: Mask) -> sql.Composed:
    value = sql.Identifier("t", mask.column)
    return SQL("({})::{}").format(_FORMS[mask.form](table, mask, value), raw(mask.type))


def _text(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    return SQL("pg_temp.golive_text({}::text, {})").format(value, sql.Literal(mask.wide))


def _number(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    highest = HIGHEST.get(_SHORT.get(mask.type, ""), "")
    return SQL("pg_temp.golive_number({}::numeric, {})").format(value, sql.Literal(highest))


def _between(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    assert mask.between is not None
    low, high, digits = mask.between
    return SQL("pg_temp.golive_between({}::numeric, {}::numeric, {}::numeric, {})").format(
        value, sql.Literal(low), sql.Literal(high), sql.Literal(digits)
    )


def _moment(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    if "with time zone" in mask.type:
        return SQL("pg_temp.golive_moment({} at time zone 'UTC') at time zone 'UTC'").format(value)
    return SQL("pg_temp.golive_moment({})").format(value)


def _drawn(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    return SQL("case when {} is not null then pg_temp.golive_drawn({}, {}::text[]) end").format(
        value, _place(table, mask), sql.Literal(list(mask.allowed))
    )


def _sign(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    return SQL("pg_temp.golive_sign({}::text, {})").format(value, _place(table, mask))


def _next(table: CopyTable, mask: Mask, value: Fragment) -> Fragment:
    return SQL("pg_temp.golive_next({}::text, {}::text[])").format(value, sql.Literal(list(mask.allowed)))


def _place(table: CopyTable, mask: Mask) -> Fragment:
    """The row in which a value stands, as one text: its key, or where it has none all of it."""
    row = SQL("row({})::text").format(joined(sql.Identifier("t", name) for name in table.place))
    return SQL("({} || {})").format(
        sql.Literal(f"{table.table}.{mask.column}/"), row if table.place else SQL("t::text")
    )


def _by(function: str) -> Any:
    return lambda table, mask, value: SQL("pg_temp.{}({})").format(sql.Identifier(function), value)


_FORMS = {
    "text": _text, "number": _number, "between": _between, "date": _by("golive_day"), "timestamp": _moment,
    "timestamptz": _moment, "uuid": _by("golive_uuid"), "bytea": _by("golive_bytes"), "drawn": _drawn, "sign": _sign,
    "next": _next, "null": lambda table, mask, value: SQL("null"),
}  # fmt: skip


def _hashed(mask: Mask, salt: str) -> sql.Composed:
    """The salted hash of a value as it stands, whatever a mask does; '' where there is nothing to hide."""
    value = sql.Identifier("t", mask.column)
    return SQL(
        "(case when {value} is not null then case when {hides} then ''"
        " else left(encode(sha256(convert_to({salt} || {value}::text, 'UTF8')), 'hex'), 32) end end)"
    ).format(value=value, salt=sql.Literal(salt), hides=_hides(mask, value))


def _hides(mask: Mask, value: Fragment) -> Fragment:
    """That a value has nothing in it that could be masked."""
    if mask.type == "bytea":
        return SQL("octet_length({}) = 0").format(value)
    if mask.form in ("date", "timestamp", "timestamptz"):
        return SQL("not isfinite({})").format(value)
    if mask.form in ("number", "between"):
        highest = HIGHEST.get(_SHORT.get(mask.type, ""), "")
        nothing = SQL("{}::text in ('NaN', 'Infinity', '-Infinity')").format(value)
        # The furthest numbers of an integer type keep all but their last digit, or all.
        at_its_end = SQL("left(abs({}::numeric)::text, -1) = {}").format(value, sql.Literal(highest[:-1]))
        return SQL("({} or {})").format(nothing, at_its_end) if highest else nothing
    return SQL("{}::text ~ {}").format(value, sql.Literal(_PLAIN))
