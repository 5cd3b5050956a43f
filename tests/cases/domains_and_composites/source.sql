create domain positive as int check (value > 0);
create domain small as positive check (value < 100);
create domain code as varchar(3) not null;
create type pair as (a int, b text);
create type nested as (p pair, q small[]);
create table t (id small primary key, c code, d nested, e pair[], f positive[]);
insert into t values
  (1, 'abc', row(row(1, 'x,"y" \ (z)'), '{1,2}'), array[row(1, null)::pair, null], '{1}'),
  (2, '', row(row(null, ''), '{60}'), null, null),
  (60, 'x', null, null, null), (3, 'y', null, '{}', '{}');
