"""Configuration that was made ahead beside production's: what a copy would do, and what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import databases
from tests.integration.configured import AREAS, Configured, configured

from golive.config_copy import Compared, compare
from golive.errors import PlanError
from golive.project.files import parse


@pytest.fixture
def school(new_database: Callable[..., str]) -> Configured:
    return configured(new_database)


@pytest.fixture(scope="module")
def still(server_url: Callable[[str], str]) -> Iterator[Configured]:
    """The school for tests that change nothing in it."""
    with databases(server_url) as make:
        yield configured(make)


def read_as(school: Configured, text: str) -> Configured:
    """The same databases under another project file."""
    return Configured(parse(text, "project.yaml", "harbour"), school.staging_url, school.target_url)


def numbers(found: Compared) -> dict[str, tuple[int, int, int, int]]:
    """Table -> rows inserted, updated, removed, unchanged."""
    out = {}
    for table in found.tables:
        one = table.difference
        out[table.table.removeprefix("public.")] = (one.inserted, one.updated, one.removed, one.unchanged)
    return out


def against(found: Compared) -> list[str]:
    return [f"{each.kind}: {table.table}: {each.says}" for table in found.tables for each in table.against]


def test_rows_are_told_apart_by_key_and_columns(school: Configured) -> None:
    before = school.everything()
    found = school.compared()
    assert numbers(found["terms"]) == {"term": (1, 1, 1, 1)}
    assert dict(found["terms"].tables[0].difference.columns) == {"starts_on": 1}
    # A scale is known by its code: its number is another one in production, and so are those that refer to it.
    assert numbers(found["scales"]) == {"scale": (1, 1, 1, 0), "mark": (2, 1, 1, 0)}
    assert [table.table for table in found["scales"].tables] == ["public.scale", "public.mark"]
    assert numbers(found["fees"]) == {"fee": (1, 1, 0, 0)}
    assert [against(each) for each in found.values()] == [[], [], []]
    assert school.everything() == before
    assert school.asked("select to_regclass('golive.config_copy')") == [(None,)]


def test_examples_show_keys_and_changes_and_nothing_sensitive(still: Configured) -> None:
    (table,) = still.compared()["fees"].tables
    changed, new = table.difference.examples
    assert (changed.key, changed.before, changed.after) == (("BUS",), {"price": "***"}, {"price": "***"})
    assert new.before is None and new.after is not None
    assert (new.key, new.after["price"], new.after["term"]) == (("LUNCH",), "***", "T3")
    assert not any(price in str(still.compared()) for price in ("12.00", "10.00", "3.50"))
    assert "***" in str(still.compared()["fees"].as_dict())


def test_the_snapshot_is_of_staging_alone_and_of_every_row_of_it(school: Configured) -> None:
    before = {name: each.snapshot for name, each in school.compared().items()}
    school.on_target("update term set starts_on = '2020-01-01'", "delete from mark")
    assert {name: each.snapshot for name, each in school.compared().items()} == before
    school.on_staging("update mark set low = 89 where low = 90")
    after = {name: each.snapshot for name, each in school.compared().items()}
    assert [name for name in after if after[name] != before[name]] == ["scales"]
    # Another number that leads to the same row is no change; another declaration is.
    school.on_staging("update mark set low = 90 where low = 89")
    assert school.compared()["scales"].snapshot == before["scales"]
    other = read_as(school, AREAS.replace(", sensitive: [price]", ", without: [term]"))
    assert other.compared()["fees"].snapshot != before["fees"]


def test_one_area_alone_reads_no_other(school: Configured) -> None:
    whole, plans = school.compared(), school.plans
    school.on_staging("drop table mark")
    for area in ("terms", "fees"):
        assert compare(plans, school.staging, school.target, only=area) == {area: whole[area]}
    assert compare(plans, school.staging, school.target, only="gone") == {}


def test_what_stands_in_place_of_a_number_is_hidden_where_it_is_sensitive(school: Configured) -> None:
    """Wherever it is named: under the tables of the move, of an area, or of the training copy."""
    copy = "training_copy: {connection: training, access: [lead], sensitive: {scale: [code]}}\n"
    found = read_as(school, AREAS + copy).compared()["scales"]
    mark, scale = found.tables[1], found.tables[0]
    assert all(example.key[0] == "***" for example in (*mark.difference.examples, *scale.difference.examples))
    assert not any(code in str(found.as_dict()) for code in ("AF", "PF", "NUM"))
    assert "AF" in str(school.compared()["scales"].as_dict())


def test_a_row_that_goes_while_another_owners_has_its_key_collides(school: Configured) -> None:
    for run in (school.on_staging, school.on_target):
        run("create table rate (kind text, price int, origin text)")
    school.on_staging("insert into rate values ('B', 1, 'native')")
    school.on_target("insert into rate values ('A', 1, 'native'), ('A', 2, 'old'), ('C', 3, 'native')")
    native = "{table: rate, key: [kind], where: \"origin = 'native'\", owns: \"origin = 'native'\"}"
    made = read_as(school, f"{AREAS}  - {{area: rates, owner: lead, tables: [{native}]}}\n")
    assert against(made.compared()["rates"]) == [
        "collides: public.rate: 1 row goes from production and has the kind of a row that the area does not own: name"
        " more columns under `key`"
    ]


def test_a_unique_value_of_a_row_that_is_not_the_areas_own_collides(school: Configured) -> None:
    school.on_staging("update fee set name = 'Arrived' where code = 'LUNCH'")
    assert against(school.compared()["fees"]) == [
        "collides: public.fee: 1 row has the name of a row of production that the area does not own"
    ]
    school.on_staging("update fee set name = 'Lunch' where code = 'LUNCH'", "insert into fee values ('OLD2', 'Own')")
    assert against(school.compared()["fees"]) == [
        "collides: public.fee: 1 row has the code of a row of production that the area does not own"
    ]


def test_a_key_that_two_areas_claim_collides(still: Configured) -> None:
    more = "  - {area: more, owner: lead, tables: [{table: term, where: \"code < 'T2'\", owns: \"code < 'T2'\"}]}\n"
    text = AREAS.replace("tables: [term]", "tables: [{table: term, owns: code > 'T0'}]") + more
    found = read_as(still, text).compared()
    # One row of production that both own, and one of staging that both bring.
    assert against(found["more"]) == ["collides: public.term: 2 rows are claimed by the area terms too"]
    assert against(found["terms"]) == ["collides: public.term: 2 rows are claimed by the area more too"]


def test_a_row_that_the_migration_owns_collides(still: Configured) -> None:
    school = read_as(still, AREAS.replace("owns: \"origin = 'native'\"", "owns: \"origin <> 'x'\""))
    assert against(school.compared()["fees"]) == [
        "collides: public.fee: 1 row belongs to the migration, by `owns` under `tables`"
    ]
    wide = read_as(still, AREAS.replace("where: \"origin = 'native'\", ", ""))
    assert against(wide.compared()["fees"]) == [
        "collides: public.fee: 1 row belongs to the migration, by `owns` under `tables`",
        "collides: public.fee: 1 row lies outside `owns`: limit them by `where`",
    ]


def test_a_row_that_others_refer_to_does_not_go_and_its_key_does_not_change(school: Configured) -> None:
    school.on_staging("delete from fee where code = 'BUS'")
    school.on_target("insert into fee values ('T9FEE', 'Of T9', 1, 'T9', 'old')")
    found = school.compared()
    assert against(found["fees"]) == [
        "collides: public.fee: 1 row goes from production while rows of public.booking refer to it"
    ]
    assert against(found["terms"]) == [
        "collides: public.term: 1 row goes from production while rows of public.fee refer to it"
    ]


def test_what_refers_outside_its_area_is_told(new_database: Callable[..., str]) -> None:
    school = configured(new_database, AREAS.replace("depends: [terms]", "depends: [scales]"))
    # T3 is only in staging, in an area that fees does not depend on.
    assert against(school.compared()["fees"]) == [
        "refers outside: public.fee: 1 row refers by term to a row of public.term that is neither in production nor in"
        " an area that this one depends on"
    ]
    school.on_target("insert into term values ('T3', '2027-06-01', null)")
    assert against(school.compared()["fees"]) == []


def test_a_remapped_number_leads_to_what_is_there_or_comes_along(new_database: Callable[..., str]) -> None:
    alone = AREAS.replace("      - {table: scale, key: [code], without: [scale_id]}\n", "")
    school = configured(new_database, alone)
    assert against(school.compared()["scales"]) == [
        "refers outside: public.mark: 1 row refers by scale_id to a row of public.scale that is neither in production"
        " nor in an area that this one depends on"
    ]
    school.on_staging("alter table mark drop constraint mark_scale_id_fkey", "insert into mark values (99, 999, 'Z')")
    assert school.compared()["scales"].incomparable == (
        "public.mark: 1 row refers in staging by scale_id to no row of public.scale",
    )


def test_rows_that_cannot_be_told_apart_are_incomparable(still: Configured) -> None:
    school = read_as(still, AREAS.replace("tables: [term]", "tables: [{table: term, key: [hours]}]"))
    assert school.compared()["terms"].incomparable == (
        "public.term: 2 rows have no hours in staging: give them one, or take another `key`",
        "public.term: keys (hours) stand more than once in staging, 1 of them: name more columns under `key`",
        "public.term: keys (hours) stand more than once in production, 1 of them: name more columns under `key`",
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("tables: [term]", "tables: [trem]", "tables[0].table: connection harbour_config has no table 'trem'"),
        ("key: [code], ", "key: [cod], ", "key: 'cod' is no column of public.scale that is copied"),
        ("without: [mark_id]", "without: [x]", "without: public.mark has no column 'x'"),
        (", without: [scale_id]", "", "without: 'scale_id' is GENERATED ALWAYS and cannot be updated"),
        ("by: [code]", "by: [name]", "remap.scale_id.by: name of public.scale is not unique"),
        ("{scale_id: {table: scale,", "{scale_id: {table: skale,", "remap.scale_id: 'skale' is not in both"),
        ("{scale_id: {table", "{scale: {table", "remap.scale: 'scale' is no column of public.mark that is copied"),
        (", remap: {scale_id: {table: scale, by: [code]}}", "", "remap: scale_id refers to scale_id of public.scale"),
        (
            "where: \"origin = 'native'\"",
            "where: orign = 1",
            'where: is refused by connection harbour_config: column "o',
        ),
        ("where: \"origin = 'native'\"", "where: code", "where: is of type text"),
        ("sensitive: [price]", "sensitive: [prize]", "sensitive: public.fee has no column 'prize'"),
        ("sensitive: [price]", "columns: [code, nam]", "columns: public.fee has no column 'nam'"),
    ],
)
def test_what_does_not_fit_the_schemas_is_told_with_its_place(still: Configured, old: str, new: str, what: str) -> None:
    assert AREAS.count(old) == 1
    with pytest.raises(PlanError) as refused:
        read_as(still, AREAS.replace(old, new)).compared()
    assert f".{what}" in str(refused.value)


def test_two_schemas_that_differ_are_refused(school: Configured) -> None:
    school.on_staging("alter table fee alter price type numeric(8, 3), add unit text", "alter table term drop hours")
    with pytest.raises(PlanError) as refused:
        school.compared()
    for what in (
        "'price' is numeric(8,3) in staging and numeric(8,2) in production",
        "staging's public.fee has a column 'unit' that production has not",
        "staging's public.term has no column 'hours'",
    ):
        assert what in str(refused.value)
