create table t (a int, b text, primary key (a, b));
insert into t select n, 'x' || n % 7 from generate_series(1, 2500) n;
