create table t (id int primary key, a numeric, b numeric(10, 4), c text, d timestamp, e double precision, f bigint, g numeric[], h interval, i text, j timestamptz, k numeric);
