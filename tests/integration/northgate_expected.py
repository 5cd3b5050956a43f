"""An independent reader of Northgate: what the new system must hold, told by the old one.

Written by hand and never taken from project.yaml; ``northgate_reading`` reads what the old system wrote as
text or as seconds, ``expected`` does the comparing.
"""

from __future__ import annotations

from decimal import Decimal

import psycopg
from tests.integration import expected
from tests.integration.expected import Expected, json_text
from tests.integration.northgate_reading import (
    address,
    arrays,
    cents,
    day,
    format_of_each,
    hundredths,
    key_of,
    micros,
    moment,
    money,
    name,
    setting,
    sso,
    tag,
    uid,
)

from golive.demo.northgate import ORGANISATION
from golive.demo.organisation import unmigratable

OPTIONS = "-c client_encoding=UTF8 -c datestyle=ISO,YMD -c timezone=UTC -c extra_float_digits=1"

MODEL = "(select v from (values ('N', 'named'), ('F', 'floating'), ('S', 'subscription')) m (k, v) where k = mdl)"

TABLES: dict[str, Expected] = {
    "setting": Expected(("name",), "select k as name, v as value from sys_cfg", "left(name, 4) <> 'hub.'", own=2),
    "exchange_rate": Expected(
        ("currency", "month"),
        """select cur as currency, make_date(left(per, 4)::int, right(per, 2)::int, 1) as month, rate, 'ems' as origin
           from fx_rt""",
        "origin <> 'native'",
        parse={"rate": micros},
        own=2,
    ),
    "reminder_template": Expected(
        ("template_id",), "select id as template_id, lang as language, subj as subject, body from mail_tmpl"
    ),
    "legal_entity": Expected(
        ("code",),
        "select rtrim(co) as code, nm as name, cur as currency, actv = any ('{T,1}') as active from co",
        "code <> 'NV'",
        own=1,
    ),
    "product": Expected(
        ("code",),
        f"""select upper(rtrim(prod_cd)) as code, nm as name, fam as family, {MODEL} as model, attrs as attributes,
                  eol_ts as sold_until, upd_ts as updated_at from prod""",
        "code <> 'CLOUD'",
        parse={"sold_until": day, "updated_at": moment},
        same={"attributes": json_text},
        own=1,
    ),
    "product_alias": Expected(
        ("old_code",),
        "select rtrim(old_cd) as old_code, rtrim(new_cd) as product_code, chg_ts as renamed_on from prod_map",
        parse={"renamed_on": day},
    ),
    "price_book": Expected(
        ("code",),
        """select rtrim(pb_cd) as code, rtrim(co) as legal_entity, nm as name, actv = any ('{T,1}') as active
           from pbk""",
        "left(code, 2) <> 'NV'",
        own=1,
    ),
    "price": Expected(
        ("price_book", "product_code", "valid_from"),
        """select rtrim(pb_cd) as price_book, rtrim(prod_cd) as product_code, vf_ts as valid_from,
                  vt_ts as valid_until, price as amount, 'ems' as origin from pbk_ln""",
        "origin <> 'native'",
        parse={"valid_from": day, "valid_until": day, "amount": money},
        own=2,
    ),
    "channel_partner": Expected(
        ("partner_id",),
        """select concat_ws(':', 'partner', rtrim(co), rs_no) as partner_id, rtrim(co) as legal_entity,
                  upper(btrim(rs_cd)) as code, nm as name,
                  case when par_no > 0 then concat_ws(':', 'partner', rtrim(co), par_no) end as parent_id,
                  (select v from (values ('G', 'gold'), ('S', 'silver'), ('B', 'bronze')) t (k, v)
                   where k = tier) as tier,
                  disc as discount, actv = any ('{T,1}') as active, upd_ts as updated_at, 'ems' as origin from rslr""",
        "origin <> 'native'",
        parse={"partner_id": uid, "parent_id": uid, "discount": hundredths, "updated_at": moment},
        own=1,
    ),
    "organisation": Expected(
        ("organisation_id",),
        """select concat_ws(':', 'organisation', upper(rtrim(co)), cust_no) as organisation_id,
                  upper(rtrim(co)) as legal_entity, cust_no as number, coalesce(enc, '-') || nm as name,
                  ctry as country, nullif(upper(btrim(vat)), '') as vat_id,
                  case when rs_no > 0 then concat_ws(':', 'partner', upper(rtrim(co)), rs_no) end as partner_id,
                  sett as timezone, sett as language, cr_ts as created_at, upd_ts as updated_at, 'ems' as origin
           from cust where (del_fl = any ('{T,1}')) is not true""",
        "origin <> 'native'",
        parse={
            "organisation_id": uid,
            "name": name,
            "partner_id": uid,
            "timezone": setting("tz"),
            "language": setting("lang"),
            "created_at": moment,
            "updated_at": moment,
        },
        own=1,
    ),
    "organisation_billing": Expected(
        ("organisation_id",),
        """select concat_ws(':', 'organisation', upper(rtrim(co)), cust_no) as organisation_id,
                  nullif(btrim(lower(bill_mail)), '') as email, bill_addr as address, cr_lim as credit_limit
           from cust where (del_fl = any ('{T,1}')) is not true""",
        parse={"organisation_id": uid, "credit_limit": money},
    ),
    "contact": Expected(
        ("kind", "legal_entity", "number", "contact_no"),
        """select 'organisation' as kind, rtrim(co) as legal_entity, cust_no as number, seq as contact_no,
                  concat_ws(':', 'organisation', rtrim(co), cust_no) as organisation_id, null as partner_id,
                  nm as name, nullif(btrim(lower(email)), '') as email, ph as phone from cust_cont
           union all
           select 'partner', rtrim(co), rs_no, seq, null, concat_ws(':', 'partner', rtrim(co), rs_no), nm,
                  nullif(btrim(lower(email)), ''), ph from rslr_cont""",
        parse={"organisation_id": uid, "partner_id": uid},
    ),
    "app_user": Expected(
        ("user_id",),
        """select concat_ws(':', 'user', rtrim(co), usr_no) as user_id,
                  concat_ws(':', 'organisation', rtrim(co), cust_no) as organisation_id,
                  btrim(lower(login)) as login, nm as full_name,
                  case when left(pw, 2) = '$2' then pw end as password_hash,
                  left(pw, 2) is distinct from '$2' as must_reset, roles, mfa = any ('{T,1}') as two_factor,
                  nullif(last_ts, 0) as last_seen_at, (del_fl = any ('{T,1}')) is not true as active,
                  upd_ts as updated_at, 'ems' as origin from usr""",
        "origin <> 'native'",
        parse={"user_id": uid, "organisation_id": uid, "roles": arrays, "last_seen_at": moment, "updated_at": moment},
        own=2,
    ),
    "sales_order": Expected(
        ("legal_entity", "order_no"),
        """select rtrim(co) as legal_entity, ord_no as order_no,
                  concat_ws(':', 'organisation', rtrim(co), cust_no) as organisation_id,
                  case when rs_no > 0 then concat_ws(':', 'partner', rtrim(co), rs_no) end as partner_id,
                  ord_ts as ordered_at, tot as total,
                  (select v from (values ('O', 'open'), ('I', 'invoiced'), ('C', 'cancelled')) s (k, v)
                   where k = stat) as status,
                  upd_ts as updated_at from ord_hd where (del_fl = any ('{T,1}')) is not true""",
        parse={
            "organisation_id": uid,
            "partner_id": uid,
            "ordered_at": moment,
            "total": money,
            "updated_at": moment,
        },
    ),
    "order_line": Expected(
        ("legal_entity", "order_no", "line_no"),
        """select rtrim(co) as legal_entity, ord_no as order_no, ln_no as line_no,
                  rtrim(coalesce((select new_cd from prod_map where old_cd = prod_cd), prod_cd)) as product_code,
                  qty as quantity, price as unit_price, amt as amount from ord_ln""",
        parse={"unit_price": money, "amount": cents},
    ),
    "revenue": Expected(
        ("legal_entity", "order_no", "line_no", "period"),
        """select rtrim(co) as legal_entity, ord_no as order_no, ln_no as line_no,
                  overlay(per placing '-' || substr(per, 5, 1) from 5 for 1) as period, amt as amount from rev_sch""",
        parse={"amount": cents},
    ),
    "entitlement": Expected(
        ("entitlement_id",),
        f"""select concat_ws(':', 'entitlement', rtrim(co), ent_no) as entitlement_id,
                  concat_ws(':', 'organisation', rtrim(co), cust_no) as organisation_id,
                  rtrim(coalesce((select new_cd from prod_map where old_cd = prod_cd), prod_cd)) as product_code,
                  rtrim(co) as legal_entity, ord_no as order_no, ln_no as line_no,
                  case when qty >= 0 then qty end as quantity, beg_ts as starts_on, end_ts as expires_on,
                  {MODEL} as model, opts as single_sign_on, opts as support_level,
                  actv = any ('{{T,1}}') as active, upd_ts as updated_at from ent""",
        "legal_entity <> 'NV'",
        parse={
            "entitlement_id": uid,
            "organisation_id": uid,
            "starts_on": day,
            "expires_on": day,
            "single_sign_on": sso,
            "support_level": tag("sup"),
            "updated_at": moment,
        },
        own=1,
    ),
    "licence": Expected(
        ("licence_id",),
        """select concat_ws(':', 'licence', rtrim(co), lic_no) as licence_id,
                  concat_ws(':', 'entitlement', rtrim(co), ent_no) as entitlement_id, lic_key as format,
                  lic_key as licence_key, iss_ts as issued_at, (rvk_fl = any ('{T,1}')) is true as revoked,
                  upd_ts as updated_at, 'ems' as origin from lic""",
        "origin <> 'native'",
        parse={
            "licence_id": uid,
            "entitlement_id": uid,
            "format": format_of_each,
            "licence_key": key_of,
            "issued_at": moment,
            "updated_at": moment,
        },
        own=1,
    ),
    "activation": Expected(
        ("activation_no", "activated_on"),
        """select act_no as activation_no, act_ts as activated_on,
                  case when lic_no > 0 then concat_ws(':', 'licence', rtrim(co), lic_no) end as licence_id, host,
                  ip as address, act_ts as activated_at, nullif(rel_ts, 0) as released_at, ver as version,
                  upd_ts as updated_at, taken_from
           from (select *, 'act' as taken_from from act union all select *, null, 'archive' from act_arch) a""",
        parse={
            "activated_on": day,
            "licence_id": uid,
            "address": address,
            "activated_at": moment,
            "released_at": moment,
            "updated_at": moment,
        },
    ),
    "usage_event": Expected(
        (),
        """select rtrim(co) as legal_entity, lic_no as licence_no, ts as happened_at, feat as feature, n as amount
           from use_log""",
        parse={"happened_at": moment},
    ),
    "renewal": Expected(
        ("renewal_id",),
        """select concat_ws(':', 'renewal', rtrim(co), rnw_no) as renewal_id,
                  concat_ws(':', 'entitlement', rtrim(co), ent_no) as entitlement_id,
                  case when prv_no > 0 then concat_ws(':', 'renewal', rtrim(co), prv_no) end as previous_id,
                  due_ts as due_on, quote, rem as reminder_days,
                  (select v from (values ('P', 'pending'), ('W', 'won'), ('L', 'lost')) s (k, v)
                   where k = stat) as status,
                  upd_ts as updated_at from rnw""",
        parse={
            "renewal_id": uid,
            "entitlement_id": uid,
            "previous_id": uid,
            "due_on": day,
            "quote": money,
            "reminder_days": arrays,
            "updated_at": moment,
        },
    ),
}


