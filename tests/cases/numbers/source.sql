create table t (id int primary key, a numeric, b numeric(20, 4), c real, d double precision, e smallint, f bigint, g money);
insert into t values
  (1, 'NaN', 'NaN', 'NaN', 'NaN', -32768, -9223372036854775808, '-92233720368547758.08'),
  (2, 'Infinity', 1.5, 'Infinity', 'Infinity', 32767, 9223372036854775807, '92233720368547758.07'),
  (3, '-Infinity', -0.0001, '-Infinity', '-Infinity', 0, 0, '0'),
  (4, 1.00, 0, '-0', '-0', null, null, null),
  (5, 1.0000, 0.0000, 0, 0, 1, 1, '1'),
  (6, 1e-300, null, 1e-45, 5e-324, 1, 1, '1'),
  (7, 1e300, 9999999999999999.9999, 3.4028235e38, 1.7976931348623157e308, 1, 1, '1'),
  (8, null, null, 0.1, 0.1, 1, 1, '1');
