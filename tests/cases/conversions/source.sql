create table t (id int primary key, a int, b text, c text, d bool, e int, f char(6), g real, h varchar, i int, j text, k date, l timestamptz, m uuid);
insert into t values
  (1, 5, '12', '2025-01-31', true, 7, 'ab', 1.5, 'abc', 9, '1.25', '2025-01-01', '2025-07-01 12:00+00', '00000000-0000-0000-0000-000000000001'),
  (2, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (3, 5, 'twelve', null, false, 7, null, 0.1, 'abc', 9, '1', 'infinity', null, null),
  (4, 5, '12', '31.02.2025', false, 7, null, 0.1, 'abc', 9, '1', null, null, null),
  (5, 5, '12', null, false, 7, null, 0.1, 'abcd', 9, '1', null, null, null),
  (6, 5, '12', null, false, 7, null, 0.1, 'abc', 99999, '1', null, null, null),
  (7, 5, '12', null, false, 7, null, 0.1, 'abc', 9, '12345.6', null, null, null),
  (8, 5, ' 12 ', '2025-1-1', false, 7, 'x', 0.1, 'abc', -9, '-0.50', null, '2025-01-01 00:30+01', null);
