update t set f = '30 days' where id = 1;
update t set f = '1 mon' where id = 2;
update t set a = '0044-03-15 BC' where id = 5;
