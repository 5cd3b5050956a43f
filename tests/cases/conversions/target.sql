create table t (id bigint primary key, a bigint, b int, c date, d text, e text, f text, g double precision, h varchar(3), i smallint, j numeric(6, 2), k timestamp, l timestamp, m text);
