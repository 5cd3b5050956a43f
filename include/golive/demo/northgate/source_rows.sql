-- The rows of the old system, computed from a customer's number and a seed, never from random().
-- organisation.py sets pg_temp.n() and pg_temp.pick(i, salt, m), a number in 0 .. m-1.
--
-- Customer i is number 1000 + i / 3 of company i % 3. Planted rows stand at fixed slots, which return
-- every 30,000 customers (9000 resellers), so that a slot always falls into the same company. A slot's last
-- digit is 1 to 6, so a customer whose i ends in 0, 7, 8 or 9 is ordinary, and so is all that hangs on
-- it. Every 97th customer is deleted softly, with all that hung on it gone.
--
-- What cannot be migrated, by table; the slot in brackets gives the count: one for every time it returns,
-- and what hangs on a lost row is lost with it.
--   code tables   a rate that is taken, one of zero, one without a number; an unknown licence model; attributes
--                 that are no JSON; a product code in two cases; a new name of a product that is none; three
--                 price lines (no number, no days, days that are taken) and one of a product that is lost
--   rslr          code taken (3), and the chain of two below it (6, 9); no such parent (4); discount (5); tier (7)
--   rslr_cont     those of lost resellers, by number
--   cust          company in two cases (1), name that is no Latin 1 (2), too long (3), country (4), none (5), no such
--                 reseller (6), reseller lost (12), deleted with its children left (13), VAT number taken (14);
--                 billing alone: address of mail (15), credit limit (16)
--   cust_cont     mail (21), telephone (22), no such customer (23), no name (24)
--   usr           login taken (25), flag (26), too long (31), no such customer (32)
--   ord_hd        status (33), total (34), deleted with its lines left (35), no such customer (36) or reseller (41)
--   ord_ln        quantity (42), product that is nowhere (43), price (44), amount without end (45)
--   rev_sch       booked twice (51), month (52), no such line (53), no number (54), no amount (55)
--   ent           ends before it begins (56), product (61), no begin (62), model (63), quantity (64), no such line (65),
--                 setting that is no truth (66)
--   lic           key of a dongle (71), wrong checksum in each of three formats (72, 73, 74), key taken (75), no such
--                 entitlement (76), no key (81)
--   act           without a licence (82), before time (83), address (84), no such licence (85), name of a host (86)
--   act_arch      without a licence (91)
--   rnw           no day (92), quote (93) with the renewal that follows it, status (94), no such renewal before it (95),
--                 reminders (96)

create function pg_temp.resellers() returns int language sql immutable as $$ select pg_temp.n() / 20 + 40 $$;
create function pg_temp.company(i bigint) returns text language sql immutable as
$$ select (array['US', 'DE', 'JP'])[1 + i % 3] $$;
create function pg_temp.company_name(i bigint) returns text language sql immutable as
$$ select (array['Müller & Söhne GmbH', 'Acme Ltd', 'Café Zoë SARL', 'Ελληνικό Λογισμικό', '株式会社 美咲', 'O''Brien plc', 'Smith; Sons, Inc.',
                 'Back\slash BV', E'Tab\tbed AB', ' Padded ', 'NULL', 'Żółw Sp. z o.o.', 'Über "quoted" AG', 'Ñandú S.A.', 'Plain Software',
                 'Foo, Bar & Co', 'ACME', 'Юлия ООО', '100% Cloud', E'e\u0301tude'])[1 + pg_temp.pick(i, 101, 20)] || ' ' || i $$;
create function pg_temp.person(i bigint) returns text language sql immutable as
$$ select (array['Ana', 'Ben', 'Chloe', 'María', 'José', 'Zoë', E'Zoe\u0308', 'D''Arcy', 'Noor', 'Ελένη', 'Юлия', '美咲', 'Sam', 'Ines'])[1 + pg_temp.pick(i, 102, 14)]
          || ' ' || (array['Nguyễn', 'O''Brien', 'García', 'Smith', 'van der Berg', 'Müller', 'Okafor', 'Kim', '山田', 'Null'])[1 + pg_temp.pick(i, 103, 10)] $$;
