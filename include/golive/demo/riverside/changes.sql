/* One round of live changes. The line above a statement says what it counts as, and in which table:
   `unmarked` is an update that no updated_at tells of. `refuse` gives a row if the round was done before,
   `choose` the ordinary students it touches: four groups of equal size, and no student in two. Times are
   a round's own, after all earlier ones. */

-- refuse dist_cfg
select 1 from dist_cfg where cfg_key ~ '^round[.]' and cast(substr(cfg_key, 7) as int) >= %(round)s limit 1

-- choose stu_master
select stu_id from stu_master where status = 'A' and mod(stu_id, 10) in (0, 7, 8, 9)
order by hashint8extended(stu_id, %(seed)s * 1000003::bigint + %(round)s), stu_id
limit 4 * greatest(2, (select count(*) from stu_master) / 800)

-- insert stu_master
insert into stu_master (stu_id, ssid, first_nm, last_nm, dob, gndr, sch_cd, grd_lvl, status, enrl_dt, lunch, gpa, prefs, langs, email, created_at, updated_at)
select %(first)s + k, 'WB' || (%(first)s + k), 'New ' || k, 'Arrival''s "' || %(round)s || '"', '20120417', 'F', sch_cd, '05', 'A', date '2026-03-01', 'N', 3.25,
       '{"new": true}', 'en', 'new' || %(first)s + k || '@students.riverside.example',
       timestamp '2026-03-01' + %(round)s * interval '1 hour', timestamp '2026-03-01' + %(round)s * interval '1 hour' + k * interval '1 millisecond'
from (select stu_id, sch_cd, row_number() over (order by stu_id) as k from stu_master where stu_id = any (%(busy)s)) b

-- insert stu_addr
insert into stu_addr (stu_id, addr_typ, eff_dt, line1, city, st, zip)
select stu_id, 'H', date '2026-03-01', '1 New Street', 'Riverside', 'WA', '98001'
from stu_master where stu_id between %(first)s and %(first)s + 9999

-- insert guardn
insert into guardn (g_cd, nm, rel, ph, updated_at)
select 'N' || stu_id, 'Guardian of ' || stu_id, 'MOTHER', '555-2000', updated_at
from stu_master where stu_id between %(first)s and %(first)s + 9999

-- insert stu_guardn
insert into stu_guardn (stu_id, g_cd, prim_fl)
select stu_id, 'N' || stu_id, 'Y' from stu_master where stu_id between %(first)s and %(first)s + 9999

-- insert enrl
insert into enrl (stu_id, sch_cd, yr, sect_no, stat, enrl_dt, updated_at)
select m.stu_id, e.sch_cd, e.yr, e.sect_no, 'E', date '2026-03-01', m.updated_at
from stu_master m, (select sch_cd, yr, sect_no from enrl where stu_id = any (%(busy)s) and yr = 2025 order by sect_no limit 1) e
where m.stu_id between %(first)s and %(first)s + 9999

-- insert grd
insert into grd (grd_id, stu_id, sch_cd, yr, sect_no, mp, pct, mark, updated_at)
select stu_id::bigint * 4, stu_id, sch_cd, yr, sect_no, 'Q3', '77.70', 'B', updated_at
from enrl where stu_id between %(first)s and %(first)s + 9999

-- insert att_day
insert into att_day (stu_id, att_dt, att_cd, mins, ent_dt, updated_at)
select stu_id, date '2026-03-02' + %(round)s::int, 'T', 12, '20260302', timestamp '2026-03-01' + %(round)s * interval '1 hour'
from stu_master where stu_id = any (%(busy)s)

-- insert fee_trx
insert into fee_trx (trx_no, stu_id, fee_cd, amt, trx_dt, memo, void_fl, updated_at)
select 100000000 + %(round)s * 10000 + row_number() over (order by stu_id), stu_id, 'LOCK', 5.0050, '20260301', E'paid\tcash', 'N', null
from stu_master where stu_id = any (%(busy)s)

-- insert note_stu
insert into note_stu (note_id, stu_id, cre_ts, txt)
select 100000000 + %(round)s * 10000 + row_number() over (order by stu_id), stu_id, timestamp '2026-03-01' + %(round)s * interval '1 hour', 'note of the day'
from stu_master where stu_id = any (%(busy)s)

