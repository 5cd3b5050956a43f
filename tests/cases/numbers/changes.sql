update t set a = 1.0, d = 0 where id = 4;
update t set a = 1.00 where id = 5;
update t set c = 0.30000001 where id = 8;
