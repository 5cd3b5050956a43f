create extension hstore; create extension citext;
create table t (id int primary key, a json, b jsonb, d tsvector, e tsquery, f hstore, g citext, h jsonpath);
