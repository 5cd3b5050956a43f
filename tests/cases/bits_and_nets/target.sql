create table t (id int primary key, a bit(8), b bit varying(9), c bytea, d uuid, e inet, f cidr, g macaddr, h macaddr8, i pg_lsn, j oid, k bit, l xid8, m varbit);
