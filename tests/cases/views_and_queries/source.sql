create table base (id int primary key, v text, gone bool default false);
create view seen as select id, v from base where not gone;
insert into base select n, 'v' || n, n % 5 = 0 from generate_series(1, 1000) n;
