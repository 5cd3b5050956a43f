create table t (id int, day date, v text, primary key (id, day));
insert into t select n, date '2024-01-01' + n % 730, 'v' from generate_series(1, 2000) n;
insert into t values (9001, '2031-01-01', 'nowhere');
