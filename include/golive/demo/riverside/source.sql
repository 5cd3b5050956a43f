-- The old system of Riverside: a student-management system that grew for twenty years.
-- Codes are padded, dates are text in two notations, flags are letters, and most relations are known
-- to the programs alone.

create table sch (
    sch_cd char(6) primary key,
    sch_nm varchar(60) not null,
    phone varchar(20),
    opened char(10),
    lo_grd smallint,
    hi_grd smallint,
    actv char(1),
    updated_at timestamp
);

create table dept (
    dept_cd char(4) primary key,
    dept_nm varchar(40)
);

create table stf (
    stf_id integer primary key,
    lst_nm varchar(60),
    fst_nm varchar(60),
    email varchar(120),
    hire_dt char(10),
    sup_id integer,
    sch_cd char(6),
    actv char(1),
    sal numeric(12, 4),
    updated_at timestamp
);

create table tchr (
    stf_id integer primary key references stf,
    cert_no varchar(20),
    cert_exp char(10),
    dept_cd char(4)
);

create table crs (
    crs_cd varchar(10),
    yr smallint,
    title varchar(120),
    credits varchar(8),
    dept_cd char(4),
    descr text,
    updated_at timestamp,
    primary key (crs_cd, yr)
);

create table sect (
    sch_cd char(6),
    yr smallint,
    sect_no integer,
    crs_cd varchar(10),
    tchr_id integer,
    room varchar(40),
    cap integer,
    primary key (sch_cd, yr, sect_no)
);

create table stu_master (
    stu_id integer primary key,
    ssid char(14),
    first_nm varchar(80),
    mid_nm varchar(40),
    last_nm varchar(80),
    dob char(8),
    gndr char(1),
    sch_cd char(6),
    grd_lvl char(2),
    status char(1) not null,
    enrl_dt date,
    lunch char(1),
    gpa numeric(4, 3),
    prefs text,
    langs varchar(40),
    photo bytea,
    email varchar(120),
    ph_home varchar(30),
    ph_cell varchar(30),
    created_at timestamp not null,
    updated_at timestamp
);

create table stu_addr (
    stu_id integer references stu_master,
    addr_typ char(1),
    eff_dt date,
    line1 varchar(80),
    line2 varchar(80),
    city varchar(40),
    st char(2),
    zip varchar(15),
    primary key (stu_id, addr_typ, eff_dt)
);

create table guardn (
    g_cd char(10) primary key,
    nm varchar(80),
    rel varchar(12),
    ph varchar(40),
    email varchar(120),
    updated_at timestamp
);

create table stu_guardn (
    stu_id integer,
    g_cd char(10),
    prim_fl char(1),
    primary key (stu_id, g_cd)
);

create table enrl (
    stu_id integer,
    sch_cd char(6),
    yr smallint,
    sect_no integer,
    stat char(1),
    enrl_dt date,
    updated_at timestamp
);

create table att_day (
    stu_id integer,
    att_dt date,
    att_cd char(1),
    mins integer,
    ent_dt char(8),
    updated_at timestamp,
    primary key (stu_id, att_dt)
);

create table att_arch (
    stu_id integer,
    att_dt date,
    att_cd char(1),
    mins integer,
    ent_dt char(8),
    primary key (stu_id, att_dt)
);

create table grd (
    grd_id bigint primary key,
    stu_id integer,
    sch_cd char(6),
    yr smallint,
    sect_no integer,
    mp char(2),
    pct varchar(8),
    mark varchar(6),
    cmt text,
    updated_at timestamp
);

create table fee_typ (
    fee_cd char(6) primary key,
    nm varchar(40),
    amt numeric(10, 2)
);

create table fee_trx (
    trx_no bigint,
    stu_id integer,
    fee_cd char(6),
    amt numeric(14, 4),
    trx_dt char(8),
    memo varchar(200),
    void_fl char(1),
    updated_at timestamp
);

create table bus_rt (
    rt_id serial primary key,
    nm varchar(40),
    dpt time
);

create table stu_bus (
    stu_id integer primary key,
    rt_id integer,
    stop varchar(60)
);

create table hlth (
    stu_id integer references stu_master,
    seq smallint,
    cond varchar(60),
    sev smallint,
    note text,
    primary key (stu_id, seq)
);

create table disc_inc (
    inc_id integer primary key,
    stu_id integer,
    inc_dt timestamp,
    descr text,
    rpt_by integer,
    updated_at timestamp
);

create table note_stu (
    note_id integer primary key,
    stu_id integer,
    cre_ts timestamp,
    txt text
);

create table login_log (
    usr varchar(40),
    ts timestamp,
    ip varchar(45),
    ok_fl char(1)
);

create table cal_day (
    sch_cd char(6),
    cal_dt date,
    schl_day char(1),
    lbl varchar(60),
    primary key (sch_cd, cal_dt)
);

create table msg_tmpl (
    tmpl_id integer primary key,
    subj varchar(200),
    body text
);

create table code_tab (
    typ varchar(10),
    cd varchar(20),
    descr text,
    primary key (typ, cd)
);

create table dist_cfg (
    cfg_key varchar(60) primary key,
    cfg_val text
);

create view v_stu_cur as
select m.stu_id, trim(m.last_nm) || ', ' || trim(m.first_nm) as nm, s.sch_nm, m.grd_lvl
from stu_master m
left join sch s on s.sch_cd = m.sch_cd
where m.status = 'A';
