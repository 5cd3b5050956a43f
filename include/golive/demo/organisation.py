"""What every sample organisation has: how its databases are made, what its users do meanwhile, and a judge.

There are ``riverside.ORGANISATION`` and ``northgate.ORGANISATION``. Each is a package of SQL: ``source.sql``
and ``source_rows.sql`` make the old system, ``target.sql`` the new one, ``staging.sql`` what was set up for
that ahead, ``changes.sql`` is one round of its users' work, ``cleaning.sql`` what they put right between the
passes, and ``unmigratable.sql`` says which rows can never arrive. Nothing here reads a project file: the judge
and the mapping must agree without knowing each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.errors import Terminal

# Stands in a key for a column that is NULL.
NULL = "NULL"

# Dates in text are read and written the same way whatever the server's configuration says. Compiling
# costs more than it saves in long statements that run once.
_OPTIONS = "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c timezone=UTC -c statement_timeout=0 -c jit=off"

_HELPERS = """
create function pg_temp.n() returns int language sql immutable as $$ select {size}::int $$;
create function pg_temp.pick(i bigint, salt bigint, m bigint) returns int language sql immutable as
$$ select ((hashint8extended(i, {seed} * 1000003::bigint + salt) & 9223372036854775807) % m)::int $$;
"""

# The role that the old programs write as. Roles belong to the whole server, so another database of the same
# organisation may have made it already, at this very moment; a user who may not make roles does without.
_PROGRAMS = """
do $$
begin
    begin
        create role {role} nologin;
    exception
        when duplicate_object or unique_violation or insufficient_privilege then null;
    end;
    if exists (select from pg_roles where rolname = {name}) then
        grant usage on schema public to {role};
        grant select, insert, update, delete on all tables in schema public to {role};
        grant usage on all sequences in schema public to {role};
    end if;
