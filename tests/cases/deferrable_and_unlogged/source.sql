create table p (id int primary key, child int);
create table c (id int primary key, p int, pos int);
insert into p select n, case when n > 750 then n end from generate_series(1, 1500) n;
insert into c select n, case when n <= 750 then n end, n from generate_series(1, 1500) n;
insert into c values (1501, 9999, 1501);
insert into p values (1501, 9998);
