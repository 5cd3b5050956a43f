create table t (id int primary key, a int, b real, c double precision, d timestamptz, e bigint, f int, g int);
