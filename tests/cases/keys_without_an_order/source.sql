create table t (place point, v int);
create table u (id int primary key, doc json);
