update t set a = '(1.5,0)' where id = 1;
update t set e = '[(0,0),(1,1)]' where id = 2;
