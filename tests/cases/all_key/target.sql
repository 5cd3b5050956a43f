create table t (a int, b text, primary key (a, b));
