update t set b = '13' where id = 3;
update t set h = 'toolong' where id = 1;
