create table t (id int primary key, a text, b int, c bigint, d bigint, e double precision, f real, g oid);
insert into t values (1, '1234', 1, 1, 1, 1.0, 1.0, 1), (2, '9876', -7, 2, 1700000000, 3.0, 16777216, 7), (3, null, null, null, null, null, null, null);
