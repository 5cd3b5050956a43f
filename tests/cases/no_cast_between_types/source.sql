create table t (id int primary key, d bigint, e bytea);
