do $$ begin execute 'create table t (id int primary key, ' || (select string_agg('c' || n || ' text', ', ' order by n) from generate_series(1, 500) n) || ')'; end $$;
