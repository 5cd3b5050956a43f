update t set b = B'10' where id = 1;
update t set e = '192.168.0.1/16' where id = 1;
