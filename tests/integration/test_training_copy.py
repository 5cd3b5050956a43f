"""The training copy of the sample district: everything of the new system, and no sensitive value of it anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.conftest import databases
from tests.integration.organisations import digests
from tests.integration.two_sides import run

from golive import plan as planning
from golive.databases import Database, connect
from golive.databases.postgresql.masking_functions import INNER, OUTER
from golive.demo import organisation
from golive.demo.riverside import ORGANISATION
from golive.errors import Terminal
from golive.project import Project, load
from golive.results import Verdict
from golive.training_copy import Refreshed, refresh
from golive.transfer import Mode, open_increments, settle, work

# Few values: a mask of these is equal to its own by chance.
FEW = {("student", "gender"), ("student", "free_lunch"), ("health_note", "severity")}


@dataclass(frozen=True)
class District:
    """The new system after a migration, and its training copy."""

    target_url: str
    training_url: str
    project: Project
    target: Database
    training: Database
    made: Refreshed

    @property
    def sensitive(self) -> dict[str, tuple[str, ...]]:
        """The sensitive columns by table."""
        return {spec.target: spec.sensitive for spec in self.project.tables if spec.sensitive}

    def refresh(self) -> Refreshed:
        return refresh(self.project, self.target, self.training, run="again")


@pytest.fixture(scope="module")
def district(server_url: Callable[[str], str]) -> Iterator[District]:
    project = load("riverside")
    with databases(server_url) as make:
        source_url, target_url, training_url = make("source"), make("target"), make("training")
        organisation.make_source(ORGANISATION, source_url, size=200, seed=3)
        organisation.make_target(ORGANISATION, target_url)
        organisation.make_training(ORGANISATION, training_url)
        source, target, training = (
            connect(url, name=name, timezone=project.timezone)
            for name, url in (("sms", source_url), ("sis", target_url), ("training", training_url))
        )
        plan = planning.build(project, source, target)
        open_increments(plan, source, target, mode=Mode.CATCH_UP, run="r", wait_seconds=5)
        work(plan, source, target, lane=1, run="r", guard=lambda: None)
        settle(plan, source, target, run="r", guard=lambda: None)
        made = refresh(project, target, training, run="first", others=[source])
        yield District(target_url, training_url, project, target, training, made)


def fetch(url: str, query: sql.Composed | str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def whole(url: str, table: str, keys: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, str | None]]:
    """Every row as text by its key."""
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        cursor = connection.execute(sql.SQL("select * from {} limit 0").format(sql.Identifier(table)))
        names = [column.name for column in cursor.description or []]
        texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
        found = connection.execute(sql.SQL("select {} from {}").format(texts, sql.Identifier(table))).fetchall()
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return {tuple(str(row[name]) for name in keys): row for row in rows}


def pairs(district: District, table: str) -> Iterator[tuple[dict[str, str | None], dict[str, str | None]]]:
    """Each row of the target with the same one of the copy."""
    keys = district.project.table(table).key
    ours, theirs = whole(district.target_url, table, keys), whole(district.training_url, table, keys)
    assert ours.keys() == theirs.keys() and ours
    return ((ours[key], theirs[key]) for key in ours)


def hides(value: str | None) -> bool:
    """Whether there is anything in a value that a mask could change."""
    return value is not None and any(sign.isalnum() for sign in value)


def test_no_sensitive_value_stands_anywhere_in_its_row(district: District) -> None:
    assert len(district.sensitive) > 5
    assert all(masked_values(district, table) > 20 for table in district.sensitive)


def masked_values(district: District, table: str) -> int:
    """How many values were looked at, each of which is another one in the copy."""
    looked = 0
    for ours, theirs in pairs(district, table):
        for column in district.sensitive[table]:
            value = ours[column]
            if (table, column) in FEW or not hides(value):
                continue
            assert theirs[column] != value, (column, "equal")
            looked += 1
            if value is not None and len(value) >= 5:
                # Not in the columns that nobody called sensitive either, nor in what the copy computes.
                others = {name for name, text in theirs.items() if text is not None and value in text}
                assert not others, (column, others)
    return looked


@pytest.mark.parametrize("table", ["staff", "student", "student_contact", "student_address", "guardian", "health_note"])
def test_nothing_stays_nothing_and_everything_else_is_as_it_was(district: District, table: str) -> None:
    computed = {"display_name"}
    for ours, theirs in pairs(district, table):
        for column, value in ours.items():
            if column in district.sensitive[table]:
                assert (value is None) == (theirs[column] is None) and (value == "") == (theirs[column] == "")
            elif column not in computed:
                assert theirs[column] == value, column


def test_tables_without_a_sensitive_column_are_the_same(district: District) -> None:
    ours, theirs = digests(district.target_url), digests(district.training_url)
    assert {table for table in ours if ours[table] != theirs[table]} == set(district.sensitive)


def test_whoever_was_the_same_stays_the_same_and_whoever_was_not_does_not(district: District) -> None:
    """Over all text columns of all tables: names, telephones, addresses."""
    masks: dict[str, set[str]] = {}
    texts = {"email", "phone", "home_phone", "mobile_phone", "first_name", "last_name", "state_id", "full_name"}
    for table in district.sensitive:
        for ours, theirs in pairs(district, table):
            for column in texts & set(district.sensitive[table]):
                value, mask = ours[column], theirs[column]
                if value is not None and mask is not None:
                    masks.setdefault(value, set()).add(mask)
    assert len(masks) > 300 and {len(found) for found in masks.values()} == {1}
    assert len(set(chain.from_iterable(masks.values()))) == len(masks)


def test_a_mask_is_of_the_form_of_its_value(district: District) -> None:
    addresses = [
        row["email"]
        for row in whole(district.training_url, "student_contact", ("student_id",)).values()
        if row["email"]
    ]
    assert addresses and all(address.endswith("@example.invalid") for address in addresses)
    for ours, theirs in pairs(district, "student"):
        day, mask = ours["birth_date"], theirs["birth_date"]
        if day is not None and mask is not None:
            assert abs(int(day[:4]) - int(mask[:4])) <= 1
        for column in ("state_id", "last_name"):
            before, after = ours[column] or "", theirs[column] or ""
            assert [s.isdigit() for s in before] == [s.isdigit() for s in after]
        assert theirs["display_name"] == f"{theirs['last_name']}, {theirs['first_name']}"
    salaries = [(ours["salary"], theirs["salary"]) for ours, theirs in pairs(district, "staff") if ours["salary"]]
    assert salaries and all(len(ours) == len(theirs or "") for ours, theirs in salaries)


def test_the_check_looked_at_every_masked_table(district: District) -> None:
    results = {str(result.table).removeprefix("public."): result for result in district.made.results}
    assert set(results) == set(district.sensitive)
    assert {result.verdict for result in results.values()} == {Verdict.PASS}
    assert results["student"].looked_at == len(whole(district.training_url, "student", ("student_id",)))
    assert "gender" in results["student"].says and "equal by chance" in results["student"].says
    by = {table.table.removeprefix("public."): table for table in district.made.tables}
    assert set(by["student"].drawn) == {"gender", "free_lunch"} and by["health_note"].drawn == ("severity",)


def test_a_second_refresh_is_the_same_again_and_what_people_did_is_gone(district: District) -> None:
    before = digests(district.training_url)
    run(district.training_url, "update student set first_name = 'Exercise' where student_id > 100010")
    run(district.training_url, "insert into student (first_name, last_name, school_code, status) "
        "select 'New', 'Student', min(school_code), 'active' from school")  # fmt: skip
    (new,) = fetch(district.training_url, "select max(student_id) from student")[0]
    # Numbers go on beyond those that were copied.
    assert new > fetch(district.target_url, "select max(student_id) from student")[0][0]
    made = district.refresh()
    assert digests(district.training_url) == before and made.rows == district.made.rows
    assert fetch(district.training_url, "select project, source, run from golive.training_copy") == [
        ("riverside", "sis", "again")
    ]


def test_a_refresh_that_fails_leaves_the_copy_before_it(district: District) -> None:
    before = digests(district.training_url)
    run(district.training_url, "alter table term add constraint short check (length(title) < 3) not valid")
    try:
        with pytest.raises(Terminal, match=r"public\.term cannot be copied: the training side refuses .*, short\)"):
            district.refresh()
        assert digests(district.training_url) == before
        keys = "select conname from pg_constraint where contype = 'f' order by 1"
        assert fetch(district.training_url, keys) == fetch(district.target_url, keys)
    finally:
        run(district.training_url, "alter table term drop constraint short")


def test_the_target_keeps_no_trace(district: District) -> None:
    """Not even in the session that made the masks, nor its key."""
    functions = "select count(*) from pg_proc where proname like 'golive%' and pronamespace = pg_my_temp_schema()"
    keys = f"select current_setting('{INNER}', true), current_setting('{OUTER}', true)"
    with district.target.session() as reader:
        with district.target.masking.keyed(reader, b"a key"):
            (made,) = reader.execute(functions).fetchone()
            assert made > 5 and all(reader.execute(keys).fetchone())
        assert reader.execute(functions).fetchone() == (0,)
        assert not any(reader.execute(keys).fetchone())
