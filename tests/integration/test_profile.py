"""What the profile sees of a live source: each kind of finding, what is exact, and what could not be looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.integration.two_sides import run, two_sides

from golive import profile as profiling
from golive.databases.postgresql import profiling as postgresql
from golive.errors import Terminal
from golive.profile import Profile, profile, read_rate

TARGET = """
create table family (family_id int primary key, name text);
create table child (child_id int primary key, family_id int references family, born date);
create table loose (note text);
"""
FAMILY = {"target": "family", "source": "fam", "cursor": "upd", "columns": {"family_id": "id", "name": "nm"}}
CHILD = {
    "target": "child", "source": "kid", "columns": {"child_id": "id", "family_id": "fam", "born": "cast(born as date)"},
    "sensitive": ["born"],
}  # fmt: skip
LOOSE = {"target": "loose"}
CLEAN = """
create table fam (id int primary key, nm text, upd timestamptz not null default now());
create index on fam (upd);
create table kid (id int primary key, fam int, born text);
create table loose (note text);
create table other (id int primary key);
insert into fam (id, nm) select n, 'Family ' || n from generate_series(1, 2000) n;
insert into kid select n, 1 + n % 2000, '2012-03-04' from generate_series(1, 3000) n;
"""


def kinds(found: Profile) -> list[tuple[str, str, str, int]]:
    return [(finding.kind, finding.table, finding.part, finding.rows) for finding in found.findings]


def test_a_clean_source_has_no_findings_and_every_number_is_counted(pair: tuple[str, str]) -> None:
    sides = two_sides(pair, CLEAN, TARGET, FAMILY, CHILD)
    found = profile(sides.plan, sides.source)
    assert found.findings == () and found.not_seen == ()
    assert {(table.name, table.source, table.rows, table.exact) for table in found.mapped} == {
        ("public.family", "public.fam", 2000, True),
        ("public.child", "public.kid", 3000, True),
    }
    assert found.rows == 5000 and len(found.sound) == 2
    assert [table.name for table in found.unmapped] == ["public.loose", "public.other"]
    fam = next(table for table in found.stored if table.name == "public.fam")
    assert fam.bytes > 100_000 and fam.keyed and [(c.column, c.indexed) for c in fam.cursors] == [("upd", True)]
    assert found.read[0] == 3000 and found.rate > 0
    assert found.server.version.startswith("PostgreSQL") and found.server.encoding == "UTF8"
    json.dumps(found.as_dict(), allow_nan=False)
    assert not [value for value in _leaves(found.as_dict()) if isinstance(value, float)]


def test_every_defect_in_the_rows_is_found_and_counted(pair: tuple[str, str]) -> None:
    source = CLEAN.replace("fam (id int primary key", "fam (id int").replace(
        "kid (id int primary", "kid (id int unique"
    )
    source = source.replace("kid (id int unique key", "kid (id int")
    sides = two_sides(pair, source, TARGET, FAMILY, CHILD, LOOSE)
    run(
        pair[0],
        "insert into fam (id, nm) values (7, 'again'), (null, 'no key'), (9001, 'MÃ¼ller'), (9002, e'bell\\x07')",
    )
    run(
        pair[0],
        "insert into kid values (8001, 55555, '2012-03-04'), (8002, null, '2012-03-04'), (8003, 1, '2012-02-31')",
    )
    run(pair[0], "alter table kid add constraint promised foreign key (fam) references other (id) not valid")
    found = profile(sides.plan, sides.source)
    assert ("duplicates", "public.family", "", 2) in kinds(found)
    assert ("rows without key", "public.family", "", 1) in kinds(found)
    assert ("damaged text", "public.family", "nm", 1) in kinds(found)
    assert ("refused values", "public.child", "", 1) in kinds(found)
    assert ("orphans", "public.child", "family_id", 1) in kinds(found)
    assert ("orphans", "public.kid", "promised", 3002) in kinds(found)
    assert ("no key", "public.loose", "", 0) in kinds(found)
    assert found.sound == ()
    damaged = next(finding for finding in found.findings if finding.kind == "damaged text")
    assert "of 2004 rows 1 in a wrong encoding, 1 with control characters" in damaged.says
    said = json.dumps(found.as_dict())
    assert "MÃ" not in said and "2012-02-31" not in said and "55555" not in said


def test_rows_that_the_target_holds_already_are_no_orphans_of_ours_to_judge(pair: tuple[str, str]) -> None:
    """A parent that no table brings is the target's own: nothing is claimed about it."""
    sides = two_sides(pair, CLEAN, TARGET, CHILD)
    assert profile(sides.plan, sides.source).findings == ()


