select * from t union all select * from u where id <> 1
-- target
select * from t union all select * from u
