update t set a = null where id = 1;
update t set a = '' where id = 2;
update t set f = E'\u00e9' where id = 5;
