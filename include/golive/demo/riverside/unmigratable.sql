-- Which rows of the old system can never stand in the new one, and why: (target table, key, reason).
-- One query per target table, parents first, so that what hangs on a lost row is lost too. A key
-- that stands twice loses all its rows. The rows that the new system has of its own come in as arrays.
with recursive
days as materialized (
    select to_char(d, 'YYYYMMDD') as ymd, to_char(d, 'MM/DD/YYYY') as mdy
    from generate_series(timestamp '1900-01-01', timestamp '2100-12-31', interval '1 day') d
),
school as (
    select trim(sch_cd) as school_code, case
        when lo_grd > hi_grd then 'check'
    end as reason
    from sch
),
calendar_day as (
    select trim(c.sch_cd) as school_code, c.cal_dt as day, case
        when (trim(c.sch_cd) || ' ' || c.cal_dt) = any (%(own_days)s) then 'key taken'
        when s.school_code is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from cal_day c left join school s on s.school_code = trim(c.sch_cd)
),
staff_alone as (
    select t.stf_id, t.sup_id, case
        when t.hire_dt is not null and t.hire_dt not in (select mdy from days) then 'bad date'
        when lower(trim(t.email)) = any (%(own_emails)s) then 'unique'
        when t.sch_cd is not null and s.school_code is null then 'orphan'
        when t.sup_id is not null and not exists (select from stf b where b.stf_id = t.sup_id) then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from stf t left join school s on s.school_code = trim(t.sch_cd)
),
staff_lost as (
    select stf_id from staff_alone where reason is not null
    union
    select t.stf_id from stf t join staff_lost b on b.stf_id = t.sup_id
),
staff as (
    select a.stf_id, case when l.stf_id is not null then coalesce(a.reason, 'parent') end as reason
    from staff_alone a left join staff_lost l using (stf_id)
),
teacher_certificate as (
    select t.stf_id, case
        when t.cert_exp is not null and t.cert_exp not in (select mdy from days) then 'bad date'
        when s.stf_id is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from tchr t left join staff s using (stf_id)
),
course as (
    select upper(trim(c.crs_cd)) as course_code, c.yr, case
        when count(*) over (partition by upper(trim(c.crs_cd)), c.yr) > 1 then 'duplicate key'
        when trim(c.credits) <> '' and c.credits !~ '^[0-9]+([.][0-9]+)?$' then 'bad number'
        when length(c.title) > 60 then 'too long'
        when c.dept_cd is not null and d.dept_cd is null then 'orphan'
    end as reason
    from crs c left join dept d on d.dept_cd = c.dept_cd
),
course_state as (select course_code, yr, max(reason) as reason from course group by 1, 2),
section as (
    select trim(x.sch_cd) as school_code, x.yr, x.sect_no, case
        when x.cap <= 0 then 'check'
        when length(x.room) > 20 then 'too long'
        when s.school_code is null or c.course_code is null or (x.tchr_id is not null and t.stf_id is null) then 'orphan'
        when coalesce(s.reason, c.reason, t.reason) is not null then 'parent'
    end as reason
    from sect x
    left join school s on s.school_code = trim(x.sch_cd)
    left join course_state c on c.course_code = upper(trim(x.crs_cd)) and c.yr = x.yr
    left join staff t on t.stf_id = x.tchr_id
),
student as materialized (
    select m.stu_id, case
        when trim(m.dob) <> '' and trim(m.dob) not in (select ymd from days) then 'bad date'
        when trim(m.prefs) <> '' and not (trim(m.prefs) like '{%%' and trim(m.prefs) like '%%}') then 'bad json'
        when m.first_nm is null or m.last_nm is null or m.sch_cd is null then 'not null'
        when trim(m.gndr) not in ('F', 'M', 'X', '') or m.status not in ('A', 'W', 'G') then 'unknown value'
        when length(trim(m.first_nm)) > 40 or length(trim(m.last_nm)) > 40 then 'too long'
        when m.gpa < 0 or m.gpa > 5 then 'check'
        when trim(m.ssid) = any (%(own_state_ids)s) then 'unique'
        when s.school_code is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from stu_master m left join school s on s.school_code = trim(m.sch_cd)
    where m.status <> 'X'
),
student_contact as (
    select m.stu_id, case
        when trim(m.email) <> '' and lower(trim(m.email)) !~ '^[^@[:space:]]+@[^@[:space:]]+$' then 'check'
        when length(trim(m.ph_home)) > 20 or length(trim(m.ph_cell)) > 20 then 'too long'
        when s.reason is not null then 'parent'
    end as reason
    from stu_master m join student s using (stu_id)
),
student_address as (
    select a.stu_id, case upper(a.addr_typ) when 'H' then 'home' when 'M' then 'mailing' else a.addr_typ end as kind, a.eff_dt, case
        when upper(a.addr_typ) not in ('H', 'M') then 'check'
        when length(a.zip) > 10 then 'too long'
        when s.stu_id is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from stu_addr a left join student s using (stu_id)
),
guardian as (
    select upper(trim(g_cd)) as guardian_code, case
        when count(*) over (partition by upper(trim(g_cd))) > 1 then 'duplicate key'
        when lower(trim(rel)) not in ('mother', 'father', 'other') then 'check'
        when length(ph) > 20 then 'too long'
    end as reason
    from guardn
),
guardian_state as (select guardian_code, max(reason) as reason from guardian group by 1),
student_guardian as (
    select l.stu_id, upper(trim(l.g_cd)) as guardian_code, case
        when l.prim_fl is null or l.prim_fl not in ('Y', 'N') then 'not null'
        when s.stu_id is null or g.guardian_code is null then 'orphan'
        when coalesce(s.reason, g.reason) is not null then 'parent'
    end as reason
    from stu_guardn l left join student s using (stu_id)
    left join guardian_state g on g.guardian_code = upper(trim(l.g_cd))
),
enrollment as materialized (
    select e.stu_id, trim(e.sch_cd) as school_code, e.yr, e.sect_no, case
        when e.stu_id is null then 'null key'
        when count(*) over (partition by e.stu_id, trim(e.sch_cd), e.yr, e.sect_no) > 1 then 'duplicate key'
        when e.stat is null or e.stat not in ('E', 'D', 'C') then 'unknown value'
        when s.stu_id is null or x.sect_no is null then 'orphan'
        when coalesce(s.reason, x.reason) is not null then 'parent'
    end as reason
    from enrl e left join student s using (stu_id)
    left join section x on x.school_code = trim(e.sch_cd) and x.yr = e.yr and x.sect_no = e.sect_no
),
enrollment_state as (select stu_id, school_code, yr, sect_no, max(reason) as reason from enrollment group by 1, 2, 3, 4),
grade as (
    select g.grd_id, case
        when trim(g.pct) <> '' and g.pct !~ '^[0-9]+([.][0-9]+)?$' then 'bad number'
        when trim(g.pct) <> '' and cast(g.pct as numeric) > 100 then 'check'
        when length(g.mark) > 2 then 'too long'
        when e.stu_id is null then 'orphan'
        when e.reason is not null then 'parent'
    end as reason
    from grd g left join enrollment_state e
        on e.stu_id = g.stu_id and e.school_code = trim(g.sch_cd) and e.yr = g.yr and e.sect_no = g.sect_no
),
attendance as (
    select a.stu_id, a.att_dt, case
        when a.ent_dt is not null and a.ent_dt not in (select ymd from days) then 'bad date'
        when a.att_cd is null or a.att_cd not in ('P', 'A', 'T') then 'unknown value'
        when a.mins > 32767 then 'out of range'
        when a.att_dt < date '2023-07-01' or a.att_dt >= date '2026-07-01' then 'no partition'
        when s.stu_id is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from (select stu_id, att_dt, att_cd, mins, ent_dt from att_day union all select stu_id, att_dt, att_cd, mins, ent_dt from att_arch) a
    left join student s using (stu_id)
),
fee_transaction as (
    select f.trx_no, case
        when count(*) over (partition by f.trx_no) > 1 then 'duplicate key'
        when f.trx_no = any (%(own_transactions)s) then 'key taken'
        when f.trx_dt is not null and f.trx_dt not in (select ymd from days) then 'bad date'
        when round(f.amt, 2) = 0 then 'check'
        when s.stu_id is null or y.fee_cd is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from fee_trx f left join student s using (stu_id) left join fee_typ y on y.fee_cd = f.fee_cd
),
ride as (
    select r.stu_id, case
        when s.stu_id is null or b.rt_id is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from stu_bus r left join student s using (stu_id) left join bus_rt b using (rt_id)
),
health_note as (
    select h.stu_id, h.seq, case
        when h.sev < 1 or h.sev > 5 then 'check'
        when s.stu_id is null then 'orphan'
        when s.reason is not null then 'parent'
    end as reason
    from hlth h left join student s using (stu_id)
),
student_note as (
    select n.kind, n.note_no, case
        when n.body is null then 'not null'
        when s.stu_id is null or (n.author is not null and t.stf_id is null) then 'orphan'
        when coalesce(s.reason, t.reason) is not null then 'parent'
    end as reason
    from (select 'incident' as kind, inc_id as note_no, stu_id, descr as body, rpt_by as author from disc_inc
          union all select 'note', note_id, stu_id, txt, null from note_stu) n
    left join student s using (stu_id) left join staff t on t.stf_id = n.author
)
select 'school', array[school_code], reason from school where reason is not null
union all select 'calendar_day', array[school_code, day::text], reason from calendar_day where reason is not null
union all select 'staff', array[stf_id::text], reason from staff where reason is not null
union all select 'teacher_certificate', array[stf_id::text], reason from teacher_certificate where reason is not null
union all select 'course', array[course_code, yr::text], reason from course where reason is not null
union all select 'section', array[school_code, yr::text, sect_no::text], reason from section where reason is not null
union all select 'student', array[stu_id::text], reason from student where reason is not null
union all select 'student_contact', array[stu_id::text], reason from student_contact where reason is not null
union all select 'student_address', array[stu_id::text, kind, eff_dt::text], reason from student_address where reason is not null
union all select 'guardian', array[guardian_code], reason from guardian where reason is not null
union all select 'student_guardian', array[stu_id::text, guardian_code], reason from student_guardian where reason is not null
union all select 'enrollment', array[stu_id::text, school_code, yr::text, sect_no::text], reason from enrollment where reason is not null
union all select 'grade', array[grd_id::text], reason from grade where reason is not null
union all select 'attendance', array[stu_id::text, att_dt::text], reason from attendance where reason is not null
union all select 'fee_transaction', array[trx_no::text], reason from fee_transaction where reason is not null
union all select 'ride', array[stu_id::text], reason from ride where reason is not null
union all select 'health_note', array[stu_id::text, seq::text], reason from health_note where reason is not null
union all select 'student_note', array[kind, note_no::text], reason from student_note where reason is not null
