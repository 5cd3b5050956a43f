create type other as (x int);
create domain positive as int check (value > 0);
create domain small as positive check (value < 50);
create domain code as varchar(3) not null;
create type pair as (a int, b text);
create type nested as (p pair, q small[]);
create table t (id small primary key, c code, d nested, e pair[], f positive[]);
