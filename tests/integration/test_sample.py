"""The sample: big enough on both sides, the same by its seed, and blind to nothing that it drew."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from tests.integration.two_sides import TwoSides, two_sides

from golive.databases.relation import Refusal
from golive.errors import Terminal
from golive.results import Verdict
from golive.validation import SampledTable

TABLE = "create table t (id int primary key, name text, ssn text);"
ROWS = "insert into t select n, 'name ' || n, 'secret ' || n from generate_series(1, 1000) n;"

# What breaks a text format: of COPY, of arrays, of JSON; and letters of one to four bytes.
ODD = ["tab\t", "line\nline", "\r\n", "back\\slash", "\\N", "\\.", '"', "'", "''", "{a,b}", '{"a"}', "[1]", "NULL", "",
       " ", "a ", "é", "ß", "漢字", "😀", "\uffff", "e\u0301", "\x01", "%s", "{}", "$1", "a", "A", "Ä", "_", "null"]


@pytest.fixture
def sides(pair: tuple[str, str]) -> TwoSides:
    """A thousand equal rows; ``ssn`` is sensitive."""
    return two_sides(pair, TABLE + ROWS, TABLE + ROWS, {"target": "t", "sensitive": ["ssn"]})


def _one(sides: TwoSides, **options: int) -> SampledTable:
    sample = sides.sample(**options)
    (table,) = sample.tables
    assert sample.verdict is table.verdict
    assert json.loads(json.dumps(sample.as_dict())) == sample.as_dict()
    assert not _floats(sample.as_dict())
    return table


def _floats(data: Any) -> bool:
    if isinstance(data, dict | list):
        return any(_floats(part) for part in (data.values() if isinstance(data, dict) else data))
    return isinstance(data, float)


def _odd(sides: TwoSides) -> None:
    """One row a pair of odd texts, on both sides; the target's lie in another order."""
    rows = [(one, number, one) for number in range(3) for one in ODD]
    for url, order in zip(sides.urls, (rows, rows[::-1]), strict=True):
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.executemany("insert into t values (%s, %s, %s)", order)


