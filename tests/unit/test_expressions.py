"""What an expression may say, and what is refused with what would be right."""

from __future__ import annotations

import pytest

from golive.databases.functions import faults_of, render
from golive.project.expressions import ExpressionFault, expression, query


def _refused(text: str) -> ExpressionFault:
    """The first fault, of reading or of the table."""
    try:
        faults = faults_of(expression(text), "postgresql")
    except ExpressionFault as fault:
        return fault
    assert faults, f"accepted: {text}"
    return faults[0]


def _refused_query(text: str) -> ExpressionFault:
    try:
        faults = faults_of(query(text), "postgresql")
    except ExpressionFault as fault:
        return fault
    assert faults, f"accepted: {text}"
    return faults[0]


def test_columns_are_named_in_the_order_of_their_use_and_folded() -> None:
    parsed = expression(" trim(Last_Nm) || ', ' || coalesce(\"First\", last_nm, upper(nick)) ")
    assert parsed.columns == ("last_nm", "First", "nick")
    assert parsed.functions == ("trim", "coalesce", "upper")
    assert parsed.text == "trim(Last_Nm) || ', ' || coalesce(\"First\", last_nm, upper(nick))"
    assert parsed.kind == "computed"


def test_the_kind_tells_a_bare_column_and_a_constant() -> None:
    assert expression("stu_id").kind == "column"
    assert expression("'sms'").kind == "constant"
    assert expression("stu_id + 1").kind == "computed"


def test_calls_keep_their_arguments_as_written() -> None:
    (call,) = expression("concat(a, array['x', 'y'], b || ',')").calls
    assert call.arguments == ("a", "array['x', 'y']", "b || ','")


@pytest.mark.parametrize(
    "text",
    [
        "trim(first_nm) || ' ' || trim(last_nm)",
        "cast(dob as date)",
        "nullif(trim(dob), '')::date",
        "status <> 'X'",
        "enrolled_on < date '2025-07-01'",
        "case when grade in ('K', 'PK') then 0 else grade::int end",
        "extract(year from (cast(dob as date)))",
        "substring(code from (2) for 3)",
        "note is distinct from 'gone today'",
        "cast('today' as text) = note",
        "amount::numeric(10, 2)",
        "name::character varying(40)",
        "created at time zone ('America/New_York')",
        "\"user\" = 'x'",
        '"lock" = 1',
        "a = any(array[1, 2]) and not (b between 1 and 2 or c is null)",
    ],
)  # fmt: skip
def test_accepted(text: str) -> None:
    assert render(expression(text), "postgresql") == f"({text})"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("a +", "cannot be read at line 1, character 3, near '+'"),
        ("a,\n b", "cannot be read at line 1, character 2, near ','"),
        ("'abc", "a quote that is never closed"),
        ("a -- all of it", "a comment"),
        ("a /* all of it */ + 1", "a comment"),
        ("trim(a + 1", "has '(' at line 1, character 5 without its partner"),
        ("a) or (b", "has ')' at line 1, character 2 without its partner"),
        ("(a]", "has ']' at line 1, character 3 without its partner"),
        ("a[1", "has '[' at line 1"),
        ("a; b", "more than one statement"),
        ("a;", "more than one statement"),
        ("delete from student", "begins a statement, DELETE"),
        ("drop table student", "begins a statement, DROP"),
        ("commit", "begins a statement, COMMIT"),
        ("lock = 1", "begins a statement, LOCK"),
        ("select a from b", "a query"),
        ("(select max(a) from b)", "a query"),
        ("a in (select b from c)", "a query"),
        ("exists (select 1)", "a query"),
        ("count(*)", "an aggregate"),
        ("max(a)", "an aggregate"),
        ("sum(a) over (order by b)", "a window function"),
        ("row_number() over ()", "a window function"),
        ("unnest(a)", "many rows for one"),
        ("regexp_split_to_table(a, ',')", "many rows for one"),
        ("$1", "a parameter"),
        ("a = :b", "a parameter"),
        ("a = %s", "a parameter"),
        ("a = %(b)s", "a parameter"),
        ("a = ?", "a parameter"),
        ("*", "contains `*`"),
        ("s.*", "contains `*`"),
        ("a as b", "a name with AS"),
        ("s.a", "qualifies a column"),
        ("ctid", "the system column ctid"),
        ("now()", "another value at every run"),
        ("current_date - 1", "another value at every run"),
        ("a < Current_Timestamp(3)", "another value at every run"),
        ("localtime", "another value at every run"),
        ("clock_timestamp()", "another value at every run"),
        ("random()", "another value at every run"),
        ("gen_random_uuid()", "another value at every run"),
        ("nextval('ids')", "another value at every run"),
        ("current_user", "depends on the session"),
        ("user || 'x'", "depends on the session"),
        ("current_setting('x')", "depends on the session"),
        ("date 'today'", "can be read as a moment"),
        ("' NOW '::timestamp", "can be read as a moment"),
        ("cast('tomorrow 10:00' as timestamptz)", "can be read as a moment"),
        ("cast('allballs today' as timestamp)", "can be read as a moment"),
        ("enrolled_on < 'yesterday'", "can be read as a moment"),
        ("enrolled_on in ('today', '2025-01-01')", "can be read as a moment"),
        ("pg_catalog.upper(a)", "with a schema"),
        ('"Upper"(a)', "by a quoted name"),
        ("to_date(a, 'MM/DD/YYYY')", "lenient format"),
        ("to_char(a, 'YYYY')", "the server's locale"),
        ("ifnull(a, b)", "is not a function of PostgreSQL"),
        ("len(a)", "is not a function of PostgreSQL"),
        ("age(a)", "counts from today"),
        ("regexp_replace(a, 'x', 'y', 'g')", "has 4 argument(s)"),
        ("make_date(a)", "has 1 argument(s)"),
        ("encode(a, 'escape')", "is given 'escape'"),
        ("my_function(a)", "is not in the table"),
        ("string_agg(a, ',')", "an aggregate"),
        ("lag(a)", "an aggregate"),
        ("char(65)", "is not in the table"),
        ("row(a, b)", "is not in the table"),
        ("a::my_enum", "casts to my_enum"),
        ("a::regclass", "casts to REGCLASS"),
        ("a::money", "casts to MONEY"),
        ("a::my_enum[]", "casts to my_enum[]"),
        ("cast(a as date format 'YYYY')", "is not an accepted form"),
        ("cast(a as date default null on conversion error)", "casts with DEFAULT"),
        ("a ^ 2", "is not an accepted form"),
        ("E'a\\nb' || a", "is not an accepted form"),
        ("$$x$$ || a", "is not an accepted form"),
        ("(a).b", "is not an accepted form"),
        ("(a, b) = (1, 2)", "is not an accepted form"),
        ('a < b collate "en_US"', 'the collation "en_US"'),
    ],
)
def test_refused(text: str, says: str) -> None:
    fault = _refused(text)
    assert says in fault.what
    assert fault.right


