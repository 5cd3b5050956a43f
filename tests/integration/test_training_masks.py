"""Masks on small tables of every kind: what constraints make of them, and which databases a refresh refuses."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import make_url
from tests.integration.office import Office
from tests.integration.two_sides import run

from golive.databases import connect
from golive.errors import Busy, NotPermitted, PlanError
from golive.ledger import Ledger
from golive.results import Verdict

# --- constraints ------------------------------------------------------------------------------------------------------


def test_unique_texts_stay_unique_however_short(office: Office) -> None:
    office.fill("create table t (id int primary key, badge varchar(2) unique, sign char(1) unique, no int unique)",
                "insert into t select n, lpad(n::text, 2, '0'), case when n < 26 then chr(65 + n) end, n"
                " from generate_series(0, 99) n")  # fmt: skip
    (table,) = office.refresh("badge", "sign", "no").tables
    assert set(table.masked) == {"badge", "sign", "no"}
    query = "select badge, trim(sign), no from t order by id"
    pairs = list(zip(office.original(query), office.copy(query), strict=True))
    assert all(ours[n] != theirs[n] for ours, theirs in pairs for n in range(3) if ours[n] is not None)
    assert {theirs[0] for _, theirs in pairs} == {f"{n:02}" for n in range(100)}


def test_values_of_few_are_drawn_by_row(office: Office) -> None:
    office.fill("create type mood as enum ('glad', 'sad', 'calm');"
                "create table t (id int primary key, mood mood, yes boolean not null, code char(1),"
                " level smallint not null check (level between 1 and 5),"
                " kin text not null check (kin in ('mother', 'father', 'other')),"
                " sex char(1) not null check (sex in ('M', 'F')))",
                "insert into t select n, case when n % 10 > 0 then 'sad'::mood end, true, 'F', 2, 'mother', 'F'"
                " from generate_series(1, 300) n")  # fmt: skip
    made = office.refresh("mood", "yes", "code", "level", "kin", "sex")
    assert set(made.tables[0].drawn) == {"mood", "yes", "code", "level", "kin", "sex"}
    assert office.copy("select count(distinct mood), count(distinct yes), count(distinct level), count(distinct kin),"
                       " count(mood), count(distinct sex) from t") == [(3, 2, 5, 3, 270, 2)]  # fmt: skip
    assert office.copy("select count(distinct code) > 15, bool_and(code ~ '[A-Z]') from t") == [(True, True)]
    (result,) = made.results
    assert result.verdict is Verdict.PASS and "yes" in result.says


def test_where_a_mask_breaks_a_constraint_it_is_null(office: Office) -> None:
    office.fill("create domain short_day as date check (value < date '2026-03-01');"
                "create table t (id int primary key, starts date, ends date, due short_day,"
                " days int generated always as (ends - starts) stored, check (starts < ends or days is null))",
                "insert into t (id, starts, ends, due) select n, date '2026-01-01' + n, date '2026-01-02' + n,"
                " date '2026-02-01' + n % 28"
                " from generate_series(1, 60) n")  # fmt: skip
    (table,) = office.refresh("starts", "ends", "due").tables
    assert set(table.partly) == {"starts", "ends", "due"}
    found = office.copy("select count(*), count(starts), count(due) from t")
    assert found[0][0] == 60 and 0 < found[0][1] < 60 and found[0][2] < 60


def test_a_bounded_number_stays_within_its_bounds(office: Office) -> None:
    office.fill("create table t (id int primary key, gpa numeric(4, 3) not null check (gpa >= 0 and gpa <= 5.0))",
                "insert into t select n, n / 100.0 from generate_series(0, 500) n")  # fmt: skip
    assert office.refresh("gpa").tables[0].masked == ("gpa",)
    assert office.copy("select min(gpa) >= 0, max(gpa) <= 5, count(distinct gpa) > 400 from t") == [(True, True, True)]
    assert not set(office.original("select id, gpa from t")) & set(office.copy("select id, gpa from t"))


def test_a_constraint_that_no_mask_keeps_is_refused_before_anything_is_copied(office: Office) -> None:
    office.fill("create table a (id int primary key);"
                "create table t (id int primary key, tail text not null check (tail like '%@here.example'))",
                "insert into a values (1); insert into t values (1, 'xavier@here.example')")  # fmt: skip
    with pytest.raises(PlanError, match=r"public\.t: no mask of tail keeps the constraint t_tail_check") as refused:
        office.refresh("tail")
    assert "xavier" not in refused.value.message
    assert office.copy("select * from a") == []


@pytest.mark.parametrize("kind", ["jsonb", "text[]", "inet", "interval"])
def test_a_type_without_a_mask_is_null_or_refused(office: Office, kind: str) -> None:
    value = {"jsonb": '{"a": 1}', "text[]": "{a,b}", "inet": "10.0.0.1", "interval": "1 day"}[kind]
    office.fill(f"create table t (id int primary key, v {kind})", f"insert into t values (1, '{value}')")
    assert office.refresh("v").tables[0].emptied == ("v",)
    assert office.copy("select id, v from t") == [(1, None)]
    office.both("update t set v = coalesce(v, null)")
    run(office.training_url, "delete from t")
    office.both("alter table t alter v set not null")
    with pytest.raises(PlanError, match=r"public\.t\.v has the type .*, for which there is no mask, and it cannot be"):
        office.refresh("v")


def test_each_type_keeps_its_own_form(office: Office) -> None:
    office.fill("create table t (id int primary key, small smallint, big bigint, ratio float8, day date,"
                " stamp timestamptz, token uuid, bytes bytea, name name)",
                "insert into t values (1, 32767, 9223372036854775807, 2.5, 'infinity', '2026-01-01 10:00:00.123+00',"
                " 'b0a3c0de-0000-4000-8000-000000000001', '\\x', 'ann'),"
                " (2, -31000, -123456789012345678, 'NaN', '2026-01-01', '2026-05-05 00:00+00',"
                " 'b0a3c0de-0000-4000-8000-000000000002', '\\x0102030405', 'BOB-7');"
                " insert into t values (3)")  # fmt: skip
    assert {result.verdict for result in office.refresh(
        "small", "big", "ratio", "day", "stamp", "token", "bytes", "name").results} == {Verdict.PASS}  # fmt: skip
    one, two, three = office.copy("select small, big, ratio::text, day::text, stamp, token, bytes, name from t "
                                  "order by id")  # fmt: skip
    # What is no value of anybody's stays: the end of a type, infinity, nothing.
    assert one[:2] == (32767, 9223372036854775807) and one[3] == "infinity" and one[6] == b""
    assert one[2] != "2.5" and one[4].microsecond % 1000 == 0 and three == (None,) * 8
    assert -32768 < two[0] < -30000 and len(str(two[1])) == 19 and two[2] == "NaN" and len(two[6]) == 5
    assert two[7] != "BOB-7" and two[7][3] == "-" and two[7][:3].isupper()


def test_a_foreign_key_on_a_sensitive_column_holds(office: Office) -> None:
    office.fill("create table t (login varchar(20) primary key, boss varchar(20) references t);"
                "create table note (id int primary key, login text not null);"
                "create table other (login varchar(20) references t, t int, primary key (login, t));"
                "create table one (id int primary key, two int);"
                "create table two (id int primary key, one int references one);"
                "alter table one add foreign key (two) references two",
                "insert into t select 'user' || n, 'user' || greatest(n - 1, 1) from generate_series(1, 30) n;"
                "insert into other select login, 1 from t; insert into note select 1, login from t limit 1;"
                "insert into one values (1, null); insert into two values (1, 1); update one set two = 1")  # fmt: skip
    made = office.refresh("login", sensitive={"note": ["login"]})
    by = {table.table: table.masked for table in made.tables}
    assert set(by["public.t"]) == {"login", "boss"} and by["public.other"] == by["public.note"] == ("login",)
    # Joins hold, and nobody is there under the old name. The key is masked, so the check looked at values.
    assert office.copy("select count(*) from t join other using (login)") == [(30,)]
    assert office.copy("select count(*) from note join t using (login)") == [(1,)]
    assert not set(office.original("select login from t")) & set(office.copy("select login from t"))
    assert office.copy("select count(*) from one join two on two.one = one.id and one.two = two.id") == [(1,)]
    assert any("no key that is not masked" in result.says for result in made.results)
    assert len(office.copy("select 1 from pg_constraint where contype = 'f' and convalidated")) == 4


def test_triggers_partitions_views_and_identities_of_the_training_side(office: Office) -> None:
    office.fill("create table t (id int generated always as identity primary key, name text);"
                "create table log (what text); create table day (on_ date, who text) partition by range (on_);"
                "create table day_1 partition of day for values from ('2026-01-01') to ('2027-01-01');"
                "create table base (id int primary key, x text); create table more () inherits (base);"
                "create materialized view shown as select name from t;"
                "create function tell() returns trigger language plpgsql as"
                " 'begin insert into log values (tg_op); return new; end';"
                "create trigger tells after insert on t for each row execute function tell();"
                "create trigger always_ after insert on t for each row execute function tell();"
                "alter table t enable always trigger always_",
                "alter table t disable trigger all; insert into t (name) values ('Ann Lee'), ('Bo');"
                "alter table t enable trigger tells; alter table t enable always trigger always_;"
                "insert into day values ('2026-02-02', 'Ann Lee'); insert into base values (1, 'a');"
                "insert into more values (2, 'b'); refresh materialized view shown")  # fmt: skip
    office.refresh("name", sensitive={"day": ["who"]})
    assert office.copy("select * from log") == []
    state = "select tgname, tgenabled::text from pg_trigger where not tgisinternal order by 1"
    assert office.copy(state) == [("always_", "A"), ("tells", "O")]
    assert office.copy("select count(*) from only base union all select count(*) from more") == [(1,), (1,)]
    assert office.copy("select who from day") == office.copy("select name from shown where name like '% %'")
    assert office.copy("select name from shown") != office.original("select name from shown")
    assert office.copy("insert into t (name) values ('x') returning id") == [(3,)]


def test_a_column_that_parts_a_table_is_not_masked(office: Office) -> None:
    office.fill("create table t (d date primary key) partition by range (d)", "select 1")
    with pytest.raises(PlanError, match=r"public\.t\.d decides in which partition"):
        office.refresh("d")
    office.refresh("d", without=["t"])


# --- which database ---------------------------------------------------------------------------------------------------

SMALL = "create table t (id int primary key, name text)"


def test_another_side_is_never_overwritten(office: Office, new_database: Callable[..., str]) -> None:
    office.fill(SMALL, "insert into t values (1, 'Ann')")
    # Reached under another name.
    again = connect(make_url(office.target_url).update_query_dict({"application_name": "x"}).render_as_string(False),
                    name="again")  # fmt: skip
    with pytest.raises(NotPermitted, match=r"from new to again, which is the database of new"):
        office.refresh("name", training=again)
    source = connect(office.training_url, name="old")
    gone = connect("postgresql://nobody@127.0.0.1:1/gone", name="gone")
    with pytest.raises(NotPermitted, match=r"from new to training, which is the database of old"):
        office.refresh("name", others=[gone, source])
    url = new_database("ledger")
    with Ledger(url) as ledger:
        ledger.migrate()
    with pytest.raises(NotPermitted, match="which holds the ledger"):
        office.refresh("name", training=connect(url, name="book"))
    assert office.original("select * from t") == [(1, "Ann")]


def test_rows_that_no_refresh_made_are_left_alone(office: Office) -> None:
    office.fill(SMALL, "insert into t values (1, 'Ann')")
    run(office.training_url, "insert into t values (7, 'kept')")
    with pytest.raises(NotPermitted, match=r"from new to training, which no refresh has made, and public\.t holds"):
        office.refresh("name")
    assert office.copy("select * from t") == [(7, "kept")]
    run(office.training_url, "delete from t")
    office.refresh("name")
    with pytest.raises(NotPermitted, match="which holds the training copy of project office"):
        office.refresh("name", name="harbour")


def test_another_release_is_refused_by_its_columns(office: Office) -> None:
    office.fill(SMALL, "insert into t values (1, 'Ann')")
    run(office.training_url, "alter table t alter name type varchar(5), add more int")
    with pytest.raises(PlanError) as refused:
        office.refresh("name")
    assert "public.t: column name: text in new, character varying(5) in training" in refused.value.message
    assert "public.t: column more: not there in new, integer in training" in refused.value.message


def test_tables_that_are_left_out_stay_empty_and_their_children_with_them(office: Office) -> None:
    office.fill(SMALL + "; create table child (id int primary key, t int references t)",
                "insert into t values (1, 'Ann'); insert into child values (1, 1)")  # fmt: skip
    with pytest.raises(PlanError, match=r"public\.child refers to public\.t, which stays empty"):
        office.refresh(without=["t"])
    with pytest.raises(PlanError, match="`without` names gone, and the new system has no such table"):
        office.refresh(without=["gone"])
    made = office.refresh(without=["t", "public.child"])
    assert made.tables == () and office.copy("select (select count(*) from t) + (select count(*) from child)") == [(0,)]


def test_a_sensitive_column_that_is_not_there_is_named(office: Office) -> None:
    office.fill(SMALL, "select 1")
    with pytest.raises(PlanError, match=r"public\.t\.nome is to be masked, and the new system has no such column"):
        office.refresh("nome")


def test_two_refreshes_at_once(office: Office) -> None:
    office.fill(SMALL, "insert into t values (1, 'Ann')")
    training = connect(office.training_url, name="training")
    with (
        training.session() as connection,
        training.state.locked(connection, "training_copy"),
        pytest.raises(Busy, match="another session works on training_copy"),
    ):
        office.refresh("name")


def test_the_key_decides_every_mask(office: Office) -> None:
    office.fill(SMALL, "insert into t select n, 'Person ' || n from generate_series(1, 50) n")
    office.refresh("name")
    first = dict(office.copy("select * from t"))
    office.refresh("name")
    assert dict(office.copy("select * from t")) == first
    run(office.target_url, "update golive.secret set value = 'another'")
    office.refresh("name")
    second = dict(office.copy("select * from t"))
    assert all(first[n] != second[n] for n in first)
    with psycopg.connect(office.training_url) as connection:
        assert connection.execute("select to_regclass('golive.secret')").fetchone() == (None,)
