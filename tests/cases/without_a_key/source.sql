create table t (a int, b text);
insert into t select n % 3, 'x' from generate_series(1, 1500) n;
insert into t values (null, null), (null, null);
