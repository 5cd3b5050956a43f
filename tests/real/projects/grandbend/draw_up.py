"""Writes project.yaml beside this file from the tables of a loaded source: `python draw_up.py URL`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psycopg

HEAD = """\
# Grand Bend moves its flat old student-management system as it stands: 108 tables under their own names.
# Drawn up by draw_up.py.

project: grandbend
title: Grand Bend ISD
timezone: America/Chicago
source: {connection: grandbend_sms}
target: {connection: grandbend_sis}
limits: {lanes: 2, horizon_wait_seconds: 10}
people:
  go_live: [maria]
stages: [final_migration]

tables:
"""
# What a person would know about one table.
KNOWN = {
    "contact": {"columns": """{entered_by: "'sms'"}""", "owns": """"entered_by = 'sms'\""""},
    "student_school_attendance_event": {"older_than": """"attendance_event_date < date '2022-01-01'\""""},
    "student_assessment": {"older_than": "id <= 200"},
}
SENSITIVE = re.compile(
    r"first_name|last_surname|birth_date|electronic_mail_address|telephone_number$|street_number_name"
)


def main(url: str) -> None:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "select relname::text, array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0"
            " order by attnum) from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
        ).fetchall()
    lines = []
    for name, columns in tables:
        entry = {"target": name, **KNOWN.get(name, {})}
        sensitive = [column for column in columns if SENSITIVE.search(column)]
        if sensitive:
            entry["sensitive"] = f"[{', '.join(sensitive)}]"
        lines.append("  - {" + ", ".join(f"{key}: {value}" for key, value in entry.items()) + "}\n")
    Path(__file__).with_name("project.yaml").write_text(HEAD + "".join(lines))


if __name__ == "__main__":
    main(sys.argv[1])