create function pg_temp.odd_text(i bigint) returns text language sql immutable as
$$ select (array[E'tab\tin the middle', E'two\nlines', E'crlf\r\nline', E'back\\slash', 'say "hello"', '', '\N', '\.', 'party 🎓', E'e\u0301 combines', ' padded ',
                 'NULL', '{"a": [1, 2]}', 'a,b;c|d', '%s %d {} $1', 'plain words', null])[1 + pg_temp.pick(i, 104, 17)] $$;
-- Seconds since 1970 of the last change: 2024-07-01 to 2026-02-22; one in twenty was never stamped.
create function pg_temp.stamp(i bigint, salt bigint) returns bigint language sql immutable as
$$ select case when pg_temp.pick(i, salt, 20) > 0 then 1719792000::bigint + pg_temp.pick(i, salt + 1, 52000000) end $$;
create function pg_temp.yes(i bigint) returns text language sql immutable as $$ select (array['T', '1', 'T'])[1 + pg_temp.pick(i, 105, 3)] $$;
create function pg_temp.no(i bigint) returns text language sql immutable as $$ select (array['F', '0', null])[1 + pg_temp.pick(i, 106, 3)] $$;
-- An amount as each company writes it: $1,234.50, 1.234,50 €, ¥1,234.
create function pg_temp.money(cents bigint, company text) returns text language sql immutable as
$$ select case company when 'DE' then translate(to_char(cents / 100.0, 'FM999,999,990.00'), ',.', '.,') || ' €'
                       when 'JP' then '¥' || to_char(cents / 100, 'FM999,999,990')
                       else '$' || to_char(cents / 100.0, 'FM999,999,990.00') end $$;
create function pg_temp.product(p bigint) returns text language sql immutable as $$ select 'P' || lpad(p::text, 4, '0') $$;
-- A product by its code, or by the one it had before.
create function pg_temp.product_written(i bigint) returns text language sql immutable as
$$ select case when p <= 12 and pg_temp.pick(i, 107, 2) = 0 then 'OLD-' || p else pg_temp.product(p) end from (select 1 + pg_temp.pick(i, 108, 40) as p) q $$;
-- A reseller of the same company that can be migrated, or none.
create function pg_temp.reseller(i bigint) returns int language sql immutable as
$$ select case when pg_temp.pick(i, 109, 4) > 0 then 10 + case when (q * 3 + i % 3) % 9000 < 10 then q - 4 else q end end
   from (select 4 + pg_temp.pick(i, 110, pg_temp.resellers() / 3 - 5) as q) r $$;
-- A licence key in the format of its time, each with its checksum; the digits never come twice.
create function pg_temp.digits_key(x bigint) returns text language sql immutable as
$$ select 'NG-' || left(d, 5) || '-' || right(d, 5) || '-' || lpad((d::bigint % 97)::text, 2, '0')
   from (select lpad((x * 1234567891 % 10000000000)::text, 10, '0') as d) k $$;
create function pg_temp.hex_key(x bigint) returns text language sql immutable as
$$ select 'NG2.' || h || '.' || upper(left(md5(h), 2)) from (select upper(left(md5('hex' || x), 16)) as h) k $$;
create function pg_temp.groups_key(x bigint) returns text language sql immutable as
$$ select g || '-' || upper(left(md5(g), 5))
   from (select upper(substr(m, 1, 5) || '-' || substr(m, 6, 5) || '-' || substr(m, 11, 5)) as g from (select md5('groups' || x) as m) h) k $$;