def test_render_refuses_what_the_table_does_not_accept() -> None:
    with pytest.raises(ExpressionFault, match=r"to_date\(\).*Right: cast"):
        render(expression("to_date(a, 'YYYY')"), "postgresql")


def test_every_function_that_is_not_accepted_is_named() -> None:
    faults = faults_of(expression("to_char(my_f(a), 'x') || b::money"), "postgresql")
    assert [fault.what.split()[0] for fault in faults] == ["to_char()", "my_f()", "casts"]


@pytest.mark.parametrize(
    "text",
    [
        "select stu_id, trim(nm) as nm from stu_master",
        "with a as (select 1 as x) select x from a",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 9) select n from r",
        "select a.x, b.y from a join b using (x) left join lateral (select 1) c on true",
        "select x from a union all select y from b except select z from c",
        "select x, count(*), string_agg(y, ',' order by y) from a group by x having count(*) > 1",
        "select x, row_number() over w as n from a window w as (partition by y order by z)",
        "select v.x from (values (1), (2)) as v(x) where v.x in (select y from b)",
        "select x from (select distinct on (y) x, y from a order by y, z) s",
        "select status::my_enum from a cross join unnest(array[1]) as u(n)",
    ],
)
def test_accepted_queries(text: str) -> None:
    assert faults_of(query(text), "postgresql") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("select a from t; select b from t", "more than one statement"),
        ("select a from t -- all", "a comment"),
        ("delete from t", "begins a statement, DELETE"),
        ("explain select 1", "begins a statement, EXPLAIN"),
        ("values (1)", "begins a statement, VALUES"),
        ("a + b", "is not a SELECT"),
        ("with d as (delete from t returning *) select * from d", "changes data"),
        ("with d as (update t set a = 1 returning a) select a from d", "changes data"),
        ("with d as (insert into t values (1) returning a) select a from d", "changes data"),
        ("select a into b from t", "SELECT INTO"),
        ("select a from t for update", "locks rows"),
        ("select a from (select a from t for share) s", "locks rows"),
        ("select a from t order by a", "ORDER BY at its top"),
        ("select a from t union select b from u order by 1", "ORDER BY at its top"),
        ("select a from t limit 10", "cuts rows without an order"),
        ("select a from t order by a fetch first 3 rows only", "ORDER BY at its top"),
        ("select a from t union select b from t limit 3", "LIMIT or FETCH at its top"),
        ("select a from t union select b from t offset 3", "OFFSET at its top"),
        ("select a from (select a from t limit 3) s", "cuts rows without an order"),
        ("select distinct on (a) a, b from t", "any row of each group"),
        ("select a from t tablesample system (10)", "draws rows"),
        ("select a from t where b = $1", "a parameter"),
        ("select a, now() from t", "another value at every run"),
        ("select a from t where b < current_date", "another value at every run"),
        ("select a from t where b = 'today'", "can be read as a moment"),
        ("select current_user", "depends on the session"),
        ("select dblink('x', 'y')", "is not in the table"),
        ("select array_agg(a) from t", "takes the rows in any order"),
        ("select to_char(a, 'x') from t", "the server's locale"),
        ("select a::money from t", "casts to MONEY"),
    ],
)
def test_refused_queries(text: str, says: str) -> None:
    fault = _refused_query(text)
    assert says in fault.what
    assert fault.right
