create table t (id int primary key, a point, b line, c lseg, d box, e path, f polygon, g circle);
insert into t values
  (1, '(1.5,-0)', '{1,2,3}', '[(0,0),(1,1)]', '(2,2),(1,1)', '[(0,0),(1,1)]', '((0,0),(1,0),(1,1))', '<(1,2),3>'),
  (2, '(NaN,Infinity)', null, null, null, '((0,0),(1,1))', null, '<(0,0),0.1>');
