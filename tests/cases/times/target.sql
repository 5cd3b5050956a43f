create table t (id int primary key, a date, b time, c timetz, d timestamp, e timestamptz, f interval, g timestamptz(0), h interval day to second(3));
