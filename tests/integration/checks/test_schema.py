"""The schema check: it fails for what changed since the plan was made, and names it."""

from __future__ import annotations

import pytest
from tests.integration.two_sides import TwoSides, two_sides

from golive.results import Verdict


@pytest.mark.parametrize(
    ("side", "change", "says"),
    [
        ("target", "alter table t alter name type varchar", "columns.name was"),
        ("target", "alter table t alter born set not null", "born was nullable, is NOT NULL"),
        ("target", "alter table t drop born", "columns.born was"),
        ("target", "alter table t drop constraint t_pkey cascade", "key was id, is absent"),
        ("target", "alter table t add grade int not null", "nothing is mapped to public.t.grade"),
        ("target", "drop table t", "the target has no table 't'"),
        ("source", "alter table t drop born", "columns.born was"),
        ("source", "alter table t alter parent type bigint", "columns.parent was"),
        ("source", "drop table t", "the source has no table 't'"),
    ],
)
def test_schema_names_what_changed(sides: TwoSides, side: str, change: str, says: str) -> None:
    if "grade" in change:
        sides.on_target("truncate t")
    getattr(sides, f"on_{side}")(change)
    result = sides.check("schema")
    assert result.verdict is Verdict.FAIL
    assert says in result.says


def test_schema_fails_where_the_digits_of_a_number_changed(pair: tuple[str, str]) -> None:
    table = "create table t (id int primary key, v numeric(6, 2))"
    sides = two_sides(pair, table, table)
    sides.on_target("alter table t alter v type numeric(8, 3)")
    result = sides.check("schema")
    assert result.verdict is Verdict.FAIL
    assert "numeric(6,2)" in result.says and "numeric(8,3)" in result.says


def test_schema_fails_for_a_column_that_nothing_fills(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair,
        "create table t (id int primary key, v text)",
        "create table t (id int primary key, v text not null, note text, kind text default 'x')",
        {"target": "t", "without": ["v"]},
    )
    result = sides.check("schema")
    assert result.verdict is Verdict.FAIL
    assert result.says == "v is NOT NULL, and neither the mapping nor a default fills it"
    assert result.evidence["left_empty"] == ["note"]


def test_schema_fails_for_rows_copied_under_another_plan(sides: TwoSides) -> None:
    with sides.target.session() as connection:
        sides.target.state.prepare(connection)
        for where, verdict in (("id > 5", Verdict.FAIL), ("", Verdict.PASS)):
            fingerprint = sides.plan.tables[0].fingerprint | {"where": where}
            sides.target.state.set_progress(connection, "small", "public.t", fingerprint=fingerprint)
            result = sides.check("schema")
            assert result.verdict is verdict
            assert ("copied under another plan: where was id > 5, is absent" in result.says) == bool(where)
