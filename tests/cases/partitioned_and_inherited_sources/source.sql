create table t (id int primary key, v text) partition by range (id);
create table t_a partition of t for values from (0) to (1000);
create table t_b partition of t default;
create table u (id int primary key, v text);
create table u_child () inherits (u);
insert into t select n, 'v' from generate_series(1, 3000) n;
insert into u values (1, 'parent'), (2, 'once'); insert into u_child values (1, 'child too'), (3, 'child');
