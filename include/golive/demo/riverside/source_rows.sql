-- The rows of the old system, computed from a student's number and a seed, never from random().
-- organisation.py sets pg_temp.n() and pg_temp.pick(i, salt, m), a number in 0 .. m-1.
--
-- Planted rows stand at fixed slots, which return every 5000 students (1000 staff, 1000 sections,
-- 500 courses, 3500 guardians). A slot's last digit is 1 to 6, so a student number that ends in
-- 0, 7, 8 or 9 is ordinary, and so is all that hangs on it. Every 97th student is a training record
-- (status X) that the new system does not want.

create function pg_temp.schools() returns int language sql immutable as
$$ select least(250, greatest(4, pg_temp.n() / 800)) $$;
create function pg_temp.staff() returns int language sql immutable as $$ select pg_temp.n() / 15 + 40 $$;
create function pg_temp.courses() returns int language sql immutable as $$ select pg_temp.n() / 40 + 40 $$;
create function pg_temp.sections() returns int language sql immutable as $$ select pg_temp.n() / 20 + 20 $$;
create function pg_temp.guardians() returns int language sql immutable as $$ select 1 + (pg_temp.n() - 1) * 7 / 10 $$;

create function pg_temp.school(k bigint) returns text language sql immutable as
$$ select 'RV' || lpad((1 + k % pg_temp.schools())::text, 3, '0') $$;
create function pg_temp.guardian(g bigint) returns text language sql immutable as
$$ select 'G' || lpad(g::text, 8, '0') $$;
create function pg_temp.first_name(i bigint) returns text language sql immutable as
$$ select (array['Ana', 'Ben', 'Chloe', 'MarÃ­a', 'JosÃ©', 'Zoë', E'Zoe\u0308', 'Li ', ' Omar', 'Anne-Marie', 'D''Arcy',
                 'Noor', 'Ελένη', 'Юлия', '美咲', 'Sam', 'Ines', 'Tariq', 'Wren', 'Max'])[1 + pg_temp.pick(i, 101, 20)] $$;
create function pg_temp.last_name(i bigint) returns text language sql immutable as
$$ select (array['Nguyá»…n', 'O''Brien', 'GarcÃ­a', 'Smith', 'van der Berg', 'Müller', 'Okafor', 'Kim', 'Silva ', 'Novák',
                 'Haddad', 'Jones', 'Łukasz', 'Brown', 'Ivanova', '山田', 'Fox', 'Reed', 'Quinn', 'Null'])[1 + pg_temp.pick(i, 102, 20)] $$;
-- What people paste into text fields, and what breaks a careless copy.
create function pg_temp.odd_text(i bigint) returns text language sql immutable as
$$ select (array[E'tab\tin the middle', E'two\nlines', E'crlf\r\nline', E'back\\slash', 'say "hello", it''s fine', '', '\N', '\.',
                 'party 🎓🏫', E'e\u0301 combines', ' padded ', 'NULL', '{"a": [1, 2]}', 'a,b;c|d', E'\\n is not a line', '%s %d {} $1',
                 'plain words', 'seen by the nurse', 'parent called back', null])[1 + pg_temp.pick(i, 103, 20)] $$;
-- When a row was last changed: 2024-07-01 to 2026-02-22; one in twenty was never stamped.
create function pg_temp.stamp(i bigint, salt bigint) returns timestamp language sql immutable as
$$ select case when pg_temp.pick(i, salt, 20) > 0
               then timestamp '2024-07-01' + pg_temp.pick(i, salt + 1, 52000000) * interval '1.000001 second' end $$;

