create table t (id int primary key, a numeric(10, 2), b numeric(10, 2), c numeric(10, 2), d timestamp(0), e real, f double precision, g numeric(5, 1)[], h interval(0), i name, j date, k int);
