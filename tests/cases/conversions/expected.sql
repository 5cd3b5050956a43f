select id, a, b::int as b, c::date as c, d::text as d, e::text as e, f::text as f, g::float8 as g, h,
  i, j::numeric(6, 2) as j, k::timestamp as k, l at time zone 'Europe/Berlin' as l, m::text as m from t where id in (2, 3, 8)
-- target
select * from t where id <> 1
