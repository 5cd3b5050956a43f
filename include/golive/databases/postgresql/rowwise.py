"""The last resort of a merge: one server-side loop that catches row by row what the set could not take."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from golive.databases.postgresql.copy import OF_VALUES
from golive.databases.postgresql.fragments import joined, raw
from golive.databases.postgresql.staging import REFUSED, STAGE, assigned, insert, same_key, staged_key, update
from golive.databases.relation import Relation

Connection = psycopg.Connection[Any]
SQL = sql.SQL

# Variables carry a prefix that no column of staging or of a real table has. A refusal that another
# row may cure (a parent, a freed unique value) is tried again until a pass cures none.
_LOOP = """
declare
  golive_place tid;
  golive_waiting tid[];
  golive_still tid[];
  golive_n bigint;
  golive_updated bigint := 0;
  golive_inserted bigint := 0;
  golive_why text;
  golive_curable boolean;
  golive_its_constraint text;
  golive_its_column text;
begin
  golive_waiting := array(select ctid from {stage} s where not exists (select from {refused} r where r.place = s.ctid));
  loop
    golive_still := array[]::tid[];
    delete from {refused} where reason = 'again';
    foreach golive_place in array golive_waiting loop
      begin
        {update};
        get diagnostics golive_n = row_count;
        golive_updated := golive_updated + golive_n;
        if golive_n = 0 then
          {insert};
          get diagnostics golive_n = row_count;
          golive_inserted := golive_inserted + golive_n;
        end if;
      exception when others then
        get stacked diagnostics golive_why = returned_sqlstate,
          golive_its_constraint = constraint_name, golive_its_column = column_name;
        if not (left(golive_why, 2) = any ({states}) or golive_why = 'P0001') then raise; end if;
        golive_curable := golive_why in ('23503', '23505');
        if golive_curable then golive_still := golive_still || golive_place; end if;
        insert into {refused} values (
          golive_place, {key}, case when golive_curable then 'again' else 'refused' end, golive_why,
          coalesce(nullif(golive_its_constraint, ''), nullif(golive_its_column, '')), golive_curable);
      end;
    end loop;
    exit when cardinality(golive_still) in (0, cardinality(golive_waiting));
    golive_waiting := golive_still;
  end loop;
  update {refused} set reason = 'refused' where reason = 'again';
  perform set_config('golive.merged', golive_updated || ' ' || golive_inserted, true);
end
"""


def by_row(connection: Connection, target: Relation) -> tuple[int, int]:
    """Write the staged rows that are not refused yet; returns (updated, inserted), refusals go beside staging."""
    one = SQL("(select * from {} where ctid = golive_place) s").format(STAGE)
    absent = SQL("select {} from {} where not exists (select from {} where {})").format(
        joined(assigned(target, column) for column in target.columns), one, raw(target.from_item), same_key(target)
    )
    body = SQL(_LOOP).format(
        stage=STAGE,
        refused=REFUSED,
        update=update(target, one, SQL("true")) or SQL("perform 1 where false"),
        insert=insert(target, absent),
        key=SQL("(select {} from {})").format(staged_key(target), one),
        states=sql.Literal([state for state in OF_VALUES if len(state) == 2]),
    )
    connection.execute(SQL("do {}").format(sql.Literal(body.as_string(connection))))
    counts = connection.execute("select current_setting('golive.merged')").fetchone()
    assert counts is not None
    updated, inserted = counts[0].split()
    return int(updated), int(inserted)
