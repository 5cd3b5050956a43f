update t set b = '[1.00,2.00]' where id = 1;
update t set a = '[2,2]' where id = 2;
