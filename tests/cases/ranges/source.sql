create type floats as range (subtype = float8, subtype_diff = float8mi);
create table t (id int primary key, a int4range, b numrange, c tstzrange, d daterange, e int8multirange, f floats, g datemultirange, h nummultirange);
insert into t values
  (1, '[1,5)', '[1.0,2.00]', '[2025-01-01,infinity)', '[2025-01-01,2025-02-01]', '{[1,3),[5,9)}', '[0.1,0.2)', '{}', '{[1.0,2.0]}'),
  (2, 'empty', '(,)', 'empty', '(,infinity]', '{}', 'empty', null, null),
  (3, '(,)', '(,1.5]', null, null, null, '(,)', null, null);