def differences(source_url: str, target_url: str) -> list[str]:
    """What is wrong in the new system, one sentence each; empty when every cell is as it must be."""
    lost = unmigratable(ORGANISATION, source_url, target_url)
    return expected.differences(TABLES, source_url, target_url, lost, OPTIONS)


Totals = dict[tuple[str, str, str], Decimal]


def revenue_totals(source_url: str, target_url: str) -> tuple[Totals, Totals]:
    """Revenue per company, period and product: as the old system says it, less the lost rows, and as the new one."""
    lost = unmigratable(ORGANISATION, source_url, target_url)
    frames = dict(expected.expected(TABLES, source_url, lost, OPTIONS))
    line = ["legal_entity", "order_no", "line_no"]
    rows = frames["revenue"].merge(frames["order_line"][[*line, "product_code"]], on=line, validate="many_to_one")
    assert len(rows) == len(frames["revenue"])
    old: Totals = {}
    for company, period, product, amount in rows[["legal_entity", "period", "product_code", "amount"]].values:
        old[company, period, product] = old.get((company, period, product), Decimal(0)) + Decimal(amount)
    with psycopg.connect(target_url, options=OPTIONS) as target:
        new = target.execute(
            """select legal_entity, period, product_code, sum(r.amount)
               from revenue r join order_line using (legal_entity, order_no, line_no) group by 1, 2, 3"""
        ).fetchall()
    return old, {(company, period, product): amount for company, period, product, amount in new}
