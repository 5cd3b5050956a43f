select * from t where id <> 9001
-- target
select * from t
