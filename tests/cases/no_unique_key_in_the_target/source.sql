create table t (id int primary key, v text);
insert into t select n, 'v' from generate_series(1, 2500) n;