@pytest.mark.parametrize("percent", [10, 33, 100])
def test_at_least_the_part_rounded_up_of_every_table_on_each_side(pair: tuple[str, str], percent: int) -> None:
    sizes = [*range(1, 51), 99, 1000]
    create = ";".join(f"create table t{size} (id text primary key)" for size in sizes)
    fill = "insert into t{0} select 'k' || n from generate_series({1}, {2}) n"
    # The target lacks the first third of each table, and has more than that of its own.
    ours = ";".join(fill.format(size, 1, size) for size in sizes)
    theirs = ";".join(fill.format(size, 1 + size // 3, 2 * size) for size in sizes)
    sides = two_sides(pair, f"{create};{ours}", f"{create};{theirs}", *({"target": f"t{size}"} for size in sizes))
    tables = sides.sample(percent=percent).tables
    assert [table.source_rows for table in tables] == sizes
    for table, size in zip(tables, sizes, strict=True):
        assert table.target_rows == 2 * size - size // 3
        assert table.source_drawn >= -(-table.source_rows * percent // 100)
        assert table.target_drawn >= -(-table.target_rows * percent // 100)
        assert table.sampled == table.matching + table.missing + table.extra
        assert table.source_drawn == table.matching + table.missing
        assert table.target_drawn == table.matching + table.extra
    assert tables[-1].source_drawn < 1000 or percent == 100  # a part, not all
    assert tables[-1].extra > 0


def test_the_same_seed_draws_the_same_rows_and_another_draws_others(sides: TwoSides) -> None:
    first, again, other = _one(sides, seed=5), _one(sides, seed=5), _one(sides, seed=-6)
    assert first == again
    assert (first.verdict, first.source_drawn >= 100, first.matching) == (Verdict.PASS, True, first.sampled)
    assert first.source_keys == first.target_keys != other.source_keys
    sides.on_target("update t set name = name")  # the same rows in other places
    assert _one(sides, seed=5) == first
    sides.on_source("delete from t where id = 500")
    assert _one(sides, seed=5, percent=100).source_keys != _one(sides, seed=5, percent=100).target_keys


@pytest.mark.parametrize(("percent", "seed"), [(9, 1), (0, 1), (101, 1), (10, 1 << 63)])
def test_too_small_a_part_and_too_big_a_seed_are_refused(sides: TwoSides, percent: int, seed: int) -> None:
    with pytest.raises(Terminal, match=r"^(a sample of \d+%|the seed \d+) "):
        sides.sample(percent=percent, seed=seed)


def test_a_changed_cell_is_found_with_its_column_and_masked(sides: TwoSides) -> None:
    sides.on_target("update t set name = 'changed' where id % 2 = 0; update t set ssn = 'public secret'")
    table = _one(sides)
    assert (table.verdict, table.different, table.matching) == (Verdict.FAIL, table.sampled, 0)
    assert table.columns is not None
    assert table.columns["ssn"] == table.sampled > table.columns["name"] > 0
    assert len(table.examples) == 10
    for example in table.examples:
        assert example.source is not None and example.target is not None
        assert example.source["ssn"] == example.target["ssn"] == "***"
        assert (example.target.get("name") == "changed") == (int(example.key[0]) % 2 == 0)
    assert "secret" not in json.dumps(sides.sample().as_dict())


def test_one_cell_among_all(sides: TwoSides) -> None:
    sides.on_target("update t set name = null where id = 77")
    table = _one(sides, percent=100)
    assert (table.different, table.matching, table.columns) == (1, 999, {"name": 1})
    (example,) = table.examples
    assert (example.key, example.source, example.target) == (("77",), {"name": "name 77"}, {"name": None})
    assert table.says == "999 rows match, 1 differ, 0 are missing, 0 are extra"


def test_rows_that_one_side_lacks_are_found(sides: TwoSides) -> None:
    sides.on_target("delete from t where id <= 500")
    sides.on_target("insert into t select n, 'x', 'secret' from generate_series(2001, 4000) n")
    table = _one(sides)
    assert table.verdict is Verdict.FAIL
    assert table.target_drawn >= 250
    assert table.missing and table.extra and table.matching
    assert table.missing + table.extra + table.matching == table.sampled
    whole = _one(sides, percent=100)
    assert (whole.missing, whole.extra, whole.matching) == (500, 2000, 500)
    assert sum(e.source is None for e in whole.examples) == sum(e.target is None for e in whole.examples) == 10
    assert "secret" not in json.dumps(sides.sample().as_dict())


def test_rows_of_the_new_systems_own_are_not_drawn(pair: tuple[str, str]) -> None:
    sides = two_sides(pair, TABLE + ROWS, TABLE + ROWS, {"target": "t", "owns": "id <= 1000"})
    sides.on_target("insert into t select n, 'own', null from generate_series(1001, 3000) n")
    table = _one(sides, percent=100)
    assert (table.verdict, table.target_rows, table.extra) == (Verdict.PASS, 1000, 0)


@pytest.mark.parametrize("key", [["id", "part"], ["part", "id"]])
def test_odd_letters_and_composite_keys(pair: tuple[str, str], key: list[str]) -> None:
    table = "create table t (id text, part int, v text)"
    sides = two_sides(pair, table, table, {"target": "t", "key": key})
    _odd(sides)
    whole = _one(sides, percent=100)
    assert (whole.verdict, whole.matching) == (Verdict.PASS, 3 * len(ODD))
    assert whole.source_keys == whole.target_keys
    part = _one(sides)
    assert part.verdict is Verdict.PASS
    assert 3 * len(ODD) > part.sampled >= 10
    sides.on_target("update t set v = v || '.' where part = 1")
    changed = _one(sides, percent=100)
    assert (changed.different, changed.columns) == (len(ODD), {"v": len(ODD)})


def test_text_keys_of_servers_with_other_encodings_and_collations(new_database: Callable[..., str]) -> None:
    urls = (
        new_database("latin", "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"), new_database("utf8")
    )
    words = ", ".join(f"('{a}{b}')" for a in "azAZéüß¿~" for b in "azAZéüß¿~")
    script = f"create table t (id text primary key); insert into t values {words}"
    sides = two_sides(urls, script, script)
    for percent in (10, 100):
        table = _one(sides, percent=percent)
        assert (table.verdict, table.matching) == (Verdict.PASS, table.sampled)
        assert table.source_keys == table.target_keys


def test_sensitive_keys_are_masked(pair: tuple[str, str]) -> None:
    sides = two_sides(pair, TABLE + ROWS, TABLE, {"target": "t", "key": ["ssn"], "sensitive": ["ssn"]})
    sides.quarantine(*(Refusal((f"secret {n}",), "refused") for n in range(1, 200)))
    table = _one(sides)
    assert table.missing and table.quarantined
    assert {example.key for example in table.examples} == {("***",)}
    assert {tuple(named["key"]) for named in table.quarantined_keys} == {("***",)}
    assert "secret" not in json.dumps(sides.sample().as_dict())


def test_quarantined_keys_are_counted_listed_and_leave_the_verdict_alone(pair: tuple[str, str]) -> None:
    sides = two_sides(
        pair, "create table t (id int, v text); insert into t select n, n::text from generate_series(1, 100) n;"
        "insert into t values (200, 'not a number'), (201, '1'), (201, '2'), (202, '3'), (null, '4')",
        "create table t (id int, v int); insert into t select n, n from generate_series(1, 100) n;"
        "insert into t values (202, 30)",
        {"target": "t", "key": ["id"], "columns": {"v": "cast(v as int)"}},
    )
    table = _one(sides, percent=100)
    assert (table.verdict, table.says) == (
        Verdict.ERROR, "could not be compared: rows were refused by the source (SQLSTATE 22P02)"
    )
    sides.quarantine(
        Refusal(("200",), "unreadable", "22P02"), Refusal(("201",), "duplicate", rows=2), Refusal(("202",), "refused"),
        Refusal((None,), "no key"),
    )
    table = _one(sides, percent=100)
    assert (table.verdict, table.matching, table.quarantined, table.sampled) == (Verdict.PASS, 100, 3, 103)
    assert (table.source_rows, table.source_drawn, table.target_rows, table.target_drawn) == (105, 104, 101, 101)
    assert table.quarantined_keys == (
        {"key": ["200"], "reason": "unreadable"}, {"key": ["201"], "reason": "duplicate"},
        {"key": ["202"], "reason": "refused"},
    )
    assert table.says == "100 rows match, 0 differ, 0 are missing, 0 are extra; 3 keys of the sample are in quarantine"


def test_a_table_that_cannot_be_compared_leaves_the_others_alone(pair: tuple[str, str]) -> None:
    script = "create table a (id int primary key); create table b (id int primary key); insert into {} values (1), (2)"
    sides = two_sides(pair, script.format("b"), script.format("b"), {"target": "a"}, {"target": "b"})
    sides.on_source("drop table a")
    sample = sides.sample()
    assert [table.verdict for table in sample.tables] == [Verdict.ERROR, Verdict.PASS]
    assert sample.tables[0].says == "could not be compared: UndefinedTable, SQLSTATE 42P01"
    assert sample.verdict is Verdict.ERROR
    assert sample.says.endswith("; not passed: public.a")


def test_nothing_to_compare_is_vacuous_unless_both_sides_are_empty(pair: tuple[str, str]) -> None:
    sides = two_sides(pair, TABLE, TABLE)
    table = _one(sides)
    assert (table.verdict, table.says) == (Verdict.PASS, "empty on both sides")
    sides.on_source("insert into t values (1, 'a', 'b')")
    assert _one(sides).verdict is Verdict.FAIL
    sides.quarantine(Refusal(("1",), "refused"))
    assert _one(sides).verdict is Verdict.VACUOUS


def test_a_table_without_a_key_is_a_multiset_of_its_drawn_rows(pair: tuple[str, str]) -> None:
    table = "create table t (day date, v text);"
    rows = "insert into t select date '2024-01-01' + n / 2, nullif('v', n::text) from generate_series(0, 999) n"
    sides = two_sides(pair, table + rows, table + rows)
    part = _one(sides)
    assert (part.verdict, part.matching) == (Verdict.PASS, part.sampled)
    assert 100 <= part.source_drawn < 200
    # Of two equal rows one goes; another row changes.
    sides.on_target(
        "delete from t where ctid = (select ctid from t where day = '2024-01-03' limit 1);"
        "update t set v = 'w' where ctid = (select ctid from t where day = '2025-01-03' limit 1)"
    )
    whole = _one(sides, percent=100)
    assert (whole.verdict, whole.matching, whole.missing, whole.extra) == (Verdict.FAIL, 998, 2, 1)
    assert whole.examples == ()
    assert whole.says.endswith("the table has no key: compared as a multiset of hashes")


def test_every_table_has_its_part(pair: tuple[str, str]) -> None:
    script = "create table a (id int primary key); create table b (id int primary key); insert into b values (1)"
    sample = two_sides(pair, script, script, {"target": "a"}, {"target": "b"}).sample()
    assert [(table.table, table.sampled) for table in sample.tables] == [("public.a", 0), ("public.b", 1)]
    assert sample.verdict is Verdict.PASS
