"""The check of a training copy, which knows no masks: what it finds, and what it could not look at."""

from __future__ import annotations

import pytest
from psycopg.sql import SQL
from tests.integration.office import Office

from golive.databases.masking import How, Mask
from golive.databases.postgresql import masking_read
from golive.errors import ChecksFailed
from golive.results import Verdict
from golive.training_copy import Unmasked
from golive.training_copy.check import _Column


def unmasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Masks that do nothing."""
    monkeypatch.setitem(masking_read._FORMS, "text", lambda table, mask, value: value)
    monkeypatch.setitem(masking_read._FORMS, "drawn", lambda table, mask, value: value)


@pytest.mark.parametrize(
    ("key", "column", "says"),
    [
        ("id", "name", "values that arrived as they are: name in 200 rows"),
        ("id", "yes", "values that arrived as they are: yes in 200 rows"),
        ("name", "name", "of which the copy has 200 in name"),
    ],
)
def test_a_value_that_would_arrive_as_it_is_takes_the_refresh_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, key: str, column: str, says: str
) -> None:
    office.fill(f"create table t (id int not null, name text not null, yes boolean, primary key ({key}))",
                "insert into t select n, 'Somebody of ' || n, n % 2 = 0 from generate_series(1, 200) n")  # fmt: skip
    office.refresh(column)
    before = office.copy("select * from t order by id")
    unmasked(monkeypatch)
    with pytest.raises(Unmasked) as refused:
        office.refresh(column)
    assert isinstance(refused.value, ChecksFailed) and says in refused.value.message
    assert [result.verdict for result in refused.value.results] == [Verdict.FAIL]
    assert "Somebody" not in refused.value.message + str([result.as_dict() for result in refused.value.results])
    assert office.copy("select * from t order by id") == before


def test_a_computed_column_out_of_what_nobody_masks_is_caught(office: Office) -> None:
    office.fill("create table t (id int primary key, a text, b text generated always as ('x' || a) stored)",
                "insert into t (id, a) values (1, 'Ann Lee')")  # fmt: skip
    with pytest.raises(Unmasked, match="b in 1 rows"):
        office.refresh("b")
    assert office.refresh("a", "b").results[0].verdict is Verdict.PASS


def test_an_empty_table_was_not_looked_at(office: Office) -> None:
    office.both("create table t (id int primary key, name text)")
    assert [result.verdict for result in office.refresh("name").results] == [Verdict.VACUOUS]


def test_a_rare_flag_that_arrives_as_it_is_is_not_taken_for_chance(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.fill("create table t (id int primary key, ill boolean not null)",
                "insert into t select n, n % 50 = 0 from generate_series(1, 200) n")  # fmt: skip
    assert office.refresh("ill").results[0].verdict is Verdict.PASS
    unmasked(monkeypatch)
    with pytest.raises(Unmasked, match="values that arrived as they are: ill in 200 rows"):
        office.refresh("ill")


def test_what_is_drawn_is_its_own_as_often_as_chance_has_it() -> None:
    def holds(equal: int, *allowed: str) -> bool:
        column = _Column(Mask("c", How.DRAWN, "drawn", "text", True, False, allowed=allowed))
        for n in range(1000):
            column.see("own", "own" if n < equal else "other")
        return column.holds

    assert holds(500, "true", "false") and not holds(650, "true", "false")
    assert holds(100, *"0123456789") and not holds(250, *"0123456789")
    # A single sign is one of ten digits, or of more letters.
    assert holds(100) and not holds(250)


def test_rows_that_no_key_brought_together_take_the_refresh_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.fill("create table t (id int primary key, name text)",
                "insert into t select n, 'Person ' || n from generate_series(1, 9) n")  # fmt: skip
    office.refresh("name")
    before = office.copy("select * from t order by id")
    whole = masking_read._rows
    monkeypatch.setattr(
        masking_read, "_rows", lambda *args, **rest: SQL("select id + 5 as id, name from ({}) r").format(
            whole(*args, **rest)
        )
    )  # fmt: skip
    with pytest.raises(Unmasked, match="4 rows by key, 1 masked columns: 9 rows were copied, so not all of them were"):
        office.refresh("name")
    assert office.copy("select * from t order by id") == before


@pytest.mark.parametrize(
    ("column", "data"),
    [
        ("badge int unique", "n"),  # a hundred numbers of two digits: the masks are the same hundred
        ("yes boolean", "n % 2 = 0"),
    ],
)
def test_where_nobody_can_tell_nothing_is_copied(office: Office, column: str, data: str) -> None:
    name = column.split()[0]
    office.fill(f"create table t (login text primary key, {column})",
                f"insert into t select 'somebody of ' || n, {data} from generate_series(0, 99) n")  # fmt: skip
    with pytest.raises(
        Unmasked, match=f"nobody can tell whether {name} arrived masked: name the table under `without`"
    ):
        office.refresh("login", name)
    assert office.copy("select from t") == []
    # With a key of its own the same column is looked at row by row.
    office.both("alter table t add id serial unique")
    assert office.refresh("login", name).results[0].verdict is Verdict.PASS


def test_short_values_without_a_key_are_known_by_how_few_the_copy_has(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.fill(
        "create table t (login text primary key)", "insert into t select 'user' || n from generate_series(1, 50) n"
    )
    (result,) = office.refresh("login").results
    assert result.verdict is Verdict.PASS and "all short, and in both by chance: login 0 of 50" in result.says
    unmasked(monkeypatch)
    with pytest.raises(Unmasked, match="nobody can tell whether login arrived masked"):
        office.refresh("login")


def test_a_column_is_masked_in_the_tables_that_inherit_it_too(office: Office) -> None:
    """And in those from which it is inherited, whichever of them is named."""
    office.fill("create table base (id int primary key, who text, note text);"
                "create table t (primary key (id)) inherits (base);"
                "create table leaf (more text, primary key (id)) inherits (t)",
                "insert into base values (1, 'Ann Lee', 'a'); insert into t values (2, 'Bob Ray', 'b');"
                "insert into leaf values (3, 'Cy Dole', 'c', 'm')")  # fmt: skip
    made = office.refresh("who")
    assert {table.table: table.masked for table in made.tables} == {
        "public.base": ("who",), "public.leaf": ("who",), "public.t": ("who",),
    }  # fmt: skip
    ours, theirs = (
        [who for (who,) in ask("select who from base order by id")] for ask in (office.original, office.copy)
    )
    assert len(theirs) == 3 and not set(ours) & set(theirs)
    assert office.copy("select note from base order by id") == [("a",), ("b",), ("c",)]
