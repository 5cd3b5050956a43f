"""Leftovers: found, approved as found, removed by the very statements, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import BASE, School, approve
from tests.integration.readiness.site import Place

from golive.errors import NotPermitted, ProjectError
from golive.readiness.leftovers import QUESTION, find_leftovers, remove_leftovers, to_remove

LEFTOVERS = """\
leftovers:
  - {name: test_users, title: Test users, query: "select * from users where name like 'test%'",
     remove: "delete from users where name like 'test%'"}
  - {name: locks, title: Stale locks, side: source, query: select * from locks, remove: delete from locks}
"""
BY_HAND = LEFTOVERS + "  - {name: folders, title: Folders, query: select * from folder}\n"


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_target("create table users (name text)", "insert into users values ('test1'), ('test2'), ('eve')")
    made.on_target("create table folder (name text)")
    made.on_source("create table locks (id int)", "insert into locks values (1)")
    return made


def found(school: School, text: str = LEFTOVERS, *, agreed: bool = True) -> Place:
    """A place where the leftovers were found, and approved."""
    place = school.place(text, stage="data_finalization")
    assert place.keep(find_leftovers(place)).missing == ()
    planned = to_remove(place)
    if agreed and planned is not None:
        approve(place, QUESTION, planned)
    return place


@pytest.mark.parametrize("remove", ["drop table users", "with a as (delete from users) select 1", "truncate users"])
def test_a_statement_that_is_no_delete_and_no_update_is_refused_in_the_file(school: School, remove: str) -> None:
    with pytest.raises(ProjectError, match="`remove` must be one DELETE or UPDATE"):
        school.place(LEFTOVERS.replace("delete from locks", remove), stage="data_finalization")


def test_a_statement_that_takes_more_than_was_found_takes_nothing(school: School) -> None:
    place = found(school, LEFTOVERS.replace("delete from users where name like 'test%'", "DELETE from users"))
    (missing,) = remove_leftovers(place).missing[:1]
    assert "2 were found and approved, and the statement changes 3 rows: it was rolled back" in missing
    assert school.count("target", "users") == 3


def test_the_approval_of_somebody_who_does_not_lead_any_more_removes_nothing(school: School) -> None:
    place = found(school)
    left = school.place(LEFTOVERS, stage="data_finalization", base=BASE.replace("lead: [ann]", "lead: [otto]"))
    with pytest.raises(NotPermitted, match="in this run and by a lead of today"):
        remove_leftovers(left)
    assert school.count("target", "users") == 3 and to_remove(left) == to_remove(place)


def test_nothing_declared(school: School) -> None:
    place = school.place("", stage="data_finalization")
    assert not (find_leftovers(place).missing or remove_leftovers(place).missing) and to_remove(place) is None


def test_what_was_approved_is_removed_and_only_that(school: School) -> None:
    place = found(school)
    planned = to_remove(place) or {}
    assert [(each["name"], each["found"], each["side"]) for each in planned["remove"]] == [
        ("test_users", 2, "target"),
        ("locks", 1, "source"),
    ]
    assert planned["remove"][1]["remove"] == "delete from locks"
    outcome = place.keep(remove_leftovers(place))
    assert outcome.missing == () and outcome.says == "3 leftovers removed by approved statements."
    assert (school.count("target", "users"), school.count("source", "locks")) == (1, 0)
    assert [(r.payload["found"], r.payload["removed"], r.payload["state"]) for r in outcome.records] == [
        (2, 2, "removed"),
        (1, 1, "removed"),
    ]
    # Again, as after a kill: nothing else goes, and the record stays the same.
    assert [r.payload for r in remove_leftovers(place).records] == [r.payload for r in outcome.records]
    assert school.count("target", "users") == 1


def test_where_nothing_is_left_nobody_is_asked(school: School) -> None:
    school.on_target("delete from users")
    school.on_source("delete from locks")
    place = found(school)
    assert to_remove(place) is None
    assert remove_leftovers(place).says == "Nothing had to be removed by a statement."
    assert remove_leftovers(place).missing == ()


def test_without_an_approval_of_exactly_this_nothing_is_removed(school: School) -> None:
    place = found(school, agreed=False)
    with pytest.raises(NotPermitted, match="holds no approval"):
        remove_leftovers(place)
    approve(place, QUESTION, (to_remove(place) or {}) | {"remove": []})
    with pytest.raises(NotPermitted, match="holds no approval"):
        remove_leftovers(place)
    approve(place, QUESTION, to_remove(place) or {})
    # With another statement in the file, it is another thing that was approved.
    other_words = LEFTOVERS.replace("delete from locks}", "delete from locks where true}")
    changed = school.place(other_words, stage="data_finalization")
    with pytest.raises(NotPermitted, match="holds no approval"):
        remove_leftovers(changed)
    # In another run, nobody approved anything.
    other = school.place(LEFTOVERS, stage="data_finalization", run="other")
    other.keep(find_leftovers(other))
    with pytest.raises(NotPermitted, match="holds no approval"):
        remove_leftovers(other)
    assert (school.count("target", "users"), school.count("source", "locks")) == (3, 1)


def test_another_number_than_was_approved_is_not_removed(school: School) -> None:
    place = found(school)
    school.on_target("insert into users values ('test3')")
    (missing,) = remove_leftovers(place).missing
    assert (
        "Test users (test_users) in the target was not removed: 2 were found and approved, and 3 are there" in missing
    )
    assert (school.count("target", "users"), school.count("source", "locks")) == (4, 0)


def test_a_statement_that_leaves_some_is_rolled_back(school: School) -> None:
    place = found(school, LEFTOVERS.replace("users where name like 'test%'\"}", "users where name <> 'test1'\"}"))
    (missing,) = remove_leftovers(place).missing
    assert "the statement leaves 1 of 2: it was rolled back" in missing
    assert school.count("target", "users") == 3


@pytest.mark.parametrize(
    ("kind", "table", "says"),
    [("freeze", "source.locks", "is frozen since"), ("opening", "target.users", "is open since")],
)
def test_nothing_is_removed_from_a_system_that_is_frozen_or_open(
    school: School, kind: str, table: str, says: str
) -> None:
    place = found(school)
    place.write(kind, {"step": "project team"}, stage="final_migration", run="night")
    before = school.count(*table.split("."))
    (missing,) = remove_leftovers(place).missing
    assert says in missing
    assert school.count(*table.split(".")) == before


def test_what_has_no_statement_is_removed_by_hand(school: School) -> None:
    school.on_target("insert into folder values ('old')")
    place = found(school, BY_HAND)
    assert [each["name"] for each in (to_remove(place) or {})["remove"]] == ["test_users", "locks"]
    (missing,) = remove_leftovers(place).missing
    assert "Folders (folders): 1 in the target are not removed. Ann (lead): remove them" in missing
    school.on_target("delete from folder")
    assert remove_leftovers(place).missing == ()


def test_a_query_that_fails_is_no_zero(school: School) -> None:
    school.on_source("drop table locks")
    place = school.place(LEFTOVERS, stage="data_finalization")
    (missing,) = find_leftovers(place).missing
    assert 'Stale locks (locks) is left in the source could not be asked: relation "locks" does not exist' in missing
    (missing,) = [line for line in remove_leftovers(school.place(LEFTOVERS)).missing if "locks" in line]
    assert "could not be asked" in missing
