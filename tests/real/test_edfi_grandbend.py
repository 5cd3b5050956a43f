"""A school district's records out of a flat old system: 108 tables, no watermark, nothing but what the data says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.migration import Migration, rows
from tests.real.data import PROJECTS, copy_schema, load, move, needs_real_data, run_file
from tests.real.judges import Question, both_see, differences, frame, reader, referee

pytestmark = needs_real_data

# What the old system holds and the new one cannot: a course offering that stands twice, a child without a
# surname with an absence of hers, and an absence of a child that nobody knows.
LEFT_BEHIND = {
    ("course_offering", "30"),
    ("student", "2002"),
    ("student_school_attendance_event", "5003"),
    ("student_school_attendance_event", "5004"),
}
LEFT_IN_SOURCE = {
    "course_offering": "select * from course_offering where id <> 30",
    "student": "select * from student where name_last_surname is not null",
    "student_school_attendance_event": (
        "select * from student_school_attendance_event where student_unique_id not in (700002, 999999)"
    ),
}
ARRIVED = {"contact": "select {columns} from contact where entered_by = 'sms'"}

# Questions that a school asks, each in one wording for both sides.
QUESTIONS = {
    "absences by school, month and reason": (
        """
        select school_id, date_trunc('month', attendance_event_date) as month,
        attendance_event_attendance_event_reason as reason, count(*) as absences
        from student_school_attendance_event
        where id not in (5003, 5004) group by 1, 2, 3
        """,
        ["school_id", "month", "reason"],
    ),
    "families that live together": (
        """
        select s.student_unique_id, count(*) as people, string_agg(a.relation, ', ' order by a.id) as relations
        from student s join student_contact_association a using (student_unique_id)
        where s.id <> 2002 and a.lives_with = 'true' group by 1
        """,
        ["student_unique_id"],
    ),
    "who teaches what": (
        """
        select distinct t.staff_unique_id, s.section_identifier, o.course_code, l.maximum_number_of_seats as
        seats, s.course_offering_course_offering_session_name as session
        from staff_section_association t join section s on s.section_identifier = t.section_identifier and
        s.course_offering_course_offering_local_course_code =
        t.section_course_offering_course_offering_local_course_code and
        s.course_offering_course_offering_session_name = t.section_course_offering_course_offering_session_name
        join course_offering o on o.local_course_code = s.course_offering_course_offering_local_course_code and
        o.session_name = s.course_offering_course_offering_session_name and o.id <> 30 join location l on
        l.school_id = s.location_school_id and l.classroom_identification_code =
        s.location_classroom_identification_code
        """,
        ["staff_unique_id", "section_identifier", "course_code", "session"],
    ),
}


@pytest.fixture(scope="module")
def opened(project: Callable[..., Migration], kept_database: Callable[..., str]) -> Migration:
    """Moved while the old system was in use, and open."""
    source_url, target_url = kept_database("sms"), kept_database("sis")
    load("edfi_grandbend", "sms", source_url)
    copy_schema(source_url, target_url)
    run_file(target_url, PROJECTS / "grandbend" / "target.sql")
    late = "select count(*) from student_assessment where id > 200"
    return move(project("grandbend", source_url, target_url), late=late)


def tables_of(migration: Migration) -> dict[str, list[str]]:
    """The old system's tables and their columns, from its own catalogue."""
    found = rows(
        migration.source_url,
        "select c.relname::text, array_agg(a.attname::text order by a.attnum) from pg_class c join pg_attribute a"
        " on a.attrelid = c.oid and a.attnum > 0 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace"
        " group by 1",
    )
    return dict(found)


def left_in_source(table: str) -> str:
    """The rows of the old system that the new one can hold."""
    return LEFT_IN_SOURCE.get(table, f"select * from {table}")


def test_the_referee_finds_both_sides_equal(opened: Migration) -> None:
    assert "EQUAL: 108 tables" in referee(opened)


def test_the_reader_finds_every_row_of_every_table(opened: Migration) -> None:
    tables = tables_of(opened)
    assert len(tables) == 108
    found = {}
    for table, columns in tables.items():
        names = ", ".join(columns)
        there = frame(opened.source_url, left_in_source(table))
        here = frame(opened.target_url, ARRIVED.get(table, "select {columns} from " + table).format(columns=names))
        found[table] = differences(there, here, ["id"])
    assert {table: words for table, words in found.items() if words} == {}


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_systems_answer_alike(opened: Migration, question: str) -> None:
    query, key = QUESTIONS[question]
    assert reader(opened, Question(query, query, key)) == []


def test_what_stays_behind_is_in_quarantine(opened: Migration) -> None:
    held = rows(opened.target_url, "select table_name, key[1], state from golive.quarantine")
    assert {(table.removeprefix("public."), key) for table, key, _ in held} == LEFT_BEHIND


def test_the_new_systems_own_contact_is_left_alone(opened: Migration) -> None:
    own = rows(opened.target_url, "select contact_unique_id, name_last_surname from contact where entered_by <> 'sms'")
    assert own == [(1000001, "Brontë")]


def test_every_next_number_is_free(opened: Migration) -> None:
    """Also of the new system's own contact, whose number is the highest."""
    taken = rows(
        opened.target_url,
        " union all ".join(
            f"select '{table}' from {table} having nextval(pg_get_serial_sequence('public.{table}', 'id')) <= max(id)"
            for table in tables_of(opened)
        ),
    )
    assert taken == []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("update student set name_middle_name = ' ' where id = 700", "student"),
        ("delete from staff_leave where id = 7", "staff_leave"),
        ("insert into survey_section (id, survey_section_title) values (900, 'more')", "survey_section"),
    ],
    ids=["a cell changed", "a row gone", "a row more"],
)
def test_both_judges_see_a_difference(opened: Migration, statement: str, table: str) -> None:
    both_see(opened, statement, Question(left_in_source(table), f"select * from {table}", ["id"]))
