"""The proof of a freeze: writes of no row, which must be rejected, by every role that may be assumed.

A statement-level trigger fires for a statement of no row too, so a probe is rejected as a real write
would be and could harm nothing if it were not. The probes of a role run on the server, in one
transaction that is rolled back, each in a subtransaction that gives its lock back at once.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from golive.databases.freezing import Proof, RoleProof
from golive.databases.postgresql.freeze_catalog import IN_THE_WAY, Table, tables, writers
from golive.errors import FreezeRefused

Connection = psycopg.Connection[Any]

PROBE_LOCK_MS = 1000

# What each role may do, for roles that can reach the schema. A column for the UPDATE, since a role
# may have the right to some columns only.
_RIGHTS: LiteralString = """
select r.rolname, c.oid::bigint, has_any_column_privilege(r.oid, c.oid, 'INSERT'),
       case when has_any_column_privilege(r.oid, c.oid, 'UPDATE') then (
         select a.attname from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           and has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')
         order by a.attnum limit 1) end,
       has_table_privilege(r.oid, c.oid, 'DELETE'),
       array(select w.ev_type::text from pg_rewrite w where w.ev_class = c.oid and w.is_instead)
from pg_roles r cross join pg_class c
where c.oid = any(%s::oid[]) and has_schema_privilege(r.oid, c.relnamespace, 'USAGE')
order by r.rolname <> current_user, r.rolname, c.oid
"""

_RUN: LiteralString = """
do $probe$
declare
  probe record;
  ended text;
  who text;
  results jsonb := '[]';
begin
  for probe in select ordinality, value as statement
               from jsonb_array_elements_text(current_setting('golive.probes')::jsonb) with ordinality loop
    begin
      execute probe.statement;
      ended := 'passed';
    exception when others then
      get stacked diagnostics ended = returned_sqlstate, who = constraint_name;
      if ended = '25006' and who = 'golive_freeze' then
        ended := 'rejected';
      end if;
    end;
    results := results || to_jsonb(ended);
  end loop;
  perform set_config('golive.results', results::text, true);
end
$probe$
"""


def prove(connection: Connection, *, limit_seconds: int) -> Proof:
    """Try to write, with no row, as every role that may be assumed; always rolled back.

    TRUNCATE is proven by the catalogue alone, for a real one would wait for every reader. A foreign
    table is too: its probe would reach out to another server. So is a write that a rule rewrites
    before any trigger can see it.
    """
    deadline = time.monotonic() + limit_seconds
    connection.execute("set default_transaction_read_only = off")
    found = {table.oid: table for table in tables(connection)}
    bare = [str(table) for table in found.values() if not table.stands]
    if bare:
        raise FreezeRefused(f"the catalogue shows no trigger of the freeze in force on {', '.join(bare)}")
    probes, not_probed = _plan(connection, found)
    roles: list[RoleProof] = []
    for role, planned in probes.items():
        if roles and time.monotonic() >= deadline:
            not_probed.append(f"role {role}: the time was over")
            continue
        left = planned
        rejected = 0
        while left:
            ended = _run(connection, role, [statement for _, statement in left])
            if ended is None:
                not_probed.append(f"role {role}: cannot be assumed")
                break
            pairs = list(zip(left, ended, strict=True))
            passed = sorted({str(found[oid]) for (oid, _), how in pairs if how == "passed"})
            if passed:
                raise FreezeRefused(f"a write of no row by role {role} was not rejected on {', '.join(passed)}")
            rejected += ended.count("rejected")
            not_probed += [
                f"role {role} on {found[oid]}: SQLSTATE {how}"
                for (oid, _), how in pairs if how not in ("rejected", "55P03")
            ]
            left = [probe for probe, how in pairs if how == "55P03"]
            if left and time.monotonic() >= deadline:
                table = found[left[0][0]]
                who = ", ".join(writers(connection, IN_THE_WAY, table.oid).values()) or "a lock that is gone now"
                raise FreezeRefused(f"the freeze of {table} could not be proven within {limit_seconds} s: {who}")
        else:
            roles.append(RoleProof(role, len(planned), rejected))
    not_probed.append("TRUNCATE: a real one would wait for every reader")
    return Proof(tuple(roles), tuple(not_probed), len(found))


def _plan(connection: Connection, found: dict[int, Table]) -> tuple[dict[str, list[tuple[int, str]]], list[str]]:
    """The probes by role, our own first, and what cannot be probed."""
    probes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    not_probed = [f"{table}: a foreign table" for table in found.values() if table.foreign]
    ruled = set()
    oids = [table.oid for table in found.values() if not table.foreign]
    for role, oid, may_insert, column, may_delete, rules in connection.execute(_RIGHTS, (oids,)).fetchall():
        table = found[oid]
        # The event types of pg_rewrite: 2 is UPDATE, 3 INSERT, 4 DELETE.
        wanted: list[tuple[str, sql.Composed]] = []
        if may_insert:
            wanted.append(("3", sql.SQL("insert into {} select where false").format(table.identifier)))
        if column is not None:
            wanted.append(("2", sql.SQL("update {} set {} = default where false").format(
                table.identifier, sql.Identifier(column)
            )))
        if may_delete:
            wanted.append(("4", sql.SQL("delete from {} where false").format(table.identifier)))
        probes[role] += [(oid, statement.as_string(connection)) for kind, statement in wanted if kind not in rules]
        if any(kind in rules for kind, _ in wanted):
            ruled.add(str(table))
    not_probed += [f"{name}: a rule rewrites its writes" for name in sorted(ruled)]
    return {role: planned for role, planned in probes.items() if planned}, not_probed


def _run(connection: Connection, role: str, statements: list[str]) -> list[str] | None:
    """How each statement ended: 'rejected' by the freeze, 'passed', or an SQLSTATE; None if the role is not ours."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            "select set_config('lock_timeout', %s, true), set_config('golive.probes', %s, true)",
            (str(PROBE_LOCK_MS), json.dumps(statements)),
        )
        try:
            with connection.transaction():
                connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
                connection.execute(_RUN)
        except psycopg.errors.InsufficientPrivilege:
            return None
        row = connection.execute("select current_setting('golive.results')").fetchone()
    assert row is not None
    results: list[str] = json.loads(row[0])
    return results
