create type filler as enum ('a', 'b');
create type mood as enum ('high', 'mid', 'new', 'low');
create table t (id mood primary key, v mood, w mood[], s mood);
