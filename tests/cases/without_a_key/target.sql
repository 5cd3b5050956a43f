create table t (a int, b text, c text default 'ours');