insert into co values ('US', 'Northgate Inc.', 'USD', 'T'), ('DE', 'Northgate GmbH', 'EUR', '1'), ('JP', 'Northgate K.K.', 'JPY', 'T'), ('ZZ', 'Northgate Ltd (sold)', 'GBP', 'F');
insert into sys_cfg values
    ('a', 'lower'), ('B', 'upper'), ('_x', 'underscore'), ('é', 'accent'), (E'e\u0301', 'combined'), ('quote''s', '"'), ('tab' || E'\t' || 'key', E'\t'),
    ('back\slash', '\'), ('vendor.name', 'Northgate'), ('empty', ''), ('nothing', null), ('xml', '<c a="1"/>'), ('🎓', 'emoji');
insert into mail_tmpl (lang, subj, body)
select (array['en', 'de', 'ja'])[1 + t % 3], 'Your licence ends in ' || t * 10 || ' days', pg_temp.odd_text(t * 31) from generate_series(1, 24) t;
insert into fx_rt
select cur, to_char(date '2020-01-01' + m * interval '1 month', 'YYYYMM'), base * (1 + pg_temp.pick(m * 3 + length(base::text), 111, 1000) / 7777.0)
from (values ('EUR', 1.08::float8), ('JPY', 0.0067), ('GBP', 1.27)) c (cur, base), generate_series(0, 73) m
union all
values ('USD', '202601', 1.0), ('USD', '202512', 0.0), ('USD', '202511', 'Infinity');

insert into prod
select pg_temp.product(p), (array['Editor', 'Server', 'Renderer', 'Optimiser', 'Viewer'])[1 + p % 5] || ' ' || p, (array['desktop', 'server', 'cloud'])[1 + p % 3],
       (array['N', 'F', 'S'])[1 + p % 3], case when p % 4 > 0 then '{"seats": ' || p || ',  "os": ["win", "mac"], "note": "caf\u00e9"}' when p % 8 = 0 then '' end,
       case when p % 6 = 0 then 1700000000::bigint + p * 86400 end, pg_temp.stamp(p, 112)
from generate_series(1, 40) p
union all
values ('P0041', 'Old Dongle', 'desktop', 'Z', null, null::bigint, null::bigint), ('P0042', 'Broken', 'server', 'N', '{seats: 5}', null, null),
       ('P0043', 'Typed twice', 'server', 'F', null, null, null), ('p0043', 'Typed twice', 'server', 'F', null, null, null);
insert into prod_map
select 'OLD-' || p, pg_temp.product(p), 1500000000 + p * 86400 from generate_series(1, 12) p
union all values ('OLD-GONE', 'P9999', 1500000000);

insert into pbk
select pg_temp.company(c) || kind, pg_temp.company(c), pg_temp.company(c) || ' ' || lower(kind), case when kind = 'LIST' then 'T' else '1' end
from generate_series(0, 2) c, (values ('LIST'), ('PART')) k (kind);
-- Two prices a product, the second without an end: NULL in one book, the last day of 9999 in the other.
insert into pbk_ln
select pb_cd, pg_temp.product(p), case when half = 1 and not wrong then 1577836800 else 1704067200 end,
       case when wrong then 1704067200 when half = 1 then 1704067200 when pb_cd like '%LIST%' then null else 253402214400 end,
       case when pb_cd = 'DELIST' and p = 5 and half = 2 then 'on request' else pg_temp.money(1000 + pg_temp.pick(p * 10 + half, 113, 2000000), trim(co)) end
from (select *, pb_cd = 'JPPART' and p = 6 and half = 2 as wrong from pbk, generate_series(1, 40) p, generate_series(1, 2) half) s
union all
values ('NVPILOT', 'CLOUD', 1772323200, null::bigint, '$99.00'), ('USLIST', 'P0042', 1577836800, null, '$1.00');

-- Most are led by the next number that ends in 0 (it comes later) or the one before, of the same company.
insert into rslr
select pg_temp.company(j), 10 + q, case when slot = 3 then 'Pilot ' else pg_temp.company(j) || '-' || lpad(q::text, 5, '0') end,
       trim(pg_temp.company_name(j * 13)),
       case slot when 6 then 9 + q when 9 then 9 + q when 8 then 10 + q when 4 then 900000 when 3 then null when 5 then null when 7 then null
                 else case when 3 * led + j % 3 between 10 and pg_temp.resellers() and (3 * led + j % 3) % 9000 >= 10 then 10 + led end end,
       case when slot = 7 then 'Z' else (array['G', 'S', 'B'])[1 + pg_temp.pick(j, 114, 3)] end,
       case when slot = 5 then 75 when j % 7 > 0 then pg_temp.pick(j, 115, 4000) / 100.0 end, case when j % 9 = 8 then 'F' else pg_temp.yes(j) end,
       pg_temp.stamp(j, 116)
from (select j, j / 3 as q, j % 9000 as slot, case when j / 3 % 100 = 0 then -1 when j / 3 % 10 = 0 then j / 300 * 100 + 100
                                                  when j / 3 % 2 = 0 then j / 30 * 10 + 10 else j / 30 * 10 end as led
      from generate_series(3, pg_temp.resellers()) j) s;
insert into rslr_cont
select co, rs_no, 1, pg_temp.person(rs_no * 7), 'desk' || rs_no || '@' || lower(trim(co)) || '.example', '555-' || pg_temp.pick(rs_no, 117, 10000) from rslr where rs_no % 4 < 3;

create temp table organisation on commit drop as
select i, i % 30000 as slot, pg_temp.company(i) as co, 1000 + i / 3 as no from generate_series(1, pg_temp.n()) i where i % 97 <> 0;

insert into cust
select co, no, case when enc = 'L' then convert_from(convert_to(nm, 'UTF8'), 'LATIN1') else nm end, enc, ctry, vat, rs_no, sett, mail, addr, lim, del, cr_ts, upd_ts
from (
    select pg_temp.company(i) as co, 1000 + i / 3 as no,
           case slot when 3 then repeat('A very long company name ', 4) when 5 then null else pg_temp.company_name(i) end as nm,
           case when slot not in (1, 2, 3) and pg_temp.pick(i, 121, 5) = 0 then 'L' end as enc,
           case when slot = 4 then '??' else (array['US', 'DE', 'JP', 'FR', 'BR'])[1 + pg_temp.pick(i, 122, 5)] end as ctry,
           case when slot = 14 then 'gb-native-1 ' when i % 3 > 0 then 'VAT' || lpad(i::text, 9, '0') else '' end as vat,
           case slot when 6 then 900001 when 12 then 11 else pg_temp.reseller(i) end as rs_no,
           (array['<cfg tz="Europe/Berlin" lang="de"/>', '<cfg lang="ja" tz="Asia/Tokyo"/>', '<cfg lang="en"', '', null])[1 + pg_temp.pick(i, 123, 5)] as sett,
           case when slot = 15 then 'nobody' when i % 4 > 0 then ' Billing' || i || '@customer.example' else '' end as mail, pg_temp.odd_text(i * 7) as addr,
           case when slot = 16 then 'see contract' when i % 5 > 0 then pg_temp.money(pg_temp.pick(i, 124, 90000000), pg_temp.company(i)) else ' ' end as lim,
           case when i % 97 = 0 or slot = 13 then pg_temp.yes(i) else pg_temp.no(i) end as del,
           946684800 + pg_temp.pick(i, 125, 800000000) as cr_ts, pg_temp.stamp(i, 126) as upd_ts
    from (select i, i % 30000 as slot from generate_series(1, pg_temp.n()) i) s
) c;
update cust set nm = 'Łódź Soft', enc = 'L' where (cust_no - 1000) % 10000 = 0 and co = 'JP';
insert into cust select lower(co), cust_no, upper(nm), enc, ctry, null, rs_no, sett, bill_mail, bill_addr, cr_lim, del_fl, cr_ts, upd_ts from cust where (cust_no - 1000) % 10000 = 0 and co = 'DE';

insert into cust_cont
select co, case when slot = 23 then 90000000 + no else no end, 1, case when slot <> 24 then pg_temp.person(i) end,
       case when slot = 21 then 'at home' when i % 5 > 0 then 'Contact' || i || '@customer.example ' else '' end,
       case when slot = 22 then '555-0100 after six, ask for Jo' when i % 3 > 0 then '555-' || pg_temp.pick(i, 131, 10000) end
from organisation where slot between 21 and 24 or pg_temp.pick(i, 132, 10) < 7;

insert into usr
select co, no * 2 + k, case when slot = 32 then 90000000 + no else no end,
       case slot when 25 then 'Admin@Northgate.example' when 31 then repeat('long.', 12) || '@customer.example'
                 else 'User' || no * 2 + k || '.' || co || '@customer.example' end,
       pg_temp.person(i * 2 + k),
       (array['$2y$10$' || md5('pw' || i * 2 + k), '{MD5}' || md5('pw' || i), 'secret' || i, '$2b$12$' || md5('bpw' || i * 2 + k), null])[1 + pg_temp.pick(i * 2 + k, 133, 5)],
       (array['A;U', 'U', '', null, 'A;L;U'])[1 + pg_temp.pick(i, 134, 5)],
       case when slot = 26 then '?' when pg_temp.pick(i, 135, 3) = 0 then pg_temp.yes(i) else coalesce(pg_temp.no(i), 'F') end,
       case when i % 4 > 0 then 1704067200 + pg_temp.pick(i * 2 + k, 136, 60000000) else 0 end,
       case when pg_temp.pick(i, 137, 15) = 0 then pg_temp.yes(i) else pg_temp.no(i) end, pg_temp.stamp(i * 2 + k, 138)
from (select i, case k when 0 then slot else 0 end as slot, co, no, k from organisation, generate_series(0, 1) k where k = 0 or pg_temp.pick(i, 139, 4) < 3) s;

insert into ord_hd
select co, no * 4 + k, case when slot = 36 then 90000000 + no else no end, case when slot = 41 then 900002 else pg_temp.reseller(i) end,
       1577836800 + pg_temp.pick(i * 4 + k, 141, 190000000),
       case when slot = 34 then 'TBD' when i % 20 > 0 then pg_temp.money(1000 + pg_temp.pick(i * 4 + k, 142, 9000000), co) end,
       case when slot = 33 then 'Z' else (array['O', 'I', 'I', 'C'])[1 + pg_temp.pick(i * 4 + k, 143, 4)] end,
       case when slot = 35 then 'T' else pg_temp.no(i + k) end, pg_temp.stamp(i * 4 + k, 144)
from (select i, case k when 0 then slot else 0 end as slot, co, no, k from organisation, generate_series(0, 1) k where k = 0 or pg_temp.pick(i, 145, 2) = 0) s;

-- Two programs computed amounts, and neither rounded them.
insert into ord_ln
select co, no * 4 + k, ln, case when slot = 43 then 'GHOST' else pg_temp.product_written(x) end, case when slot = 42 then 0 else qty end,
       case when slot = 44 then 'n/a' else pg_temp.money(cents, co) end,
       case when slot = 45 then 'Infinity'::float8 else qty * (cents::float8 / 100) * (1 - pg_temp.pick(x, 151, 30) / 100.0::float8) end
from (
    select i, case when k = 0 and ln = 1 then slot else 0 end as slot, co, no, k, ln, i * 8 + k * 2 + ln as x,
           1 + pg_temp.pick(i * 8 + k * 2 + ln, 152, 9) as qty, 1000 + pg_temp.pick(i * 8 + k * 2 + ln, 153, 500000) as cents
    from organisation, generate_series(0, 1) k, generate_series(1, 2) ln
    where (k = 0 or pg_temp.pick(i, 145, 2) = 0) and (ln = 1 or pg_temp.pick(i * 2 + k, 154, 3) = 0)
) s;

insert into rev_sch
select l.co, case when slot = 54 then null else l.ord_no end, case when slot = 53 then 9 else ln_no end,
       case when slot = 52 then '202513' else to_char(date '2024-01-01' + (pg_temp.pick(l.ord_no, 155, 20) + m) * interval '1 month', 'YYYYMM') end,
       case when slot <> 55 then case when amt = 'Infinity' then 1 else amt end * case m when 0 then 0.6::float8 else 0.4::float8 end end
from (select l.*, m, case when ln_no = 1 and ord_no % 4 = 0 and m = 0 then ((ord_no / 4 - 1000) * 3 + strpos('USDEJP', trim(co)) / 2) % 30000 else 0 end as slot
      from ord_ln l, generate_series(0, 1) m) l
where slot between 51 and 55 or m = 0 or pg_temp.pick(l.ord_no * 2 + ln_no, 156, 2) = 0;
insert into rev_sch
select * from rev_sch where ord_no % 4 = 0 and ln_no = 1 and ((ord_no / 4 - 1000) * 3 + strpos('USDEJP', trim(co)) / 2) % 30000 = 51;
create index on rev_sch (co, ord_no);

-- Without limit is -1; without end is NULL or the last day of 9999.
insert into ent
select co, no * 2 + k, no, case when slot = 61 then 'OLD-X9' else pg_temp.product_written(i * 2 + k) end, case when k = 0 then no * 4 end,
       case when slot = 65 then 7 when k = 0 then 1 end, case when slot = 64 then 0 when pg_temp.pick(i + k, 161, 6) = 0 then -1 else 1 + pg_temp.pick(i + k, 162, 200) end,
       case when slot <> 62 then beg end,
       case when slot = 56 then beg - 86400 * 10 when term = 0 then null when term = 1 then 253402214400 else beg + 86400 * 365::bigint * (term - 1) end,
       case when slot = 63 then 'Q' else (array['N', 'F', 'S'])[1 + pg_temp.pick(i + k, 163, 3)] end,
       case when slot = 66 then '<o><sso>maybe</sso></o>'
            else (array['<o><sso>1</sso><sup>gold</sup></o>', '<o><sup>basic</sup><sso>no</sso></o>', '<o/>', '', null])[1 + pg_temp.pick(i + k, 164, 5)] end,
       case when i % 11 = 0 then 'F' else pg_temp.yes(i) end, pg_temp.stamp(i * 2 + k, 165)
from (select i, case k when 0 then slot else 0 end as slot, co, no, k, 1577836800 + pg_temp.pick(i * 2 + k, 166, 180000000) as beg, pg_temp.pick(i * 2 + k, 167, 6) as term
      from organisation, generate_series(0, 1) k where k = 0 or pg_temp.pick(i, 168, 3) = 0) s;

insert into lic
select co, no * 4 + k, case when slot = 76 then 90000000 + no else no * 2 + k / 2 end,
       case slot when 71 then 'HASP dongle #' || i when 72 then 'NG-11111-' || lpad((i % 100000)::text, 5, '0') || '-99' when 73 then left(pg_temp.hex_key(x), 21) || 'XY'
                 when 74 then left(pg_temp.groups_key(x), 17) || '-00000' when 75 then 'ng-00000-00097-00' when 81 then null
                 else case pg_temp.pick(x, 171, 5) when 0 then pg_temp.digits_key(x) when 1 then lower(pg_temp.digits_key(x)) when 2 then pg_temp.hex_key(x)
                                                   else pg_temp.groups_key(x) end
                      || (array[E'\r\n', ' ', ';', E'\t', ' **', '', '', '', '', '', '', ''])[1 + pg_temp.pick(x, 172, 12)] end,
       1577836800 + pg_temp.pick(x, 173, 190000000), case when pg_temp.pick(x, 174, 20) = 0 then pg_temp.yes(x) else pg_temp.no(x) end, pg_temp.stamp(x, 175)
from (select i, case k when 0 then slot else 0 end as slot, co, no, k, i * 4 + k as x from organisation, generate_series(0, 3) k
      where case k when 0 then true when 2 then pg_temp.pick(i, 168, 3) = 0 else pg_temp.pick(i + k, 176, 12) = 0 and (k = 1 or pg_temp.pick(i, 168, 3) = 0) end) s;

create temp table licence on commit drop as
select co, lic_no, (lic_no / 4 - 1000) * 3 + strpos('USDEJP', trim(co)) / 2 as i, lic_no % 4 as k from lic;

insert into act
select x * 2 + j, co, case slot when 82 then null when 85 then 90000000 + lic_no else lic_no end,
       case when slot = 86 then repeat('node-', 14) else 'host' || x || '.' || lower(trim(co)) || '.example' end,
       case when slot = 84 then '10.0.0.999' when i % 8 > 0 then '10.' || i % 250 || '.' || pg_temp.pick(x, 181, 250) || '.7' end,
       case when slot = 83 then 0 else 1609459200 + pg_temp.pick(x * 2 + j, 182, 158000000) end,
       case pg_temp.pick(x + j, 183, 3) when 0 then 0 when 1 then 1770000000 end, '1.' || pg_temp.pick(x, 184, 20) || '.0', pg_temp.stamp(x * 2 + j, 185)
from (select co, lic_no, i, j, i * 4 + k as x, case when k = 0 and j = 0 then i % 30000 else 0 end as slot from licence, generate_series(0, 1) j where j = 0 or pg_temp.pick(i, 186, 3) = 0) s;

insert into act_arch
select 500000000 + x, co, case when slot <> 91 then lic_no end, 'old' || x, '192.168.' || i % 250 || '.9', 1433116800 + pg_temp.pick(x, 187, 170000000), nullif(pg_temp.pick(x, 188, 2), 1),
       '0.' || pg_temp.pick(x, 189, 20)
from (select co, lic_no, i, i * 4 + k as x, case when k = 0 then i % 30000 else 0 end as slot from licence) s
where slot = 91 or pg_temp.pick(x, 190, 5) < 2;

-- Some uses were logged twice, to the second.
insert into use_log
select co, lic_no, 1735689600 + pg_temp.pick(i, 191, 36000000), (array['edit', 'render', 'export', null])[1 + pg_temp.pick(i, 192, 4)], pg_temp.pick(i, 193, 90)
from licence, generate_series(1, case when i % 50 = 0 then 2 else 1 end) where k = 0 and i % 4 = 1 or i % 50 = 0;

-- Each renewal points to the one before it.
insert into rnw
select co, no * 4 + k, no * 2, case when slot = 95 then 90000000 + no when k = 1 then no * 4 end, case when slot <> 92 then 1740000000 + k * 31536000 + pg_temp.pick(i, 201, 20000000) end,
       case when slot = 93 then 'TBA' when i % 6 > 0 then pg_temp.money(1000 + pg_temp.pick(i * 2 + k, 202, 9000000), co) else '' end,
       case when slot = 96 then '90;soon' else (array['90;60;30', '30', '', null])[1 + pg_temp.pick(i, 203, 4)] end,
       case when slot = 94 then 'U' else (array['P', 'W', 'L'])[1 + pg_temp.pick(i + k, 204, 3)] end, pg_temp.stamp(i * 2 + k, 205)
from (select i, case k when 0 then slot else 0 end as slot, co, no, k from organisation, generate_series(0, 1) k
      where slot between 92 and 96 or pg_temp.pick(i, 206, 10) < case k when 0 then 6 else 3 end) s;
