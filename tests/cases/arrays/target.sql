create table t (id int primary key, a int[], b text[], c numeric(8, 2)[], d date[], e bytea[], f bool[], g float8[], h varchar(4)[], i char(3)[], j timestamptz[], k jsonb[]);
