select * from t where id not in (2, 60)
-- target
select * from t
