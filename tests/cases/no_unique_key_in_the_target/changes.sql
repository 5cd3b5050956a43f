update t set v = 'w' where id % 10 = 0;
delete from t where id = 5;
