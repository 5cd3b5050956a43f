delete from t where ctid = (select ctid from t where a = 1 limit 1);
