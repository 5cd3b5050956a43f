update t set n = -n where id % 100 = 0;
delete from u where id = 4;
insert into u values (3, 3);