insert into dist_cfg values
    ('a', 'lower'), ('B', 'upper'), ('_x', 'underscore'), ('é', 'accent'), (E'e\u0301', 'combined'), ('a b', 'space'),
    ('quote''s', '"'), ('tab' || E'\t' || 'key', E'\t'), ('back\slash', '\'), ('district.name', 'Riverside'), ('empty', ''),
    ('nothing', null), ('district.motto', E'Learn.\nGrow.'), ('🎓', 'emoji'), ('Z', 'last');
insert into code_tab values
    ('LUNCH', 'F', 'free'), ('LUNCH', 'R', 'reduced'), ('LUNCH', '', 'not asked'), ('MARK', '\N', 'backslash N'),
    ('MARK', '\.', 'end of copy'), ('MARK', 'a', 'lower'), ('MARK', 'A', 'upper'), ('MARK', 'Ä', 'umlaut'), ('REL', ' ', 'one space'),
    ('REL', 'M', 'mother'), ('REL', 'F', 'father'), ('REL', 'NULL', 'the word');
insert into msg_tmpl
select t, 'Template ' || t || coalesce(' ' || pg_temp.odd_text(t), ''), pg_temp.odd_text(t * 31)
from generate_series(1, 60) t;
insert into dept values
    ('MATH', 'Mathematics'), ('ENG', 'English'), ('SCI', 'Science'), ('ART', 'Art'), ('PE', 'Physical education'),
    ('HIST', 'History'), ('LANG', 'Languages'), ('MUS', 'Music'), ('CS', 'Computer science'), ('SPED', 'Special education');

-- A closed school whose grades stand the wrong way round.
insert into sch
select pg_temp.school(k), 'Riverside ' || (array['Elementary', 'Middle', 'High', 'K-12'])[1 + k % 4] || ' No. ' || k + 1,
       '555-01' || lpad((k % 100)::text, 2, '0'), to_char(date '1950-03-01' + pg_temp.pick(k, 1, 20000), 'MM/DD/YYYY'),
       (array[0, 6, 9, 0])[1 + k % 4], (array[5, 8, 12, 12])[1 + k % 4], 'Y', pg_temp.stamp(k, 2)
from generate_series(0, pg_temp.schools() - 1) k
union all
select 'RVX99', 'Old Mill School', null, '09/01/1931', 12, 0, 'N', null;

insert into cal_day
select pg_temp.school(k), date '2025-09-01' + d, case when d % 7 in (5, 6) then 'N' else 'Y' end, case when d = 0 then 'Labor Day' end
from generate_series(0, pg_temp.schools() - 1) k, generate_series(0, 19) d
union all
values ('RVX99', date '2025-09-01', 'N', 'closed'), ('NV001', date '2025-09-03', 'Y', 'pilot');

-- Staff: most are led by the next number that ends in 0 (it comes later) or the one before; in each
-- thousand, 1 to 9 are the special cases.
insert into stf
select 5000 + j, trim(pg_temp.last_name(j * 13)), pg_temp.first_name(j * 17),
       case when slot = 3 then 'Help.Desk@riverside.example' when j % 40 <> 39 then 'Staff' || j || '@riverside.example ' end,
       case when slot = 9 then '02/30/2011' when j % 25 <> 24 then to_char(date '1985-08-15' + pg_temp.pick(j, 1, 14000), 'MM/DD/YYYY') end,
       case when slot = 8 then 999999 else 5000 + sup end,
       case when j % 10 <> 7 then pg_temp.school(pg_temp.pick(j, 2, 250)) end,
       case when j % 9 = 8 then 'N' else 'Y' end,
       30000 + pg_temp.pick(j, 3, 70000) + pg_temp.pick(j, 4, 10000) / 10000.0, pg_temp.stamp(j, 5)
from (
    select j, j % 1000 as slot,
           case j % 1000
               when 1 then j + 8 when 2 then j + 5 when 4 then j - 1 when 5 then j - 1 when 6 then j
               when 3 then null when 7 then null when 8 then null when 9 then null
               else case when j % 100 = 0 then null
                         when j % 10 = 0 then nullif(least(j / 100 * 100 + 100, pg_temp.staff() + 1), pg_temp.staff() + 1)
                         when j % 2 = 0 then nullif(least(j / 10 * 10 + 10, pg_temp.staff() + 1), pg_temp.staff() + 1)
                         else j / 10 * 10 end
           end as sup
    from generate_series(1, pg_temp.staff()) j
) s;

insert into tchr
select 5000 + j, 'C-' || pg_temp.pick(j, 11, 900000) + 100000,
       case when j % 1000 = 12 then '13/45/2027' when j % 5 = 0 then null
            else to_char(date '2025-01-31' + pg_temp.pick(j, 12, 2000), 'MM/DD/YYYY') end,
       (array['MATH', 'ENG', 'SCI', 'ART', 'PE', 'HIST', 'LANG', 'MUS', 'CS', 'SPED'])[1 + pg_temp.pick(j, 13, 10)]
from generate_series(3, pg_temp.staff(), 3) j;

insert into crs
select 'C' || lpad(c::text, 5, '0'), y,
       case when c % 500 = 4 then repeat('A very long title ', 5)
            else (array['Algebra', 'Poetry', 'Biology', 'Drawing', 'Judo', 'Rome', 'Español', 'Choir', 'Logic', 'Reading'])[1 + c % 10] || ' ' || c end,
       case when c % 500 = 2 then 'TBD' when c % 7 = 0 then '' else (1 + c % 4)::text || '.5' end,
       case when c % 500 = 3 then 'ZZ' else (array['MATH', 'ENG', 'SCI', 'ART', 'PE', 'HIST', 'LANG', 'MUS', 'CS', 'SPED'])[1 + c % 10] end,
       pg_temp.odd_text(c * 7 + y), pg_temp.stamp(c * 2 + y, 14)
from generate_series(1, pg_temp.courses()) c, generate_series(2024, 2025) y
union all
select 'c' || lpad(c::text, 5, '0'), 2025, 'Typed twice', '1.0', 'MATH', null, null
from generate_series(1, pg_temp.courses(), 500) c;

-- Odd sections are this year's, even ones last year's.
insert into sect
select pg_temp.school(s), 2024 + s % 2, s,
       'C' || lpad((case when s % 1000 in (1, 2) then s % 1000 when c % 500 between 1 and 4 then c - 5 else c end)::text, 5, '0'),
       case when s % 1000 = 3 then 5004 when s % 11 = 0 then null
            else 5000 + case when j % 1000 between 1 and 9 then j - 10 else j end end,
       case when s % 1000 = 5 then 'behind the old gym, second door' else 'R ' || pg_temp.pick(s, 15, 400) end,
       case when s % 1000 = 4 then 0 else 15 + pg_temp.pick(s, 16, 20) end
from (
    select s, 10 + pg_temp.pick(s, 17, pg_temp.courses() - 9) as c, 10 + pg_temp.pick(s, 18, pg_temp.staff() - 9) as j
    from generate_series(1, pg_temp.sections()) s
) t;

insert into stu_master
select 100000 + i, case when slot = 24 then 'WA-NATIVE-01' else 'WA' || lpad(i::text, 9, '0') end,
       case when slot = 15 then repeat('Maximiliana ', 5) else pg_temp.first_name(i) end,
       case pg_temp.pick(i, 21, 4) when 0 then 'J.' when 1 then '' end,
       case when slot <> 13 then pg_temp.last_name(i) end,
       case slot when 11 then '20110231' when 12 then 'UNKNOWN' when 26 then ''
                 else to_char(date '2007-09-01' + pg_temp.pick(i, 22, 4000), 'YYYYMMDD') end,
       case when slot = 14 then 'Q' else (array['F', 'M', 'F', 'M', 'X', ' '])[1 + pg_temp.pick(i, 23, 6)] end,
       case slot when 21 then 'ZZZ' when 25 then 'RVX99' else pg_temp.school(pg_temp.pick(i, 24, 250)) end,
       lpad(pg_temp.pick(i, 25, 13)::text, 2, '0'),
       case when i % 97 = 0 or slot = 22 then 'X' else (array['A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'W', 'G'])[1 + pg_temp.pick(i, 26, 10)] end,
       date '2019-08-20' + pg_temp.pick(i, 27, 2300),
       (array['Y', 'N', 'N', null])[1 + pg_temp.pick(i, 28, 4)],
       case when slot = 16 then 9.5 when i % 8 <> 0 then pg_temp.pick(i, 29, 4500) / 1000.0 end,
       case when slot = 23 then '{broken' when i % 6 = 0 then null when i % 6 = 1 then ''
            else '{"lunch": "' || (array['veg', 'halal', 'any'])[1 + pg_temp.pick(i, 30, 3)] || '",  "sms": ' || (i % 2 = 0)::text
                 || ', "note": "caf\u00e9 \"' || i || '\""}' end,
       (array['en', 'en;es', 'es', 'en;vi;zh', null])[1 + pg_temp.pick(i, 31, 5)],
       case when i % 5 = 0 then decode(md5(i::text) || '000a0d5c27', 'hex') end,
       case when slot = 31 then 'not-an-email' when i % 3 <> 0 then ' S' || i || '@students.riverside.example' end,
       case when i % 4 <> 0 then '(555) ' || lpad(pg_temp.pick(i, 32, 10000000)::text, 7, '0') else '' end,
       case when slot = 32 then '555-0100 after six, ask for Jo' when i % 4 = 1 then '555-' || pg_temp.pick(i, 33, 10000) end,
       timestamp '2019-08-20 02:15:00' + pg_temp.pick(i, 34, 200000000) * interval '1 second',
       pg_temp.stamp(i, 35)
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i) s;

insert into stu_addr
select 100000 + i, case slot when 41 then 'Z' else (array['H', 'H', 'h', 'M'])[1 + pg_temp.pick(i, 41, 4)] end,
       date '2019-08-20' + pg_temp.pick(i, 42, 2000), 1 + pg_temp.pick(i, 43, 9000) || ' River Rd',
       case pg_temp.pick(i, 44, 9) when 0 then 'Apt #4\B' when 1 then '' end, 'Riverside', 'WA',
       case when slot = 42 then '98001-0000-000' else (98001 + pg_temp.pick(i, 45, 900))::text end
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s;

insert into guardn
select pg_temp.guardian(g), trim(pg_temp.first_name(g * 3)) || ' ' || trim(pg_temp.last_name(g * 5)),
       case when g % 3500 = 53 then 'ALIEN' else (array['MOTHER', 'Father ', 'OTHER', null])[1 + pg_temp.pick(g, 51, 4)] end,
       case when g % 3500 = 52 then '555-0199 or at work 555-0188' else '555-' || pg_temp.pick(g, 52, 10000) end,
       case when g % 2 = 0 then 'G' || g || '@mail.example' end, pg_temp.stamp(g, 53)
from generate_series(1, pg_temp.guardians()) g
union all
select 'g' || lpad(g::text, 8, '0'), 'Typed twice', 'OTHER', null, null, timestamp '2025-05-05 05:05:05'
from generate_series(51, pg_temp.guardians(), 3500) g;

insert into stu_guardn
select case when slot = 62 then 900000000 + i else 100000 + i end,
       case when slot = 61 then 'G999999' else pg_temp.guardian(1 + (i - 1) * 7 / 10) end, case when slot = 63 then '?' else 'Y' end
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s
union all
select 100000 + i, pg_temp.guardian(g), 'N'
from (select i, 1 + pg_temp.pick(i, 61, pg_temp.guardians()) as g from generate_series(1, pg_temp.n()) i
      where i % 97 <> 0 and i % 5000 <> 22 and pg_temp.pick(i, 62, 4) = 0) s
where g <> 1 + (i - 1) * 7 / 10;

insert into enrl
select case when slot = 72 then null else 100000 + i end, pg_temp.school(s), yr,
       case when slot = 73 then 90000000 + i else s end,
       case when slot = 74 then 'Z' else (array['E', 'E', 'E', 'D', 'C'])[1 + pg_temp.pick(i * 2 + yr, 71, 5)] end,
       make_date(yr, 8, 25) + pg_temp.pick(i * 2 + yr, 72, 20), pg_temp.stamp(i * 2 + yr, 73)
from (
    select i, slot, yr, case when slot = 75 and yr = 2025 then 1 when slot = 76 and yr = 2025 then 3 when slot = 81 and yr = 2025 then 5
                             when s % 1000 < 6 then s - 6 else s end as s
    from (
        select i, i % 5000 as slot, 2025 as yr, 7 + 2 * pg_temp.pick(i, 74, (pg_temp.sections() - 5) / 2) as s
        from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22
        union all
        select i, 0, 2024, 8 + 2 * pg_temp.pick(i, 75, (pg_temp.sections() - 6) / 2)
        from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22 and pg_temp.pick(i, 76, 2) = 0
    ) e
) f;
create index on enrl (stu_id);

insert into grd
select i * 4 + yr - 1023, stu_id, sch_cd, yr, sect_no, 'Q' || 1 + pg_temp.pick(i, 81, 4),
       case when slot = 82 then 'INC' when slot = 83 then '187.50' when i % 15 = 0 then ' '
            else (40 + pg_temp.pick(i + yr, 82, 60))::text || '.' || lpad(pg_temp.pick(i + yr, 83, 100)::text, 2, '0') end,
       case when slot = 84 then 'PASS+' else (array['A', 'A-', 'B', 'B+', 'C', null])[1 + pg_temp.pick(i + yr, 84, 6)] end,
       case when i % 4 = 0 then pg_temp.odd_text(i) end, pg_temp.stamp(i + yr, 85)
from (select *, stu_id - 100000 as i, case when yr = 2025 then (stu_id - 100000) % 5000 else 0 end as slot from enrl where stu_id is not null) e
where slot between 1 and 199 or pg_temp.pick(i + yr, 86, 10) < 8;

insert into enrl
select * from enrl where stu_id % 5000 = 71 and stu_id >= 100000 and yr = 2025;

insert into att_day
select case when slot = 93 then 900000000 + i else 100000 + i end,
       case when slot = 91 then date '1999-09-01' else date '2025-08-25' + pg_temp.pick(i, 91, 180) end,
       case when slot = 92 then '?' else (array['P', 'A', 'T'])[1 + pg_temp.pick(i, 92, 3)] end,
       case when slot = 95 then 70000 else pg_temp.pick(i, 93, 400) end,
       to_char(date '2025-08-25' + pg_temp.pick(i, 91, 180), 'YYYYMMDD'), pg_temp.stamp(i, 94)
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s;

insert into att_arch
select 100000 + i, date '2023-09-01' + pg_temp.pick(i, 95, 600), (array['P', 'A', 'T'])[1 + pg_temp.pick(i, 96, 3)], pg_temp.pick(i, 97, 400),
       case when slot = 94 then '20241345' else to_char(date '2023-09-01' + pg_temp.pick(i, 95, 600), 'YYYYMMDD') end
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s
where slot = 94 or pg_temp.pick(i, 98, 5) < 2;

insert into fee_typ values
    ('LUNCH', 'Lunch', 3.25), ('BOOK', 'Lost book', 25.00), ('LAB', 'Lab fee', 12.50), ('TRIP', 'Field trip', null),
    ('SPORT', 'Sports', 80.00), ('PARK', 'Parking', 40.00), ('YEARB', 'Yearbook', 35.00), ('LOCK', 'Locker', 5.00);
insert into fee_trx
select 200000 + i, 100000 + i, case when slot = 103 then 'ZZZ' else (array['LUNCH', 'BOOK', 'LAB', 'TRIP', 'SPORT', 'PARK', 'YEARB', 'LOCK'])[1 + pg_temp.pick(i, 111, 8)] end,
       case when slot = 102 then 0 else 1 + pg_temp.pick(i, 112, 2000000) / 10000.0 end,
       case when slot = 104 then 'SEE NOTE' else to_char(date '2024-09-01' + pg_temp.pick(i, 113, 530), 'YYYYMMDD') end,
       pg_temp.odd_text(i * 3), case when i % 30 = 0 then 'Y' else 'N' end, pg_temp.stamp(i, 114)
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s
where slot between 1 and 199 or pg_temp.pick(i, 115, 10) < 7
union all
select 200000 + i, 100000 + i, 'LOCK', 5, '20250909', 'booked twice', 'N', timestamp '2025-09-09 09:09:09'
from generate_series(101, pg_temp.n(), 5000) i where i % 97 <> 0;

insert into bus_rt (nm, dpt) select 'Route ' || r, time '06:30' + r * interval '90 seconds' from generate_series(1, 20) r;
insert into stu_bus
select 100000 + i, case when slot = 111 then 999 else 1 + pg_temp.pick(i, 121, 20) end, 'Stop ' || pg_temp.pick(i, 122, 300)
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s
where slot = 111 or pg_temp.pick(i, 123, 10) < 3;

-- The one child of a training record hangs at slot 22.
insert into hlth
select 100000 + i, 1, (array['asthma', 'peanut allergy', 'diabetes', 'none'])[1 + pg_temp.pick(i, 131, 4)],
       case when slot = 121 then 9 else 1 + pg_temp.pick(i, 132, 5) end, pg_temp.odd_text(i * 11)
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0) s
where slot in (22, 121) or pg_temp.pick(i, 133, 5) = 0;

insert into disc_inc
select 700000 + i, 100000 + i, timestamp '2024-09-02 08:00' + pg_temp.pick(i, 141, 40000000) * interval '1 second', 'incident ' || i,
       case when slot = 132 then 999998 when i % 3 = 0 then null
            else 5000 + case when j % 1000 between 1 and 9 then j - 10 else j end end, pg_temp.stamp(i, 142)
from (select i, i % 5000 as slot, 10 + pg_temp.pick(i, 143, pg_temp.staff() - 9) as j
      from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s
where slot = 132 or pg_temp.pick(i, 144, 10) = 0;

insert into note_stu
select 100000 + i, 100000 + i, timestamp '2024-09-02 08:00' + pg_temp.pick(i, 151, 40000000) * interval '1 second',
       case when slot <> 131 then coalesce(pg_temp.odd_text(i * 5), 'no text') end
from (select i, i % 5000 as slot from generate_series(1, pg_temp.n()) i where i % 97 <> 0 and i % 5000 <> 22) s
where slot = 131 or pg_temp.pick(i, 152, 5) = 0;

-- Some sign-ins were logged twice, to the second.
insert into login_log
select 's' || i, timestamp '2025-09-01 07:00' + pg_temp.pick(i, 161, 15000000) * interval '1 second',
       '10.' || i % 250 || '.' || pg_temp.pick(i, 162, 250) || '.7', case when i % 7 = 0 then 'N' else 'Y' end
from generate_series(5, pg_temp.n(), 5) i, generate_series(1, case when i % 50 = 0 then 2 else 1 end);
