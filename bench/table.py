"""The table that is copied: every common type, made inside the server from the row's number."""

NAME = "bench_rows"

DDL = f"""
create table {NAME} (
  id bigint primary key, student_no integer not null, school_id integer not null, term smallint not null,
  amount numeric(12,2) not null, balance numeric(12,2), status varchar(20) not null, full_name varchar(120) not null,
  notes text, born date, updated_at timestamptz not null, active boolean not null, ratio double precision,
  attrs jsonb, external_ref uuid, checked_in timestamp)
"""

ROWS = f"""
insert into {NAME}
select g, g * 7919 %% 1000003, g %% 997, g %% 9 + 1, (g * 104729 %% 100000000) / 100.0,
  case when g %% 5 <> 0 then (g * 15485863 %% 20000000) / 100.0 - 100000 end,
  (array['active', 'withdrawn', 'graduated', 'pending', 'suspended'])[g %% 5 + 1],
  (array['José Müller', 'Anna O''Neil', '李小龍 Wang', 'Łukasz Żółć', 'Jane Doe'])[g %% 5 + 1] || ' ' || g,
  case when g %% 3 <> 0 then 'Note ' || md5(g::text) || case when g %% 50 = 1 then E'\\n\\ttab' else '' end end,
  case when g %% 11 <> 0 then date '1990-01-01' + (g %% 10000)::int end,
  timestamptz '2026-01-01 00:00:00+00' + g * interval '1 second', g %% 2 = 0, case when g %% 7 <> 0 then g / 7.0 end,
  case when g %% 4 = 0 then jsonb_build_object('row', g, 'tags', jsonb_build_array('a', 'b')) end,
  case when g %% 2 = 0 then md5(g::text)::uuid end, timestamp '2026-01-01 08:00' + g * interval '1 minute'
from generate_series(1::bigint, %s::bigint) g
"""

SAME = f"""
select count(*), sum(hash_record_extended(r, 0))::text from (
  select id, student_no, school_id, term, amount::text, balance::text, status, full_name, notes, born, updated_at,
         active, ratio::text, attrs::text, external_ref, checked_in from {NAME}) r
"""
