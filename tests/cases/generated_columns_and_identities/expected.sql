select id, n, n * 2 as twice, 7 as also from t union all select id, n, 0, 0 from u
-- target
select * from t union all select id, n, 0, 0 from u
