create extension hstore; create extension citext;
create table t (id int primary key, a json, b jsonb, d tsvector, e tsquery, f hstore, g citext, h jsonpath);
insert into t values
  (1, '{"b": 1,   "a": 1.0, "a": 2}', '{"b": 1, "a": 1.0, "c": "\u20ac"}', 'a:1A fat:2 cat''s:3', 'fat & !rat', 'a=>1, b=>NULL, "c d"=>""', 'MiXed', '$.a[*] ? (@ > 1)'),
  (2, 'null', 'null', '', null, '', '', '$'),
  (3, '[]', '1.00', null, null, null, 'mixed', null),
  (4, null, null, null, null, null, null, null);
