create table t (id int primary key, a numeric, b numeric(20, 4), c real, d double precision, e smallint, f bigint, g money);
