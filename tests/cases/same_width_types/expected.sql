select id, a::int as a, b::real as b, c::float8 as c, to_timestamp(d) as d, e::bigint as e, f::int as f, g::int as g from t
-- target
select * from t
