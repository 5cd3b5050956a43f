-- Which rows of the old system can never stand in the new one, and why: (target table, key, reason).
-- One query per target table, parents first, so that what hangs on a lost row is lost too. A key
-- that stands twice loses all its rows. The rows that the new system has of its own come in as arrays.
with recursive
exchange_rate as (
    select cur as currency, to_date(per, 'YYYYMM') as month, case
        when cur || to_date(per, 'YYYYMM') = any (%(own_rates)s) then 'key taken'
        when rate = 'Infinity' then 'out of range'
        when round(rate::numeric, 6) <= 0 then 'check'
    end as reason
    from fx_rt
),
product as (
    select upper(trim(prod_cd)) as code, case
        when count(*) over (partition by upper(trim(prod_cd))) > 1 then 'duplicate key'
        when mdl not in ('N', 'F', 'S') then 'unknown value'
        when trim(attrs) <> '' and attrs not like '{"%%' then 'bad json'
    end as reason
    from prod
),
-- With what the new system sells already.
product_state as (
    select code, max(reason) as reason from product group by 1
    union all
    select code, null from unnest(%(own_products)s::text[]) code
),
product_alias as (
    select trim(m.old_cd) as old_code, case
        when p.code is null then 'orphan'
        when p.reason is not null then 'parent'
    end as reason
    from prod_map m left join product_state p on p.code = trim(m.new_cd)
),
price as (
    select trim(l.pb_cd) as price_book, trim(l.prod_cd) as product_code, (timestamp 'epoch' + l.vf_ts * interval '1 second')::date as valid_from, case
        when l.price !~ '[0-9]' then 'bad number'
        when l.vt_ts <= l.vf_ts then 'check'
        when b.pb_cd is null and trim(l.pb_cd) <> all (%(own_books)s) or p.code is null then 'orphan'
        when p.reason is not null then 'parent'
        when exists (select from unnest(%(own_prices)s::text[]) o
                     where split_part(o, ' ', 1) = trim(l.pb_cd) and split_part(o, ' ', 2) = trim(l.prod_cd)
                       and (l.vt_ts is null or split_part(o, ' ', 3)::bigint < l.vt_ts) and l.vf_ts < split_part(o, ' ', 4)::bigint) then 'days taken'
    end as reason
    from pbk_ln l left join pbk b using (pb_cd) left join product_state p on p.code = trim(l.prod_cd)
),
partner_alone as (
    select r.co, r.rs_no, r.par_no, case
        when upper(trim(r.rs_cd)) = any (%(own_partners)s) then 'unique'
        when r.tier not in ('G', 'S', 'B') then 'unknown value'
        when r.disc > 60 then 'check'
        when r.par_no is not null and not exists (select from rslr b where b.co = r.co and b.rs_no = r.par_no) then 'orphan'
    end as reason
    from rslr r
),
partner_lost as (
    select co, rs_no from partner_alone where reason is not null
    union
    select r.co, r.rs_no from rslr r join partner_lost b on b.co = r.co and b.rs_no = r.par_no
),
partner as (
    select a.co, a.rs_no, case when l.rs_no is not null then coalesce(a.reason, 'parent') end as reason
    from partner_alone a left join partner_lost l using (co, rs_no)
),
-- A name that was loaded as Latin 1 and holds what Latin 1 has not.
organisation as materialized (
    select upper(trim(c.co)) as co, c.cust_no, case
        when count(*) over (partition by upper(trim(c.co)), c.cust_no) > 1 then 'duplicate key'
        when c.enc = 'L' and c.nm ~ '[^\u0001-\u00ff]' then 'bad encoding'
        when c.nm is null then 'not null'
        when length(trim(c.nm)) > 80 and c.enc is null then 'too long'
        when c.ctry !~ '^[A-Z]{2}$' then 'check'
        when upper(trim(c.vat)) = any (%(own_vats)s) then 'unique'
        when c.rs_no is not null and r.rs_no is null then 'orphan'
        when r.reason is not null then 'parent'
    end as reason
    from cust c left join partner r on upper(trim(r.co)) = upper(trim(c.co)) and r.rs_no = c.rs_no
    where coalesce(c.del_fl, 'F') not in ('T', '1')
),
organisation_state as materialized (select co, cust_no, max(reason) as reason from organisation group by 1, 2),
organisation_billing as (
    select upper(trim(c.co)) as co, c.cust_no, case
        when count(*) over (partition by upper(trim(c.co)), c.cust_no) > 1 then 'duplicate key'
        when trim(c.bill_mail) <> '' and lower(trim(c.bill_mail)) !~ '^[^@[:space:]]+@[^@[:space:]]+$' then 'check'
        when trim(c.cr_lim) <> '' and c.cr_lim !~ '[0-9]' then 'bad number'
        when o.reason is not null then 'parent'
    end as reason
    from cust c join organisation_state o on o.co = upper(trim(c.co)) and o.cust_no = c.cust_no
    where coalesce(c.del_fl, 'F') not in ('T', '1')
),
contact as (
    select kind, trim(x.co) as co, x.number, x.seq, case
        when x.nm is null then 'not null'
        when trim(x.email) <> '' and lower(trim(x.email)) !~ '^[^@[:space:]]+@[^@[:space:]]+$' then 'check'
        when length(x.ph) > 20 then 'too long'
        when not x.found then 'orphan'
        when x.reason is not null then 'parent'
    end as reason
    from (
        select 'organisation' as kind, k.co, k.cust_no as number, k.seq, k.nm, k.email, k.ph, o.cust_no is not null as found, o.reason
        from cust_cont k left join organisation_state o on o.co = trim(k.co) and o.cust_no = k.cust_no
        union all
        select 'partner', k.co, k.rs_no, k.seq, k.nm, k.email, k.ph, r.rs_no is not null, r.reason
        from rslr_cont k left join partner r using (co, rs_no)
    ) x
),
app_user as (
    select trim(u.co) as co, u.usr_no, case
        when lower(trim(u.login)) = any (%(own_logins)s) then 'unique'
        when u.mfa is null or u.mfa not in ('T', '1', 'F', '0') then 'not null'
        when length(trim(u.login)) > 60 then 'too long'
        when o.cust_no is null then 'orphan'
        when o.reason is not null then 'parent'
    end as reason
    from usr u left join organisation_state o on o.co = trim(u.co) and o.cust_no = u.cust_no
),
sales_order as materialized (
    select trim(h.co) as co, h.ord_no, case
        when h.stat not in ('O', 'I', 'C') then 'unknown value'
        when trim(h.tot) <> '' and h.tot !~ '[0-9]' then 'bad number'
        when o.cust_no is null or (h.rs_no is not null and r.rs_no is null) then 'orphan'
        when coalesce(o.reason, r.reason) is not null then 'parent'
    end as reason
    from ord_hd h
    left join organisation_state o on o.co = trim(h.co) and o.cust_no = h.cust_no
    left join partner r on r.co = h.co and r.rs_no = h.rs_no
    where coalesce(h.del_fl, 'F') not in ('T', '1')
),
order_line as materialized (
    select trim(l.co) as co, l.ord_no, l.ln_no, case
        when l.qty <= 0 then 'check'
        when l.price !~ '[0-9]' then 'bad number'
        when l.amt = 'Infinity' then 'out of range'
        when h.ord_no is null or p.code is null then 'orphan'
        when coalesce(h.reason, p.reason) is not null then 'parent'
    end as reason
    from ord_ln l
    left join sales_order h on h.co = trim(l.co) and h.ord_no = l.ord_no
    left join prod_map m on m.old_cd = l.prod_cd
    left join product_state p on p.code = trim(coalesce(m.new_cd, l.prod_cd))
),
revenue as (
    select trim(s.co) as co, s.ord_no, s.ln_no, left(s.per, 4) || '-' || right(s.per, 2) as period, case
        when s.ord_no is null then 'null key'
        when count(*) over (partition by s.co, s.ord_no, s.ln_no, s.per) > 1 then 'duplicate key'
        when s.amt is null then 'not null'
        when right(s.per, 2)::int not between 1 and 12 then 'check'
        when l.ord_no is null then 'orphan'
        when l.reason is not null then 'parent'
    end as reason
    from rev_sch s left join order_line l on l.co = trim(s.co) and l.ord_no = s.ord_no and l.ln_no = s.ln_no
),
entitlement as materialized (
    select trim(e.co) as co, e.ent_no, case
        when e.beg_ts is null then 'not null'
        when e.end_ts <= e.beg_ts then 'check'
        when e.mdl not in ('N', 'F', 'S') then 'unknown value'
        when e.qty = 0 or e.qty < -1 then 'check'
        when substring(e.opts from '<sso>([^<]*)</sso>') not in ('1', 'no') then 'bad setting'
        when o.cust_no is null or p.code is null or (e.ord_no is not null and e.ln_no is not null and l.ord_no is null) then 'orphan'
        when coalesce(o.reason, p.reason, l.reason) is not null then 'parent'
    end as reason
    from ent e
    left join organisation_state o on o.co = trim(e.co) and o.cust_no = e.cust_no
    left join prod_map m on m.old_cd = e.prod_cd
    left join product_state p on p.code = trim(coalesce(m.new_cd, e.prod_cd))
    left join order_line l on l.co = trim(e.co) and l.ord_no = e.ord_no and l.ln_no = e.ln_no
),
-- The checksums of the three formats, each written as its programs computed it.
key_read as materialized (
    select co, lic_no, ent_no, upper(rtrim(lic_key, E' \r\n\t;*')) as k from lic
),
licence as materialized (
    select trim(x.co) as co, x.lic_no, case
        when x.k is null then 'not null'
        when x.k not like 'NG-%%' and x.k not like 'NG2.%%' and x.k not like '_____-_____-_____-%%' then 'no format'
        when x.k = any (%(own_keys)s) then 'unique'
        when x.k like 'NG-%%' and split_part(x.k, '-', 4)::int <> (split_part(x.k, '-', 2) || split_part(x.k, '-', 3))::bigint %% 97 then 'check'
        when x.k like 'NG2.%%' and split_part(x.k, '.', 3) <> upper(substr(md5(split_part(x.k, '.', 2)), 1, 2)) then 'check'
        when x.k not like 'NG%%' and substr(x.k, 19) <> upper(substr(md5(substr(x.k, 1, 17)), 1, 5)) then 'check'
        when e.ent_no is null then 'orphan'
        when e.reason is not null then 'parent'
    end as reason
    from key_read x left join entitlement e on e.co = trim(x.co) and e.ent_no = x.ent_no
),
activation as (
    select a.act_no, (timestamp 'epoch' + a.act_ts * interval '1 second')::date as activated_on, case
        when a.lic_no is null then 'no licence'
        when length(a.host) > 64 then 'too long'
        when a.ip like '%%.%%.%%.999' then 'bad address'
        when a.act_ts < 1420070400 or a.act_ts >= 1798761600 then 'no partition'
        when l.lic_no is null then 'orphan'
        when l.reason is not null then 'parent'
    end as reason
    from (select act_no, co, lic_no, host, ip, act_ts from act union all select act_no, co, lic_no, host, ip, act_ts from act_arch) a
    left join licence l on l.co = trim(a.co) and l.lic_no = a.lic_no
),
renewal_alone as materialized (
    select trim(n.co) as co, n.rnw_no, n.prv_no, case
        when n.due_ts is null then 'not null'
        when trim(n.quote) <> '' and n.quote !~ '[0-9]' then 'bad number'
        when n.rem ~ '[a-z]' then 'bad number'
        when n.stat not in ('P', 'W', 'L') then 'unknown value'
        when e.ent_no is null or (n.prv_no is not null and not exists (select from rnw b where b.co = n.co and b.rnw_no = n.prv_no)) then 'orphan'
        when e.reason is not null then 'parent'
    end as reason
    from rnw n left join entitlement e on e.co = trim(n.co) and e.ent_no = n.ent_no
),
renewal_lost as (
    select co, rnw_no from renewal_alone where reason is not null
    union
    select n.co, n.rnw_no from renewal_alone n join renewal_lost b on b.co = n.co and b.rnw_no = n.prv_no
),
renewal as (
    select a.co, a.rnw_no, case when l.rnw_no is not null then coalesce(a.reason, 'parent') end as reason
    from renewal_alone a left join renewal_lost l using (co, rnw_no)
)
select 'exchange_rate', array[currency, month::text], reason from exchange_rate where reason is not null
union all select 'product', array[code], reason from product where reason is not null
union all select 'product_alias', array[old_code], reason from product_alias where reason is not null
union all select 'price', array[price_book, product_code, valid_from::text], reason from price where reason is not null
union all select 'channel_partner', array[md5('partner:' || trim(co) || ':' || rs_no)::uuid::text], reason from partner where reason is not null
union all select 'organisation', array[md5('organisation:' || co || ':' || cust_no)::uuid::text], reason from organisation where reason is not null
union all select 'organisation_billing', array[md5('organisation:' || co || ':' || cust_no)::uuid::text], reason from organisation_billing where reason is not null
union all select 'contact', array[kind, co, number::text, seq::text], reason from contact where reason is not null
union all select 'app_user', array[md5('user:' || co || ':' || usr_no)::uuid::text], reason from app_user where reason is not null
union all select 'sales_order', array[co, ord_no::text], reason from sales_order where reason is not null
union all select 'order_line', array[co, ord_no::text, ln_no::text], reason from order_line where reason is not null
union all select 'revenue', array[co, ord_no::text, ln_no::text, period], reason from revenue where reason is not null
union all select 'entitlement', array[md5('entitlement:' || co || ':' || ent_no)::uuid::text], reason from entitlement where reason is not null
union all select 'licence', array[md5('licence:' || co || ':' || lic_no)::uuid::text], reason from licence where reason is not null
union all select 'activation', array[act_no::text, activated_on::text], reason from activation where reason is not null
union all select 'renewal', array[md5('renewal:' || co || ':' || rnw_no)::uuid::text], reason from renewal where reason is not null
