update t set day = day + 366 where id = 5;
update t set v = 'w' where id = 6;
delete from t where id = 7;