-- insert login_log
insert into login_log (usr, ts, ip, ok_fl)
select 's' || stu_id, timestamp '2026-03-01' + %(round)s * interval '1 hour', '10.1.1.7', 'Y'
from stu_master where stu_id = any (%(busy)s)

-- insert dist_cfg
insert into dist_cfg (cfg_key, cfg_val) values ('round.' || %(round)s, 'done')

-- update stu_master
update stu_master set grd_lvl = '12', ph_cell = '555-' || %(round)s, first_nm = split_part(trim(first_nm), ' ', 1) || ' ' || %(round)s,
    updated_at = timestamp '2026-03-01' + %(round)s * interval '1 hour'
where stu_id = any (%(marked)s)

-- update grd
update grd set pct = '88.80', cmt = E'regraded\n' || %(round)s, updated_at = timestamp '2026-03-01' + %(round)s * interval '1 hour'
where stu_id = any (%(marked)s)

-- update enrl
update enrl set stat = case stat when 'D' then 'C' else 'D' end, updated_at = timestamp '2026-03-01' + %(round)s * interval '1 hour'
where stu_id = any (%(marked)s)

-- update stf
update stf set sal = sal + 100.005, updated_at = timestamp '2026-03-01' + %(round)s * interval '1 hour'
where stf_id in (select stf_id from stf where mod(stf_id, 1000) > 9 order by hashint8extended(stf_id, %(seed)s + %(round)s), stf_id limit 2)

-- update stu_master
update stu_master set dob = '20110228', updated_at = timestamp '2026-03-01' + %(round)s * interval '1 hour'
where stu_id = (select min(stu_id) from stu_master where dob = '20110231')

-- unmarked stu_master
update stu_master set email = 'r' || %(round)s || '.' || stu_id || '@students.riverside.example', prefs = '{"round": ' || %(round)s || '}'
where stu_id = any (%(unmarked)s)

-- unmarked fee_trx
update fee_trx set amt = amt + 1.25 where stu_id = any (%(unmarked)s)

-- unmarked stu_addr
update stu_addr set line2 = 'back door ' || %(round)s where stu_id = any (%(unmarked)s)

-- unmarked stu_addr
update stu_addr set eff_dt = eff_dt + 1 where stu_id = any (%(marked)s)

-- unmarked sect
update sect set cap = cap + 1
where sect_no in (select sect_no from sect where mod(sect_no, 1000) > 5 order by hashint8extended(sect_no, %(seed)s + %(round)s), sect_no limit 2)

-- delete grd
delete from grd where stu_id = any (%(gone)s) or (stu_id = any (%(busy)s) and yr = 2024)

-- delete enrl
delete from enrl where stu_id = any (%(gone)s) or (stu_id = any (%(busy)s) and yr = 2024)

-- delete att_day
delete from att_day where stu_id = any (%(gone)s) or (stu_id = any (%(busy)s) and att_dt < date '2026-03-01')

-- delete att_arch
delete from att_arch where stu_id = any (%(gone)s) or stu_id = any (%(unmarked)s)

-- delete fee_trx
delete from fee_trx where stu_id = any (%(gone)s) or (stu_id = any (%(marked)s) and trx_dt < '20250701')

-- delete stu_guardn
delete from stu_guardn where stu_id = any (%(gone)s) or (stu_id = any (%(marked)s) and prim_fl = 'N')

-- delete stu_addr
delete from stu_addr where stu_id = any (%(gone)s)

-- delete stu_bus
delete from stu_bus where stu_id = any (%(gone)s)

-- delete hlth
delete from hlth where stu_id = any (%(gone)s)

-- delete disc_inc
delete from disc_inc where stu_id = any (%(gone)s)

-- delete note_stu
delete from note_stu where stu_id = any (%(gone)s)

-- delete stu_master
delete from stu_master where stu_id = any (%(gone)s)

-- delete cal_day
delete from cal_day where sch_cd = 'RV002' and cal_dt = (select max(cal_dt) from cal_day where sch_cd = 'RV002')
