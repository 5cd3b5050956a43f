create type mood as enum ('low', 'mid', 'high');
create table t (id mood primary key, v mood, w mood[], s text);
insert into t values ('low', 'high', '{low,null}', 'mid'), ('mid', null, null, 'sad'), ('high', 'low', '{}', null);
