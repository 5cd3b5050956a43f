"""The foreign keys check: a child without its parent fails, also where the server never looked."""

from __future__ import annotations

import pytest
from tests.integration.two_sides import TwoSides, two_sides

from golive.results import Verdict


def test_orphans_under_a_key_that_was_never_validated_fail(sides: TwoSides) -> None:
    sides.on_target("alter table t drop constraint t_parent_fkey")
    assert sides.checks("foreign_keys") == []
    sides.on_target("update t set parent = 5000 where id in (7, 8)")
    sides.on_target("alter table t add constraint up foreign key (parent) references t not valid")
    result = sides.check("foreign_keys")
    assert result.verdict is Verdict.FAIL
    assert result.says == (
        "2 orphans among 100 children of 1 foreign key(s): 2 of up (public.t -> public.t);"
        " not validated by the server: up"
    )


@pytest.mark.parametrize(("match", "orphans"), [("simple", 1), ("full", 2)])
def test_a_key_that_is_partly_null_is_an_orphan_under_match_full_only(
    pair: tuple[str, str], match: str, orphans: int
) -> None:
    sides = two_sides(
        pair,
        "create table t (id int primary key, a int, b int)",
        "create table p (a int, b int, primary key (a, b)); create table t (id int primary key, a int, b int);"
        "insert into p values (1, 1); insert into t values (1, 1, 1), (2, 1, null), (3, null, null), (4, 1, 2);"
        f"alter table t add constraint up foreign key (a, b) references p match {match} not valid",
    )
    assert sides.check("foreign_keys").evidence["keys"][0]["orphans"] == orphans


def test_a_child_outside_the_plan_is_checked_with_its_parent(sides: TwoSides) -> None:
    sides.on_target("create table note (t int)")
    sides.on_target("alter table note add foreign key (t) references t not valid")
    sides.on_target("alter table t drop constraint t_parent_fkey")
    assert sides.check("foreign_keys").passed  # empty, and that is counted
    sides.on_target("alter table note disable trigger all")
    sides.on_target("insert into note values (1), (null), (1234)")
    result = sides.check("foreign_keys")
    assert result.verdict is Verdict.FAIL
    assert "1 of note_t_fkey (public.note -> public.t)" in result.says
