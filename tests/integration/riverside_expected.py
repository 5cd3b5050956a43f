"""An independent reader of Riverside: what the new system must hold, told by the old one.

Written by hand and never taken from project.yaml; ``tests.integration.expected`` does the comparing.
"""

from __future__ import annotations

import pandas as pd
from tests.integration import expected
from tests.integration.expected import Column, Expected, json_text

from golive.demo.organisation import unmigratable
from golive.demo.riverside import ORGANISATION

# The old system's local time is read where the district is; both sides are shown in that zone.
OPTIONS = "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c timezone=America/New_York"


def _dates(notation: str) -> Column:
    def parse(texts: pd.Series) -> pd.Series:
        days = pd.to_datetime(texts.str.strip(), format=notation, errors="coerce")
        return days.dt.strftime("%Y-%m-%d")

    return parse


def _two_digits(texts: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(texts.str.strip(), errors="coerce")
    return numbers.map(lambda number: f"{number:.2f}", na_action="ignore")


ymd, mdy = _dates("%Y%m%d"), _dates("%m/%d/%Y")

TABLES: dict[str, Expected] = {
    "setting": Expected(
        ("name",), "select cfg_key as name, cfg_val as value from dist_cfg", "left(name, 4) <> 'sis.'", own=2
    ),
    "code_value": Expected(
        ("code_type", "code"), "select typ as code_type, cd as code, descr as description from code_tab"
    ),
    "message_template": Expected(
        ("template_id",), "select tmpl_id as template_id, subj as subject, body from msg_tmpl"
    ),
    "department": Expected(("code",), "select rtrim(dept_cd) as code, dept_nm as name from dept"),
    "school": Expected(
        ("school_code",),
        """select rtrim(sch_cd) as school_code, sch_nm as name, phone, opened as opened_on, lo_grd as low_grade,
                  hi_grd as high_grade, actv in ('Y') as active, updated_at from sch""",
        "left(school_code, 2) = 'RV'",
        parse={"opened_on": mdy},
        own=1,
    ),
    "calendar_day": Expected(
        ("school_code", "day"),
        """select rtrim(sch_cd) as school_code, cal_dt as day, schl_day in ('Y') as is_school_day, lbl as label,
                  'sms' as entered_by from cal_day""",
        "entered_by <> 'native'",
        own=2,
    ),
    "staff": Expected(
        ("staff_id",),
        """select stf_id as staff_id, btrim(fst_nm) as first_name, btrim(lst_nm) as last_name,
                  btrim(lower(email)) as email, hire_dt as hired_on, sup_id as supervisor_id,
                  rtrim(sch_cd) as school_code, actv in ('Y') as active, round(sal, 2) as salary, updated_at,
                  'sms' as origin from stf""",
        "origin <> 'native'",
        parse={"hired_on": mdy},
        own=2,
    ),
    "teacher_certificate": Expected(
        ("staff_id",),
        """select stf_id as staff_id, cert_no as certificate_no, cert_exp as expires_on,
                  rtrim(dept_cd) as department_code from tchr""",
        parse={"expires_on": mdy},
    ),
    "course": Expected(
        ("course_code", "school_year"),
        """select upper(btrim(crs_cd)) as course_code, yr as school_year, title, credits,
                  rtrim(dept_cd) as department_code, descr as description, updated_at from crs""",
        parse={"credits": _two_digits},
    ),
    "section": Expected(
        ("school_code", "school_year", "section_no"),
        """select rtrim(sch_cd) as school_code, yr as school_year, sect_no as section_no,
                  upper(btrim(crs_cd)) as course_code, tchr_id as teacher_id, room, cap as capacity from sect""",
    ),
    "student": Expected(
        ("student_id",),
        """select stu_id as student_id, rtrim(ssid) as state_id, btrim(first_nm) as first_name,
                  nullif(btrim(mid_nm), '') as middle_name, btrim(last_nm) as last_name,
                  concat(btrim(last_nm), ', ', btrim(first_nm)) as display_name, dob as birth_date,
                  (select v from (values ('F', 'female'), ('M', 'male'), ('X', 'other')) g (k, v)
                   where k = gndr) as gender,
                  rtrim(sch_cd) as school_code, grd_lvl as grade_level,
                  (select v from (values ('A', 'active'), ('W', 'withdrawn'), ('G', 'graduated')) s (k, v)
                   where k = status) as status,
                  enrl_dt as enrolled_on, lunch is not distinct from 'Y' as free_lunch, gpa, prefs as preferences,
                  regexp_split_to_array(langs, ';') as languages, photo,
                  created_at at time zone 'America/New_York' as created_at, updated_at, 'sms' as origin
           from stu_master where status <> 'X'""",
        "origin <> 'native'",
        parse={"birth_date": ymd},
        same={"preferences": json_text},
        own=2,
    ),
    "student_contact": Expected(
        ("student_id",),
        """select stu_id as student_id, nullif(btrim(lower(email)), '') as email,
                  nullif(btrim(ph_home), '') as home_phone, nullif(btrim(ph_cell), '') as mobile_phone, updated_at
           from stu_master where status <> 'X'""",
        "student_id > 2",
        own=1,
    ),
    "student_address": Expected(
        ("student_id", "kind", "effective_on"),
        """select stu_id as student_id,
                  case when addr_typ in ('H', 'h') then 'home' when addr_typ in ('M', 'm') then 'mailing'
                       else addr_typ end as kind,
                  eff_dt as effective_on, line1, case when line2 <> '' then line2 end as line2, city, st as state,
                  zip as postal_code from stu_addr""",
    ),
    "guardian": Expected(
        ("guardian_code",),
        """select upper(rtrim(g_cd)) as guardian_code, nm as full_name, btrim(lower(rel)) as relationship, ph as phone,
                  lower(email) as email, updated_at, 'sms' as origin from guardn""",
        "origin <> 'native'",
        own=1,
    ),
    "student_guardian": Expected(
        ("student_id", "guardian_code"),
        """select stu_id as student_id, upper(rtrim(g_cd)) as guardian_code, prim_fl in ('Y') as is_primary
           from stu_guardn""",
    ),
    "enrollment": Expected(
        ("student_id", "school_code", "school_year", "section_no"),
        """select stu_id as student_id, rtrim(sch_cd) as school_code, yr as school_year, sect_no as section_no,
                  (select v from (values ('E', 'enrolled'), ('D', 'dropped'), ('C', 'completed')) s (k, v)
                   where k = stat) as status,
                  enrl_dt as enrolled_on, updated_at from enrl""",
    ),
    "grade": Expected(
        ("grade_id",),
        """select grd_id as grade_id, stu_id as student_id, rtrim(sch_cd) as school_code, yr as school_year,
                  sect_no as section_no, mp as marking_period, pct as percent, mark, cmt as comment, updated_at
           from grd""",
        parse={"percent": _two_digits},
    ),
    "attendance": Expected(
        ("student_id", "attended_on"),
        """select stu_id as student_id, att_dt as attended_on,
                  (select v from (values ('P', 'present'), ('A', 'absent'), ('T', 'tardy')) c (k, v)
                   where k = att_cd) as code,
                  mins as minutes_absent, ent_dt as entered_on, updated_at, taken_from
           from (select *, 'day' as taken_from from att_day
                 union all select *, null, 'archive' from att_arch) a""",
        parse={"entered_on": ymd},
    ),
    "fee_type": Expected(
        ("fee_code",),
        "select rtrim(fee_cd) as fee_code, nm as name, amt as standard_amount from fee_typ",
        "left(fee_code, 2) <> 'NV'",
        own=1,
    ),
    "fee_transaction": Expected(
        ("transaction_no",),
        """select trx_no as transaction_no, stu_id as student_id, rtrim(fee_cd) as fee_code, round(amt, 2) as amount,
                  trx_dt as booked_on, memo, void_fl in ('Y') as voided, updated_at, 'sms' as origin from fee_trx""",
        "origin <> 'native'",
        parse={"booked_on": ymd},
        own=2,
    ),
    "bus_route": Expected(("route_id",), "select rt_id as route_id, nm as name, dpt as departs_at from bus_rt"),
    "ride": Expected(("student_id",), "select stu_id as student_id, rt_id as route_id, stop from stu_bus"),
    "health_note": Expected(
        ("student_id", "note_no"),
        "select stu_id as student_id, seq as note_no, cond as condition, sev as severity, note from hlth",
    ),
    "student_note": Expected(
        ("kind", "note_no"),
        """select 'incident' as kind, inc_id as note_no, stu_id as student_id,
                  inc_dt at time zone 'America/New_York' as noted_at, descr as body, rpt_by as author_id from disc_inc
           union all
           select 'note', note_id, stu_id, cre_ts at time zone 'America/New_York', txt, null from note_stu""",
    ),
    "login_event": Expected(
        (),
        """select usr as user_name, ts at time zone 'America/New_York' as happened_at, cast(ip as inet) as address,
                  ok_fl in ('Y') as succeeded from login_log""",
    ),
}


def differences(source_url: str, target_url: str) -> list[str]:
    """What is wrong in the new system, one sentence each; empty when every cell is as it must be."""
    lost = unmigratable(ORGANISATION, source_url, target_url)
    return expected.differences(TABLES, source_url, target_url, lost, OPTIONS)
