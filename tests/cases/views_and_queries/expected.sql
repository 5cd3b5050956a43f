select id, v from base where not gone union all select id % 100, count(*)::text from base group by 1
-- target
select id, v from a union all select id, n::text from b
