create table t (id int primary key, n int, twice int, also int);
create table u (id int primary key, n int);
insert into t select n, n, 0, 7 from generate_series(1, 2500) n;
insert into u select n * 2, n from generate_series(1, 10) n;
