create table t (id int primary key, a point, b line, c lseg, d box, e path, f polygon, g circle);
