create table t (id int primary key, a date, b time, c timetz, d timestamp, e timestamptz, f interval, g timestamptz(0), h interval day to second(3));
insert into t values
  (1, 'infinity', '24:00', '24:00+15:59', 'infinity', 'infinity', '1 mon', '2025-01-01', '1 day 1.123'),
  (2, '-infinity', '00:00', '00:00-15:59', '-infinity', '-infinity', '30 days', null, null),
  (3, '4713-01-01 BC', '23:59:59.999999', '12:00+00', '4713-01-01 BC', '4713-01-01 BC', '-1 day +23:59', null, null),
  (4, '5874897-12-31', null, null, '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999', '178000000 years', null, null),
  (5, '0001-01-01', '12:34:56.7', '12:34:56.7+05:30', '12345-06-07 08:09:10', '12345-06-07 08:09:10+03', '1 year 2 mons 3 days 04:05:06.000007', null, null),
  (6, null, null, null, null, null, null, null, null);