def test_several_tables_may_bring_the_parents(pair: tuple[str, str]) -> None:
    target = TARGET.replace("name text)", "name text, origin text)")
    first = FAMILY | {"where": "id <= 1000", "owns": "origin = 'a'"}
    second = FAMILY | {"where": "id > 1000", "owns": "origin = 'b'"}
    sides = two_sides(pair, CLEAN, target, first, second, CHILD)
    assert [f for f in profile(sides.plan, sides.source).findings if f.kind == "orphans"] == []
    sides = replace(sides, plan=replace(sides.plan, tables=tuple(t for t in sides.plan.tables if "#2" not in t.name)))
    assert ("orphans", "public.child", "family_id", 1001) in kinds(profile(sides.plan, sides.source))


def test_a_large_table_is_estimated_and_asks_for_a_cursor(
    pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "COUNTED", 1000)
    monkeypatch.setattr(profiling, "LARGE", 1000)
    source = CLEAN.replace("kid (id int primary key,", "kid (id serial primary key, upd timestamptz,")
    source = source.replace("insert into kid", "insert into kid (id, fam, born)") + "; analyze"
    sides = two_sides(pair, source, TARGET, FAMILY, CHILD)
    found = profile(sides.plan, sides.source)
    child = next(table for table in found.mapped if table.name == "public.child")
    assert (child.rows, child.exact) == (3000, False)
    assert kinds(found) == [("no cursor", "public.child", "", 0)]
    assert "(id could be one)" in found.findings[0].says


def test_more_than_the_night_holds_is_a_finding(pair: tuple[str, str]) -> None:
    sides = two_sides(pair, CLEAN, TARGET, FAMILY, CHILD)
    limits = sides.plan.project.limits.model_copy(update={"frozen_minutes": 0})
    plan = replace(sides.plan, project=sides.plan.project.model_copy(update={"limits": limits}))
    (finding,) = profile(plan, sides.source).findings
    assert (finding.kind, finding.of) == ("volume", 5000)


def test_what_takes_too_long_is_said_and_counts_for_nothing(
    pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "LOOK_SECONDS", 1)
    slow = {"target": "loose", "source": "select pg_sleep(60)::text as note"}
    sides = two_sides(pair, CLEAN, TARGET, slow)
    found = profile(sides.plan, sides.source)
    assert [finding.kind for finding in found.findings] == ["no key"]
    assert len(found.not_seen) == 3 and not found.mapped[0].exact
    assert all("was not looked at: it did not end within 1 s" in line for line in found.not_seen)
    assert found.rate == read_rate(sides.plan, sides.source) == 0


def test_a_size_that_a_lock_keeps_back_is_an_error_and_no_wait_for_ever(
    pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SIZE_SECONDS", 1)
    sides = two_sides(pair, CLEAN, TARGET, FAMILY)
    with psycopg.connect(pair[0]) as other, sides.source.session(read_only=True) as connection:
        other.execute("lock table other in access exclusive mode")
        with pytest.raises(Terminal, match="did not end within 1 s"):
            sides.source.profiling.stored(connection)


def test_bytes_that_are_no_text_are_found_on_a_server_without_an_encoding(new_database: Callable[..., str]) -> None:
    urls = new_database("ascii", "encoding 'SQL_ASCII' locale 'C' template template0"), new_database("target")
    sides = two_sides(urls, CLEAN, TARGET, FAMILY)
    assert [f for f in profile(sides.plan, sides.source).findings if f.kind == "damaged text"] == []
    run(
        urls[0],
        "set client_encoding = 'SQL_ASCII';"
        " insert into fam (id, nm) values (9001, e'M\\xfcller'), (9002, e'M\\xc3\\xbcller')",
    )
    with sides.source.session(read_only=True) as connection:
        (one,) = sides.source.profiling.garbled(connection, "fam as src", {"nm": "src.nm"})
    assert (one.column, one.encoding, one.control) == ("nm", 1, 0)


def test_partitions_are_counted_as_one_table_and_extensions_are_left_out(pair: tuple[str, str]) -> None:
    run(pair[0], "create table log (id int, at timestamptz) partition by range (id)")
    run(pair[0], "create table log_1 partition of log for values from (0) to (1000)")
    run(pair[0], "create table log_2 partition of log for values from (1000) to (2000)")
    run(pair[0], "insert into log select n, now() from generate_series(1, 1500) n; analyze")
    run(pair[0], "create schema golive; create table golive.own (id int)")
    sides = two_sides(pair, "select 1", "create table log (id int, at timestamptz)", {"target": "log"})
    with sides.source.session(read_only=True) as connection:
        (log,) = sides.source.profiling.stored(connection)
    assert (log.name, log.rows, log.keyed) == ("public.log", 1500, False)
    assert log.bytes > 0 and log.writes >= 0 and log.last_analyzed


def test_a_missing_right_is_told_as_what_could_not_be_seen(pair: tuple[str, str]) -> None:
    sides = two_sides(pair, CLEAN, TARGET, FAMILY)
    with (
        sides.source.session(read_only=True) as connection,
        pytest.raises(Terminal, match="permission denied"),
        sides.source.profiling.bounded(connection, 5),
    ):
        connection.execute("set role pg_monitor")
        connection.execute("select * from fam")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]
