-- The old system of Northgate: entitlement management for three companies, grown since 1998.
-- Every company counts from the same numbers, times are seconds since 1970, money is text as each
-- company writes it or a float, truth is a letter or a digit, and most relations are known to the
-- programs alone.

create table co (
    co char(4) primary key,
    nm varchar(60) not null,
    cur char(3) not null,
    actv char(1)
);

create table sys_cfg (
    k varchar(60) primary key,
    v text
);

create table fx_rt (
    cur char(3),
    per char(6),
    rate float8,
    primary key (cur, per)
);

create table mail_tmpl (
    id serial primary key,
    lang char(2),
    subj varchar(120),
    body text
);

create table prod (
    prod_cd char(12) primary key,
    nm varchar(80),
    fam varchar(20),
    mdl char(1),
    attrs text,
    eol_ts bigint,
    upd_ts bigint
);

create table prod_map (
    old_cd char(12) primary key,
    new_cd char(12),
    chg_ts bigint
);

create table pbk (
    pb_cd char(8) primary key,
    co char(4),
    nm varchar(60),
    actv char(1)
);

create table pbk_ln (
    pb_cd char(8),
    prod_cd char(12),
    vf_ts bigint,
    vt_ts bigint,
    price varchar(24),
    primary key (pb_cd, prod_cd, vf_ts)
);

create table rslr (
    co char(4),
    rs_no integer,
    rs_cd varchar(16),
    nm varchar(120),
    par_no integer,
    tier char(1),
    disc float8,
    actv char(1),
    upd_ts bigint,
    primary key (co, rs_no)
);

create table rslr_cont (
    co char(4),
    rs_no integer,
    seq smallint,
    nm varchar(80),
    email varchar(120),
    ph varchar(40),
    primary key (co, rs_no, seq)
);

-- enc 'L': loaded from the old mainframe as if its UTF-8 were Latin 1.
create table cust (
    co char(4),
    cust_no integer,
    nm varchar(120),
    enc char(1),
    ctry char(2),
    vat varchar(20),
    rs_no integer,
    sett text,
    bill_mail varchar(120),
    bill_addr text,
    cr_lim varchar(24),
    del_fl char(1),
    cr_ts bigint not null,
    upd_ts bigint,
    primary key (co, cust_no)
);

create table cust_cont (
    co char(4),
    cust_no integer,
    seq smallint,
    nm varchar(80),
    email varchar(120),
    ph varchar(40),
    primary key (co, cust_no, seq)
);

create table usr (
    co char(4),
    usr_no integer,
    cust_no integer,
    login varchar(100),
    nm varchar(80),
    pw varchar(80),
    roles varchar(40),
    mfa char(1),
    last_ts bigint,
    del_fl char(1),
    upd_ts bigint,
    primary key (co, usr_no)
);

create table ord_hd (
    co char(4),
    ord_no integer,
    cust_no integer,
    rs_no integer,
    ord_ts bigint,
    tot varchar(24),
    stat char(1),
    del_fl char(1),
    upd_ts bigint,
    primary key (co, ord_no)
);

create table ord_ln (
    co char(4),
    ord_no integer,
    ln_no smallint,
    prod_cd char(12),
    qty integer,
    price varchar(24),
    amt float8,
    primary key (co, ord_no, ln_no)
);

-- What finance recognises in which month; it was a spreadsheet, and still has no key.
create table rev_sch (
    co char(4),
    ord_no integer,
    ln_no smallint,
    per char(6),
    amt float8
);

create table ent (
    co char(4),
    ent_no integer,
    cust_no integer,
    prod_cd char(12),
    ord_no integer,
    ln_no smallint,
    qty integer,
    beg_ts bigint,
    end_ts bigint,
    mdl char(1),
    opts text,
    actv char(1),
    upd_ts bigint,
    primary key (co, ent_no)
);

create table lic (
    co char(4),
    lic_no integer,
    ent_no integer,
    lic_key varchar(60),
    iss_ts bigint,
    rvk_fl char(1),
    upd_ts bigint,
    primary key (co, lic_no)
);

create table act (
    act_no bigint primary key,
    co char(4),
    lic_no integer,
    host varchar(120),
    ip varchar(45),
    act_ts bigint,
    rel_ts bigint,
    ver varchar(12),
    upd_ts bigint
);

create table act_arch (
    act_no bigint primary key,
    co char(4),
    lic_no integer,
    host varchar(120),
    ip varchar(45),
    act_ts bigint,
    rel_ts bigint,
    ver varchar(12)
);

create table use_log (
    co char(4),
    lic_no integer,
    ts bigint,
    feat varchar(20),
    n integer
);

create table rnw (
    co char(4),
    rnw_no integer,
    ent_no integer,
    prv_no integer,
    due_ts bigint,
    quote varchar(24),
    rem varchar(30),
    stat char(1),
    upd_ts bigint,
    primary key (co, rnw_no)
);

create view v_rnw_due as
select r.co, r.rnw_no, c.nm, e.prod_cd, r.due_ts, r.quote
from rnw r
join ent e using (co, ent_no)
join cust c using (co, cust_no)
where r.stat = 'P';
