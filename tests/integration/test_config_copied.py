"""An area in production: whole or not at all, the same when it is copied again, and taken back to the last column."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest
from tests.integration.configured import AREAS, ORDER, Configured, configured

from golive.config_copy import CopiedArea
from golive.errors import ChecksFailed, ConnectionLost, NotPermitted, Terminal
from golive.project.files import parse


@pytest.fixture
def school(new_database: Callable[..., str]) -> Configured:
    return configured(new_database)


def counts(done: CopiedArea) -> dict[str, tuple[int, int, int, int]]:
    return {
        each.table.removeprefix("public."): (each.inserted, each.updated, each.removed, each.unchanged)
        for each in done.tables
    }


def test_production_is_what_was_made_ahead(school: Configured) -> None:
    done = {area: school.copied(area) for area in ORDER}
    assert counts(done["terms"]) == {"term": (1, 1, 1, 1)}
    assert counts(done["fees"]) == {"fee": (1, 1, 0, 0)}
    assert counts(done["scales"]) == {"scale": (1, 1, 1, 0), "mark": (2, 1, 1, 0)}
    assert school.asked("select code, starts_on::text from term order by 1") == [
        ("T1", "2026-09-01"), ("T2", "2027-02-01"), ("T3", "2027-06-01"),
    ]  # fmt: skip
    # Numbers are production's own: the scale that was there kept its one, the new one was given the next.
    assert school.asked("select scale_id, code, name, shown from scale order by 1") == [
        (2, "AF", "A to F", "AF"), (3, "PF", "Pass or fail", "PF"),
    ]  # fmt: skip
    assert school.asked("select scale_id, mark, low from mark order by 1, 2") == [
        (2, "A", 90), (2, "F", 0), (3, "P", None),
    ]  # fmt: skip
    # Rows of the migration, and those that nobody made ahead outside the area, are as they were.
    assert school.asked("select code, price, origin from fee order by 1") == [
        ("BUS", 10, "native"), ("LUNCH", 3.5, "native"), ("OLD2", 2, "old"),
    ]  # fmt: skip
    assert school.asked("select fee from booking") == [("BUS",)]


def test_a_second_copy_changes_nothing_and_tells_what_the_run_did(school: Configured) -> None:
    first = {area: school.copied(area) for area in ORDER}
    before = school.everything()
    assert {area: school.copied(area) for area in ORDER} == first
    later = {area: school.copied(area, run="run 2") for area in ORDER}
    assert school.everything() == before
    assert counts(later["terms"]) == {"term": (0, 0, 0, 3)}
    for area in ORDER:
        for once, again in zip(first[area].tables, later[area].tables, strict=True):
            assert again.before == again.after == once.after != once.before


def test_hashes_are_of_the_rows_and_equal_on_both_sides(school: Configured) -> None:
    found = school.compared()["terms"].tables[0].difference
    (done,) = school.copied("terms").tables
    assert (done.before, done.after) == (found.before.hash, found.staged.hash)
    again = school.compared()["terms"].tables[0].difference
    assert again.before == again.staged == found.staged


def test_what_changed_after_it_was_confirmed_is_not_copied(school: Configured) -> None:
    confirmed = school.compared()["terms"].snapshot
    school.on_staging("update term set starts_on = '2027-02-02' where code = 'T2'")
    before = school.everything()
    with pytest.raises(NotPermitted, match="area terms: staging is not what was confirmed any more"):
        school.copied("terms", confirmed=confirmed)
    assert school.everything() == before


def test_a_table_that_fails_takes_its_whole_area_back(school: Configured) -> None:
    school.on_target("alter table mark add check (low < 90)")
    before = school.everything()
    with pytest.raises(Terminal) as refused:
        school.copied("scales")
    assert str(refused.value) == (
        "table public.mark: production refuses a row that was made ahead (SQLSTATE 23514, mark_low_check)."
        " Nothing was changed"
    )
    rows = {table: before[table] for table in ("scale", "mark")}
    after = school.everything()
    assert {table: after[table] for table in rows} == rows
    assert school.asked("select to_regclass('golive.config_copy')") == [(None,)]


def test_rows_that_speak_against_a_copy_refuse_it(school: Configured) -> None:
    before = school.everything()
    with pytest.raises(ChecksFailed, match=r"refers by term to a row of public\.term that is neither in production"):
        school.copied("fees")  # before the area that it depends on
    school.copied("terms")
    school.on_staging("update fee set name = 'Arrived' where code = 'LUNCH'")
    with pytest.raises(ChecksFailed, match="1 row has the name of a row of production that the area does not own"):
        school.copied("fees")
    assert school.everything()["fee"] == before["fee"]


def test_what_production_makes_of_a_row_is_found_and_rolled_back(school: Configured) -> None:
    school.on_target(
        "create function shout() returns trigger language plpgsql as"
        " $$ begin new.name := upper(new.name); return new; end $$",
        "create trigger shout before insert or update on scale for each row execute function shout()",
    )
    before = school.everything()
    with pytest.raises(ChecksFailed) as refused:
        school.copied("scales")
    assert "public.scale: 2 rows of staging are not in production as made ahead" in str(refused.value)
    assert "public.scale: 2 rows of production are not what was made ahead" in str(refused.value)
    assert school.everything()["scale"] == before["scale"]


def test_a_trigger_that_changes_rows_of_others_takes_the_area_back(school: Configured) -> None:
    """Of what it does to them no image is kept, so no undo would bring it back."""
    school.on_target(
        "create function raise_prices() returns trigger language plpgsql as"
        " $$ begin update fee set price = price + 1 where origin = 'old'; return null; end $$",
        "create trigger raise_prices after insert on fee for each statement execute function raise_prices()",
    )
    school.copied("terms")
    before = school.everything()
    with pytest.raises(Terminal, match=r"table public\.fee: rows that nobody made ahead changed .* trigger"):
        school.copied("fees")
    assert school.everything() == before


def test_a_row_that_would_become_the_migrations_is_found_after_it_was_written(new_database: Callable[..., str]) -> None:
    text = AREAS.replace(", sensitive: [price]", ", without: [name]").replace("\"origin = 'old'\"", "name is null")
    school = configured(new_database, text)
    school.copied("terms")
    before = school.everything()
    with pytest.raises(ChecksFailed, match=r"public\.fee: 1 row belongs to the migration"):
        school.copied("fees")
    assert school.everything() == before


def test_rows_of_one_table_refer_to_each_other(school: Configured) -> None:
    tree = """create table unit (id serial primary key, code text unique not null, parent int references unit);"""
    school.on_staging(tree, "select setval('unit_id_seq', 90)", "insert into unit (code) values ('root')")
    school.on_staging("insert into unit (code, parent) select 'leaf', id from unit", "update unit set code = code")
    school.on_target(
        tree, "insert into unit (code) values ('gone')", "insert into unit (code, parent) values ('too', 1)"
    )
    areas = AREAS + "  - {area: units, owner: lead, tables: [{table: unit, key: [code], without: [id], "
    text = areas + "remap: {parent: {table: unit, by: [code]}}}]}\n"
    made = Configured(parse(text, "project.yaml", "harbour"), school.staging_url, school.target_url)
    assert counts(made.copied("units")) == {"unit": (2, 0, 2, 0)}
    found = made.asked("select u.code, p.code from unit u left join unit p on p.id = u.parent order by 1")
    assert found == [("leaf", "root"), ("root", None)]
    made.undone("units")
    assert made.asked("select * from unit order by 1") == [(1, "gone", None), (2, "too", 1)]


def test_a_sequence_goes_beyond_what_was_copied(new_database: Callable[..., str]) -> None:
    text = AREAS.replace("key: [scale_id, mark], without: [mark_id]", "key: [mark_id]")
    school = configured(new_database, text)
    school.on_staging("update mark set mark_id = 700 where mark = 'P'")
    school.copied("scales")
    school.on_target("insert into mark (scale_id, mark) values (2, 'B')")
    assert school.asked("select mark_id from mark where mark = 'B'") == [(701,)]


def test_a_copy_that_is_killed_leaves_whole_areas(school: Configured) -> None:
    """Killed between two areas, and in the middle of the second one: the next try makes the same of both."""
    school.copied("terms")
    calls: list[int] = []

    def killed() -> None:
        calls.append(1)
        if len(calls) == 2:  # everything is written, nothing committed
            with psycopg.connect(school.target_url, autocommit=True) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )

    before = school.everything()
    with pytest.raises(ConnectionLost):
        school.copied("fees", guard=killed)
    assert school.everything() == before and len(calls) == 2
    assert counts(school.copied("terms")) == {"term": (1, 1, 1, 1)}
    assert counts(school.copied("fees")) == {"fee": (1, 1, 0, 0)}


def test_a_guard_that_says_no_keeps_everything_as_it_was(school: Configured) -> None:
    def shut() -> None:
        raise NotPermitted("the new system is open")

    before = school.everything()
    with pytest.raises(NotPermitted, match="is open"):
        school.copied("terms", guard=shut)
    assert school.everything() == before


def test_two_copies_at_once_follow_each_other(school: Configured) -> None:
    done: list[CopiedArea] = []
    runs = [threading.Thread(target=lambda n=n: done.append(school.copied("terms", run=f"run {n}"))) for n in (1, 2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(counts(each)["term"] for each in done) == [(0, 0, 0, 3), (1, 1, 1, 1)]


def test_undo_restores_production_exactly(school: Configured) -> None:
    before = school.everything()
    for area in ORDER:
        school.copied(area)
    assert school.everything() != before
    said = [line for area in reversed(ORDER) for line in school.undone(area)]
    assert school.everything() == before
    assert said == [
        "public.scale: 1 deleted again, 1 as before, 1 there again",
        "public.mark: 2 deleted again, 1 as before, 1 there again",
        "public.fee: 1 deleted again, 1 as before",
        "public.term: 1 deleted again, 1 as before, 1 there again",
    ]
    assert school.undone("terms") == []
    # A re-run copies it again, and it can be taken back again.
    assert counts(school.copied("terms")) == {"term": (1, 1, 1, 1)}
    school.undone("terms")
    assert school.everything() == before


def test_undo_goes_back_over_every_copy(school: Configured) -> None:
    before = school.everything()
    school.copied("terms")
    school.on_staging("update term set starts_on = '2030-01-01'", "delete from term where code = 'T2'")
    school.copied("terms", run="run 2")
    assert school.asked("select code from term order by 1") == [("T1",), ("T3",)]
    school.undone("terms")
    assert school.everything() == before


def test_undo_keeps_what_productions_own_triggers_once_wrote(school: Configured) -> None:
    school.on_target(
        "alter table scale add touched timestamptz default '2020-01-01'",
        "create function touch() returns trigger language plpgsql as"
        " $$ begin new.touched := clock_timestamp(); return new; end $$",
        "create trigger touch before insert or update on scale for each row execute function touch()",
        "alter table scale enable always trigger touch",
    )
    school.on_staging("alter table scale add touched timestamptz")
    text = AREAS.replace("key: [code], without: [scale_id]", "key: [code], without: [scale_id, touched]")
    made = Configured(parse(text, "project.yaml", "harbour"), school.staging_url, school.target_url)
    before = made.everything()
    made.copied("scales")
    made.undone("scales")
    assert made.everything() == before
    assert made.asked("select tgname, tgenabled::text from pg_trigger where not tgisinternal") == [("touch", "A")]


def test_undo_is_refused_after_a_change_unless_it_is_forced(school: Configured) -> None:
    before = school.everything()
    school.copied("terms")
    copied = school.everything()
    school.on_target(
        "update term set starts_on = '2031-01-01' where code in ('T2', 'T3')",
        "insert into term values ('T9', '2031-01-01', null)",
    )
    with pytest.raises(NotPermitted, match=r"changed since they were copied: 3 of public\.term\. Nothing was changed"):
        school.undone("terms")
    assert school.everything() != copied and len(school.asked("select from term")) == 4
    school.undone("terms", forced=True)
    assert school.everything() == before


def test_undo_leaves_a_sequence_that_was_used_since(school: Configured) -> None:
    school.copied("scales")
    school.on_target("select nextval('scale_scale_id_seq')")
    assert "the sequence public.scale_scale_id_seq was used since, and stays where it is" in school.undone("scales")
    assert school.asked("select last_value from scale_scale_id_seq") == [(4,)]


def test_undo_waits_for_what_depends_on_it_and_for_rows_that_refer_to_it(school: Configured) -> None:
    school.copied("terms")
    school.copied("fees")
    with pytest.raises(NotPermitted, match="area terms: fees depends on it and stands copied"):
        school.undone("terms")
    school.on_target("insert into booking values (2, 'LUNCH')")
    before = school.everything()
    for forced in (False, True):
        with pytest.raises(Terminal, match=r"table public\.fee: 1 row that the copy brought is referred to by others"):
            school.undone("fees", forced=forced)
    assert school.everything() == before


def test_undo_is_refused_once_a_table_has_other_columns(school: Configured) -> None:
    school.copied("terms")
    school.on_target("alter table term add note text")
    with pytest.raises(Terminal, match=r"table public\.term: its columns are not those of the day of the copy"):
        school.undone("terms")
    # The same columns in another order: a kept row would be read into the wrong ones.
    school.on_target("alter table term drop note, drop starts_on", "alter table term add starts_on date")
    with pytest.raises(Terminal, match=r"table public\.term: its columns are not those of the day of the copy"):
        school.undone("terms")
