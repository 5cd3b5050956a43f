create table t (id int primary key, d timestamptz, e uuid);
