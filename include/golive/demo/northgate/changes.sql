/* One round of live changes. The line above a statement says what it counts as, and in which table:
   `unmarked` is an update that no upd_ts tells of. `refuse` gives a row if the round was done before,
   `choose` the ordinary customers it touches (company and number): four groups of equal size, and no
   customer in two. Times are a round's own, after all earlier ones; 1772323200 is 2026-03-01. */

-- refuse sys_cfg
select 1 from sys_cfg where k ~ '^round[.]' and cast(substr(k, 7) as int) >= %(round)s limit 1

-- choose cust
select trim(co) || cust_no from cust
where coalesce(del_fl, 'F') not in ('T', '1') and strpos('USDEJP', trim(co)) > 0 and mod((cust_no - 1000) * 3 + strpos('USDEJP', trim(co)) / 2, 10) in (0, 7, 8, 9)
order by hashtextextended(trim(co) || cust_no, %(seed)s * 1000003::bigint + %(round)s), co, cust_no
limit 4 * greatest(2, (select count(*) from cust) / 800)

-- insert cust
insert into cust (co, cust_no, nm, enc, ctry, vat, rs_no, sett, bill_mail, bill_addr, cr_lim, del_fl, cr_ts, upd_ts)
select co, %(first)s + k, convert_from(convert_to('Neue Größe ' || k, 'UTF8'), 'LATIN1'), 'L', 'DE', 'NEW' || %(first)s + k, rs_no, '<cfg tz="Europe/Berlin"/>',
       'new' || k || '@customer.example', E'1 New Street\nTown', ' ', 'F', 1772323200 + %(round)s * 3600, 1772323200 + %(round)s * 3600 + k
from (select co, cust_no, rs_no, row_number() over (order by co, cust_no) as k from cust where trim(co) || cust_no = any (%(busy)s)) b

-- insert cust_cont
insert into cust_cont (co, cust_no, seq, nm, email, ph)
select co, cust_no, 1, 'Contact of ' || cust_no, 'desk@customer.example', '555-2000' from cust where cust_no between %(first)s and %(first)s + 9999

-- insert usr
insert into usr (co, usr_no, cust_no, login, nm, pw, roles, mfa, last_ts, del_fl, upd_ts)
select co, cust_no * 2, cust_no, 'New' || cust_no || '.' || trim(co) || '@customer.example', 'New User', '$2b$12$' || md5(cust_no::text), 'U', '1', 0, 'F', upd_ts
from cust where cust_no between %(first)s and %(first)s + 9999

-- insert ord_hd
insert into ord_hd (co, ord_no, cust_no, rs_no, ord_ts, tot, stat, del_fl, upd_ts)
select co, cust_no * 4, cust_no, rs_no, cr_ts, '$1,000.10', 'O', null, upd_ts from cust where cust_no between %(first)s and %(first)s + 9999

-- insert ord_ln
insert into ord_ln (co, ord_no, ln_no, prod_cd, qty, price, amt)
select co, ord_no, 1, 'OLD-3', 3, '333.366,67 €', 3 * 333366.665::float8 from ord_hd where cust_no between %(first)s and %(first)s + 9999

-- insert rev_sch
insert into rev_sch (co, ord_no, ln_no, per, amt)
select co, ord_no, 1, '202603', 0.1::float8 + 0.2::float8 from ord_hd where cust_no between %(first)s and %(first)s + 9999

-- insert ent
insert into ent (co, ent_no, cust_no, prod_cd, ord_no, ln_no, qty, beg_ts, end_ts, mdl, opts, actv, upd_ts)
select co, cust_no * 2, cust_no, 'OLD-3', ord_no, 1, -1, ord_ts, 253402214400, 'S', '<o><sso>1</sso></o>', 'T', upd_ts
from ord_hd where cust_no between %(first)s and %(first)s + 9999

-- insert lic
insert into lic (co, lic_no, ent_no, lic_key, iss_ts, rvk_fl, upd_ts)
select co, ent_no * 2, ent_no, g || '-' || left(md5(upper(g)), 5) || E'\r\n', beg_ts, 'F', upd_ts
from (select *, substr(md5(trim(co) || ent_no), 1, 5) || '-' || substr(md5(trim(co) || ent_no), 6, 5) || '-' || substr(md5(trim(co) || ent_no), 11, 5) as g
      from ent where cust_no between %(first)s and %(first)s + 9999) e

-- insert act
insert into act (act_no, co, lic_no, host, ip, act_ts, rel_ts, ver, upd_ts)
select 900000000 + %(round)s * 10000 + row_number() over (order by l.co, l.lic_no), l.co, l.lic_no, 'today' || l.lic_no, '2001:db8::7', 1772323200 + %(round)s * 3600, null, '2.0',
       1772323200 + %(round)s * 3600
from lic l join ent e using (co, ent_no) where trim(e.co) || e.cust_no = any (%(busy)s) or e.cust_no between %(first)s and %(first)s + 9999

-- insert rnw
insert into rnw (co, rnw_no, ent_no, prv_no, due_ts, quote, rem, stat, upd_ts)
select e.co, e.cust_no * 4 + 3, min(e.ent_no), max(r.rnw_no), 1803859200, '¥1,234', '90;30', 'P', 1772323200 + %(round)s * 3600
from rnw r join ent e on e.co = r.co and e.ent_no = r.ent_no
where trim(e.co) || e.cust_no = any (%(busy)s) and mod(r.rnw_no, 4) < 2 and not exists (select from rnw b where b.co = e.co and b.rnw_no = e.cust_no * 4 + 3)
group by e.co, e.cust_no

