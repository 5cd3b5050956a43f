do $$ begin execute 'create table t (id int primary key, ' || (select string_agg('c' || n || ' text', ', ' order by n) from generate_series(1, 500) n) || ')'; end $$;
insert into t (id, c1, c500) select n, 'first', 'last' from generate_series(1, 50) n;