end
$$;
"""

# What a round adds is numbered from here, plus 10,000 for every round before it.
_NEW = 2_000_000
_ROUNDS = 99
# No row that a round touches is in two of these groups; they are of equal size.
_GROUPS = ("gone", "marked", "unmarked", "busy")


@dataclass(frozen=True)
class Organisation:
    """One sample organisation.

    ``package`` holds its SQL. It is sized by ``counted`` (such as students), from ``least``, at which
    every planted defect is there, to ``most``. ``own_rows`` are queries over the new system, each for
    the parameter of its name in unmigratable.sql: values that rows of its own have taken already.
    ``reasons`` are all that unmigratable.sql may give: one a key, and a row's own faults before its parents'.
    """

    name: str
    package: str
    counted: str
    least: int
    most: int
    own_rows: Mapping[str, LiteralString]
    reasons: type[StrEnum]


@dataclass(frozen=True)
class Changes:
    """Rows changed by one round, per source table; a row counts once.

    ``unmarked`` are those of ``updated`` that no time of change tells of: their table has none, or
    the program that wrote them did not set it.
    """

    inserted: Mapping[str, int]
    updated: Mapping[str, int]
    unmarked: Mapping[str, int]
    deleted: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(sum(kind.values()) for kind in (self.inserted, self.updated, self.deleted))


def make_source(organisation: Organisation, url: str, *, size: int, seed: int) -> None:
    """Make the old system's tables and rows in the empty database behind ``url``, in one transaction.

    The same size and seed give the same rows; the server computes them. The old programs write as the
    role ``<name>_app``, which is made where that is allowed. Raises Terminal for a size or a seed out of
    range and for a database that has tables.
    """
    name, least, most = organisation.name, organisation.least, organisation.most
    if not least <= size <= most:
        raise Terminal(f"{name} is made with {least} to {most} {organisation.counted}, not {size}")
    if not 0 <= seed < 2**31:
        raise Terminal(f"{name} takes a seed from 0 to {2**31 - 1}, not {seed}")
    with psycopg.connect(url, options=_OPTIONS) as connection:
        _refuse_unless_empty(connection, name)
        connection.execute(_script(organisation, "source.sql"))
        role = f"{name}_app"
        connection.execute(sql.SQL(_PROGRAMS).format(role=sql.Identifier(role), name=sql.Literal(role)))
        connection.execute(sql.SQL(_HELPERS).format(size=sql.Literal(size), seed=sql.Literal(seed)))
        connection.execute(_script(organisation, "source_rows.sql"))
        connection.execute("analyze")


def make_target(organisation: Organisation, url: str) -> None:
    """Make the new system's schema, and the few rows of its own, in the empty database behind ``url``.

    Raises Terminal for a database that has tables.
    """
    with psycopg.connect(url, options=_OPTIONS) as connection:
        _refuse_unless_empty(connection, organisation.name)
        connection.execute(_script(organisation, "target.sql"))


def make_staging(organisation: Organisation, url: str) -> None:
    """Make the new system's schema with what was set up ahead, in the empty database behind ``url``.

    Raises Terminal for a database that has tables.
    """
    make_target(organisation, url)
    with psycopg.connect(url, options=_OPTIONS) as connection:
        connection.execute(_script(organisation, "staging.sql"))


def make_training(organisation: Organisation, url: str) -> None:
    """Make the new system's schema without a row, for a training copy, in the empty database behind ``url``.

    Raises Terminal for a database that has tables.
    """
    make_target(organisation, url)
    with psycopg.connect(url, options=_OPTIONS) as connection:
        query: LiteralString = "select tablename from pg_tables where schemaname = 'public'"
        names = [sql.Identifier(name) for (name,) in connection.execute(query).fetchall()]
        connection.execute(sql.SQL("truncate {} restart identity").format(sql.SQL(", ").join(names)))


def live_changes(organisation: Organisation, source_url: str, *, seed: int, round: int) -> Changes:
    """Do one round of a working day in the old system, in one transaction.

    The same seed and round on the same rows do the same. Rounds count from 1 and each is done once,
    in rising order. Raises Terminal for a round that was done before, or one out of range.
    """
    if not 1 <= round <= _ROUNDS:
        raise Terminal(f"{organisation.name}'s rounds go from 1 to {_ROUNDS}, not {round}")
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in ("insert", "update", "unmarked", "delete")}
    values: dict[str, Any] = {"seed": seed, "round": round, "first": _NEW + round * 10_000}
    with psycopg.connect(source_url, options=_OPTIONS) as connection:
        for kind, table, statement in _steps(organisation, "changes.sql"):
            done = connection.execute(statement, values)
            if kind == "refuse":
                if done.fetchone() is not None:
                    raise Terminal(
                        f"round {round} of {organisation.name}'s live changes was done before, or a later one:"
                        " give the next"
                    )
            elif kind == "choose":
                chosen = [row[0] for row in done]
                values |= {group: chosen[place :: len(_GROUPS)] for place, group in enumerate(_GROUPS)}
            else:
                counts[kind][table] += done.rowcount
                if kind == "unmarked":
                    counts["update"][table] += done.rowcount
    return Changes(*(dict(+counts[kind]) for kind in ("insert", "update", "unmarked", "delete")))


def clean(organisation: Organisation, source_url: str, *, seed: int, after: str) -> int:
    """What people put right in the old system after a pass ('initial', 'mid_cycle'), in one transaction; gives rows.

    After 'initial' it is most of what was planted. After 'mid_cycle' it is more, and then an import undoes what was
    right in one row: ``seed`` decides which. A time of change tells of what has another key, or is wanted again.
    """
    done = 0
    with psycopg.connect(source_url, options=_OPTIONS) as connection:
        for kind, _, statement in _steps(organisation, "cleaning.sql"):
            if kind == after or (kind == "slip" and after == "mid_cycle"):
                done += connection.execute(statement, {"seed": seed}).rowcount
    return done


def unmigratable(organisation: Organisation, source_url: str, target_url: str) -> dict[str, dict[tuple[str, ...], str]]:
    """Target table -> key -> reason, for every row that cannot arrive, as both sides stand now.

    A key is the text of the target's key columns (``column::text``), NULL where a column is null.
    Every row of a duplicated key is lost: such a key stands here once, and the rows behind it are
    counted by ``rows_lost``. Tables that lose nothing are not here. Both sides are only read.
    """
    lost: dict[str, dict[tuple[str, ...], str]] = {}
    for table, key, reason in _judge(organisation, source_url, target_url):
        lost.setdefault(table, {})[key] = reason
    return lost


def rows_lost(organisation: Organisation, source_url: str, target_url: str) -> dict[str, int]:
    """Target table -> source rows that cannot arrive; more than keys where keys stand twice."""
    return dict(Counter(table for table, _, _ in _judge(organisation, source_url, target_url)))


def _judge(organisation: Organisation, source_url: str, target_url: str) -> list[tuple[str, tuple[str, ...], str]]:
    with psycopg.connect(target_url, options=_OPTIONS) as target:
        own = {name: [row[0] for row in target.execute(query)] for name, query in organisation.own_rows.items()}
    with psycopg.connect(source_url, options=_OPTIONS) as source:
        rows = source.execute(_script(organisation, "unmigratable.sql"), own).fetchall()
    reason_of = organisation.reasons
    return [(table, tuple(NULL if p is None else p for p in key), reason_of(why)) for table, key, why in rows]


def _steps(organisation: Organisation, script: str) -> list[tuple[str, str, LiteralString]]:
    """The statements of changes.sql or cleaning.sql in order, each with its kind and table out of the line above it.

    In changes.sql ``refuse`` gives a row if the round was done before; ``choose`` gives the keys of the ordinary rows
    that the round touches, which are dealt to the groups in turn. The others change rows.
    """
    steps: list[tuple[str, str, LiteralString]] = []
    for part in _script(organisation, script).split("\n-- ")[1:]:
        head, statement = part.split("\n", 1)
        kind, table = head.split()
        steps.append((kind, table, statement))
    return steps


def _script(organisation: Organisation, name: str) -> LiteralString:
    """The text of one of the organisation's .sql files: a literal, though it stands in a file of its own."""
    return resources.files(organisation.package).joinpath(name).read_text(encoding="utf-8")


def _refuse_unless_empty(connection: psycopg.Connection[Any], name: str) -> None:
    query: LiteralString = "select min(tablename), current_database() from pg_tables where schemaname = 'public'"
    row = connection.execute(query).fetchone()
    if row is not None and row[0] is not None:
        raise Terminal(f"database {row[1]} is not empty: it has the table {row[0]}. Give {name} an empty one")
