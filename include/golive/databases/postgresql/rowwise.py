"""The last resort of a merge: one server-side loop that catches what the set could not take.

Page of staging by page as a set, and row by row only the pages that hold a refused row: a few bad
rows in a chunk cost a few pages of single statements, not all of it.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from golive.databases.postgresql.copy import OF_VALUES
from golive.databases.postgresql.fragments import Fragment, joined, raw
from golive.databases.postgresql.staging import (
    REFUSED,
    STAGE,
    assigned,
    insert,
    not_refused,
    same_key,
    staged_key,
    update,
)
from golive.databases.relation import Relation

Connection = psycopg.Connection[Any]
SQL = sql.SQL

# Variables carry a prefix that no column of a real table has. A refusal that another row may cure (a
# parent, a freed unique value) is tried again until a pass cures none. The plans are made once, for
# a table that may still be empty: without a word against it they would scan it for every row.
_LOOP = """
declare
  golive_place tid;
  golive_from tid;
  golive_to tid;
  golive_waiting tid[] := array[]::tid[];
  golive_still tid[];
  golive_n bigint;
  golive_m bigint;
  golive_updated bigint := 0;
  golive_inserted bigint := 0;
  golive_why text;
  golive_curable boolean;
  golive_its_constraint text;
  golive_its_column text;
begin
  set local enable_seqscan = off;
  for golive_page in 0 .. pg_relation_size('{stage}') / current_setting('block_size')::int - 1 loop
    golive_from := ('(' || golive_page || ',0)')::tid;
    golive_to := ('(' || golive_page + 1 || ',0)')::tid;
    begin
      {update_page};
      get diagnostics golive_n = row_count;
      {insert_page};
      get diagnostics golive_m = row_count;
      golive_updated := golive_updated + golive_n;
      golive_inserted := golive_inserted + golive_m;
    exception when others then
      if not (left(sqlstate, 2) = any ({states}) or sqlstate = 'P0001') then raise; end if;
      golive_waiting := golive_waiting || array(
        select s.ctid from {stage} s where ctid >= golive_from and ctid < golive_to and {left});
    end;
  end loop;
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
  set local enable_seqscan = on;
  perform set_config('golive.merged', golive_updated || ' ' || golive_inserted, true);
end
"""


def by_row(connection: Connection, target: Relation) -> tuple[int, int]:
    """Write the staged rows that are not refused yet; returns (updated, inserted), refusals go beside staging."""
    nothing = SQL("perform 1 where false")
    one = SQL("(select * from {} where ctid = golive_place) s").format(STAGE)
    page = SQL("(select * from {} s where ctid >= golive_from and ctid < golive_to and {}) s").format(
        STAGE, not_refused()
    )
    body = SQL(_LOOP).format(
        stage=STAGE,
        refused=REFUSED,
        left=not_refused(),
        update_page=update(target, page, SQL("true")) or nothing,
        insert_page=insert(target, _absent(target, page)),
        update=update(target, one, SQL("true")) or nothing,
        insert=insert(target, _absent(target, one)),
        key=SQL("(select {} from {})").format(staged_key(target), one),
        states=sql.Literal([state for state in OF_VALUES if len(state) == 2]),
    )
    connection.execute(SQL("do {}").format(sql.Literal(body.as_string(connection))))
    counts = connection.execute("select current_setting('golive.merged')").fetchone()
    assert counts is not None
    updated, inserted = counts[0].split()
    return int(updated), int(inserted)


def _absent(target: Relation, rows: Fragment) -> sql.Composed:
    every = joined(assigned(target, column) for column in target.columns)
    return SQL("select {} from {} where not exists (select from {} where {})").format(
        every, rows, raw(target.from_item), same_key(target)
    )
