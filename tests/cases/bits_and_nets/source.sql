create table t (id int primary key, a bit(8), b bit varying(9), c bytea, d uuid, e inet, f cidr, g macaddr, h macaddr8, i pg_lsn, j oid, k bit, l xid8, m varbit);
insert into t values
  (1, B'00000001', B'1', '\x', gen_random_uuid(), '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '16/B374D848', 4294967295, B'1', '18446744073709551615', B''),
  (2, B'11111111', B'', '\x00ff5c0a2c', '00000000-0000-0000-0000-000000000000', '::1', '::/0', null, null, '0/0', 0, B'0', '1', B'0000000000000000001'),
  (3, null, null, null, null, '192.168.0.1', null, null, null, null, null, null, null, null);
