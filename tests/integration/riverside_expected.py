"""An independent reader of Riverside: what the new system must hold, told by the old one.

Written by hand and never taken from project.yaml: each query reads the old system, pandas parses
what the old system kept as text (dates, numbers, JSON), and the result is compared cell by cell with
what the new system has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

from golive.demo.riverside import NULL, unmigratable

# The old system's local time is read where the district is; both sides are shown in that zone.
OPTIONS = "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c timezone=America/New_York"

Column = Callable[[pd.Series], pd.Series]


def _dates(notation: str) -> Column:
    def parse(texts: pd.Series) -> pd.Series:
        days = pd.to_datetime(texts.str.strip(), format=notation, errors="coerce")
        return days.dt.strftime("%Y-%m-%d")

    return parse


def _two_digits(texts: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(texts.str.strip(), errors="coerce")
    return numbers.map(lambda number: f"{number:.2f}", na_action="ignore")


def _json(texts: pd.Series) -> pd.Series:
    def parse(text: object) -> str | None:
        try:
            return json.dumps(json.loads(str(text)), sort_keys=True) if text else None
        except ValueError:
            return None

    return texts.map(parse)


ymd, mdy = _dates("%Y%m%d"), _dates("%m/%d/%Y")


@dataclass(frozen=True)
class Expected:
    """One table of the new system: its key, the query over the old one, and which rows came from there.

    ``parse`` is done to columns of the old side in pandas, ``same`` to both sides. ``own`` counts the
    rows that the new system had before.
    """

    key: tuple[str, ...]
    query: str
    migrated: str = "true"
    parse: dict[str, Column] = field(default_factory=dict)
    same: dict[str, Column] = field(default_factory=dict)
    own: int = 0


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
        same={"preferences": _json},
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


def expected(source_url: str, target_url: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each table as it must stand in the new system, all values as text; its own rows left out."""
    lost = unmigratable(source_url, target_url)
    with psycopg.connect(source_url, options=OPTIONS) as source:
        for table, spec in TABLES.items():
            frame = _frame(source, sql.SQL("select * from ({}) q").format(sql.SQL(spec.query)), spec.parse | spec.same)
            if spec.key:
                keys = pd.MultiIndex.from_frame(frame[list(spec.key)].fillna(NULL))
                frame = frame[~keys.isin(list(lost.get(table, {})))]
            yield table, frame.reset_index(drop=True)


def differences(source_url: str, target_url: str) -> list[str]:
    """What is wrong in the new system, one sentence each; empty when every cell is as it must be.

    The rows of the new system's own are counted; in the others every column that the old system
    fills is compared. It holds one table at a time.
    """
    found: list[str] = []
    with psycopg.connect(target_url, options=OPTIONS) as target:
        for table, want in expected(source_url, target_url):
            spec = TABLES[table]
            query = sql.SQL("select {} from {} where {}").format(
                sql.SQL(", ").join(map(sql.Identifier, want.columns)), sql.Identifier(table), sql.SQL(spec.migrated)
            )
            have = _frame(target, query, spec.same)
            found += _by_key(table, spec.key, want, have) if spec.key else _as_bags(table, want, have)
            count = sql.SQL("select count(*) from {} where not ({})")
            own = target.execute(count.format(sql.Identifier(table), sql.SQL(spec.migrated))).fetchone()
            if own != (spec.own,):
                found.append(f"{table}: {own and own[0]} rows of the new system's own, not {spec.own}")
    return found


def _frame(connection: psycopg.Connection[Any], query: sql.Composed, parse: dict[str, Column]) -> pd.DataFrame:
    """The rows of a query, every value as the server's text, None for NULL."""
    description = connection.execute(sql.SQL("select * from ({}) q limit 0").format(query)).description or []
    names = [column.name for column in description]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    rows = connection.execute(sql.SQL("select {} from ({}) q").format(texts, query)).fetchall()
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    for name, column in parse.items():
        frame[name] = column(frame[name].astype(object)).astype(object)
    return frame.where(frame.notna(), None)


def _by_key(table: str, key: tuple[str, ...], want: pd.DataFrame, have: pd.DataFrame) -> list[str]:
    names = list(key)
    if want.duplicated(names).any():
        return [f"{table}: the old system gives a key twice: {want[want.duplicated(names)][names].values.tolist()[:3]}"]
    both = want.merge(have, on=names, how="outer", suffixes=("", " here"), indicator=True)
    found = []
    for side, word in (("left_only", "missing"), ("right_only", "too many")):
        rows = both[both["_merge"] == side]
        if len(rows):
            found.append(f"{table}: {len(rows)} {word}, such as {rows[names].values.tolist()[:5]}")
    both = both[both["_merge"] == "both"]
    for name in want.columns.difference(names):
        left, right = both[name], both[f"{name} here"]
        rows = both[~((left == right) | (left.isna() & right.isna()))]
        if len(rows):
            example = rows[[*names, name, f"{name} here"]].values.tolist()[:3]
            found.append(f"{table}.{name}: {len(rows)} differ, such as {example}")
    return found


def _as_bags(table: str, want: pd.DataFrame, have: pd.DataFrame) -> list[str]:
    left, right = want.value_counts(dropna=False), have.value_counts(dropna=False)
    apart = left.sub(right, fill_value=0)
    apart = apart[apart != 0]
    if apart.empty:
        return []
    return [f"{table}: {len(apart)} rows stand another number of times, such as {apart.head(3).to_dict()}"]
