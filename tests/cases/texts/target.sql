create table t (id int primary key, a text, b varchar(12), c char(5), d name, e "char", f text collate "C");