-- insert use_log
insert into use_log (co, lic_no, ts, feat, n)
select co, lic_no, 1772323200 + %(round)s * 3600, 'edit', 1 from lic join ent using (co, ent_no) where trim(co) || cust_no = any (%(busy)s)

-- insert sys_cfg
insert into sys_cfg (k, v) values ('round.' || %(round)s, 'done')

-- update cust
update cust set nm = 'Renamed ' || cust_no || ' in ' || %(round)s, enc = null, cr_lim = '$2,000.00', upd_ts = 1772323200 + %(round)s * 3600
where trim(co) || cust_no = any (%(marked)s)

-- update usr
update usr set pw = '$2b$12$' || md5(%(round)s::text), mfa = 'T', last_ts = 1772323200 + %(round)s * 3600, upd_ts = 1772323200 + %(round)s * 3600
where trim(co) || cust_no = any (%(marked)s)

-- update ord_hd
update ord_hd set stat = case stat when 'O' then 'I' else 'C' end, upd_ts = 1772323200 + %(round)s * 3600 where trim(co) || cust_no = any (%(marked)s)

-- update ent
update ent set end_ts = greatest(end_ts, beg_ts) + 31536000, qty = abs(qty) + 5, upd_ts = 1772323200 + %(round)s * 3600
where trim(co) || cust_no = any (%(marked)s) and end_ts < 253370764800

-- update lic
update lic set rvk_fl = case when rvk_fl = 'T' then 'F' else 'T' end, upd_ts = 1772323200 + %(round)s * 3600
where (co, ent_no) in (select co, ent_no from ent where trim(co) || cust_no = any (%(marked)s))

-- update lic
update lic set lic_key = left(lic_key, 15) || lpad(mod(cast(substr(lic_key, 4, 5) || substr(lic_key, 10, 5) as bigint), 97)::text, 2, '0'),
    upd_ts = 1772323200 + %(round)s * 3600
where (co, lic_no) in (select co, lic_no from lic where lic_key like 'NG-11111-%%-99' order by lic_no, co limit 1)

-- unmarked cust
update cust set bill_addr = 'moved in ' || %(round)s, sett = '<cfg tz="America/Denver" lang="es"/>' where trim(co) || cust_no = any (%(unmarked)s)

-- unmarked cust_cont
update cust_cont set ph = '555-' || %(round)s where trim(co) || cust_no = any (%(unmarked)s)

-- unmarked ord_ln
update ord_ln set amt = amt + 1.255 where (co, ord_no) in (select co, ord_no from ord_hd where trim(co) || cust_no = any (%(unmarked)s))

-- unmarked rev_sch
update rev_sch set amt = amt + 0.125 where (co, ord_no) in (select co, ord_no from ord_hd where trim(co) || cust_no = any (%(unmarked)s))

-- unmarked act
update act set rel_ts = 1772323200 + %(round)s * 3600
where (co, lic_no) in (select l.co, l.lic_no from lic l join ent e using (co, ent_no) where trim(e.co) || e.cust_no = any (%(unmarked)s))

-- delete act
delete from act
where (co, lic_no) in (select l.co, l.lic_no from lic l join ent e using (co, ent_no) where trim(e.co) || e.cust_no = any (%(gone)s))
   or ((co, lic_no) in (select l.co, l.lic_no from lic l join ent e using (co, ent_no) where trim(e.co) || e.cust_no = any (%(busy)s)) and act_ts < 1672531200)

-- delete act_arch
delete from act_arch
where (co, lic_no) in (select l.co, l.lic_no from lic l join ent e using (co, ent_no) where trim(e.co) || e.cust_no = any (%(gone)s) or trim(e.co) || e.cust_no = any (%(unmarked)s))

-- delete use_log
delete from use_log where (co, lic_no) in (select l.co, l.lic_no from lic l join ent e using (co, ent_no) where trim(e.co) || e.cust_no = any (%(gone)s))

-- delete lic
delete from lic where (co, ent_no) in (select co, ent_no from ent where trim(co) || cust_no = any (%(gone)s))

-- delete rnw
delete from rnw where (co, ent_no) in (select co, ent_no from ent where trim(co) || cust_no = any (%(gone)s))

-- delete ent
delete from ent where trim(co) || cust_no = any (%(gone)s)

-- delete rev_sch
delete from rev_sch where (co, ord_no) in (select co, ord_no from ord_hd where trim(co) || cust_no = any (%(gone)s))

-- delete ord_ln
delete from ord_ln where (co, ord_no) in (select co, ord_no from ord_hd where trim(co) || cust_no = any (%(gone)s))

-- delete ord_hd
delete from ord_hd where trim(co) || cust_no = any (%(gone)s)

-- delete usr
delete from usr where trim(co) || cust_no = any (%(gone)s)

-- delete cust_cont
delete from cust_cont where trim(co) || cust_no = any (%(gone)s)

-- delete cust
delete from cust where trim(co) || cust_no = any (%(gone)s)

-- delete pbk_ln
delete from pbk_ln where pb_cd = 'USPART' and vf_ts = 1577836800 and prod_cd = (select max(prod_cd) from pbk_ln where pb_cd = 'USPART' and vf_ts = 1577836800)
