"""What PostgreSQL accepts in a project file: every line is tried on a real server, sample by sample.

A function is here if it is immutable, or stable and dependent on nothing but settings that
``golive.databases.postgresql.connection`` fixes.
"""

from __future__ import annotations

from golive.databases.accepted import Accepted, Function, Sample


def _same(sql: str, gives: str | None, *, in_session: bool = False) -> Sample:
    return Sample(sql, gives, in_session=in_session)


def _fails(sql: str, sqlstate: str) -> Sample:
    return Sample(sql, fails=sqlstate)


def _function(name: str, least: int, most: int | None, *samples: Sample) -> Function:
    return Function(name, least, most, samples)


_CODINGS = ("'hex'", "'base64'")

_TEXT = (
    _function("trim", 1, 2, _same("trim('  a b ')", "a b"), _same("trim(both '-' from '--a-')", "a"),
              _same("trim(leading '0' from '0070')", "70"), _same("trim(null)", None)),
    _function("ltrim", 1, 2, _same("ltrim('  a ')", "a "), _same("ltrim('0070', '0')", "70")),
    _function("rtrim", 1, 2, _same("rtrim('  a ')", "  a"), _same("rtrim('0070', '0')", "007")),
    _function("btrim", 1, 2, _same("btrim(' a ')", "a"), _same("btrim('xxaxx', 'x')", "a")),
    _function("upper", 1, 1, _same("upper('abc')", "ABC")),
    _function("lower", 1, 1, _same("lower('ABC')", "abc")),
    _function("initcap", 1, 1, _same("initcap('mary o''neil-LEE')", "Mary O'Neil-Lee")),
    _function("coalesce", 1, None, _same("coalesce(null, 'a', 'b')", "a"), _same("coalesce(null, null)", None)),
    _function("nullif", 2, 2, _same("nullif('', '')", None), _same("nullif('a', '')", "a")),
    _function("concat", 1, None, _same("concat('a', null, 1)", "a1"), _same("concat(null)", "")),
    _function("concat_ws", 2, None, _same("concat_ws(', ', 'a', null, 'b')", "a, b")),
    _function("substring", 1, 3, _same("substring('abcd', 2)", "bcd"), _same("substring('abcd', 2, 2)", "bc"),
              _same("substring('abcd' from 2 for 2)", "bc"), _same("substring('abcd' from 3)", "cd"),
              _same("substring('a12b' from '[0-9]+')", "12"), _same("substring('ab' from '[0-9]+')", None),
              _fails("substring('abcd', 2, -1)", "22011")),
    _function("substr", 2, 3, _same("substr('abcd', 2, 2)", "bc"), _same("substr('abcd', 0, 2)", "a")),
    _function("left", 2, 2, _same("left('abcd', 2)", "ab"), _same("left('abcd', -1)", "abc")),
    _function("right", 2, 2, _same("right('abcd', 2)", "cd"), _same("right('abcd', -1)", "bcd")),
    _function("replace", 3, 3, _same("replace('a-b-c', '-', '')", "abc")),
    _function("translate", 3, 3, _same("translate('(12) 3', '() ', '')", "123"),
              _same("translate('abc', 'ac', 'xy')", "xby")),
    _function("lpad", 2, 3, _same("lpad('7', 3, '0')", "007"), _same("lpad('1234', 3, '0')", "123")),
    _function("rpad", 2, 3, _same("rpad('7', 3, '.')", "7.."), _same("rpad('7', 3) || '|'", "7  |")),
    _function("split_part", 3, 3, _same("split_part('a,b,c', ',', 2)", "b"), _same("split_part('a', ',', 2)", ""),
              _fails("split_part('a', ',', 0)", "22023")),
    _function("length", 1, 1, _same("length('añb')", "3"), _same("length(cast('a  ' as char(3)))", "1")),
    _function("char_length", 1, 1, _same("char_length('añb')", "3")),
    _function("character_length", 1, 1, _same("character_length('añb')", "3")),
    _function("octet_length", 1, 1, _same("octet_length('añb')", "4")),
    _function("position", 1, 1, _same("position('b' in 'abc')", "2"), _same("position('x' in 'abc')", "0")),
    _function("strpos", 2, 2, _same("strpos('abc', 'b')", "2"), _same("strpos('abc', 'x')", "0")),
    _function("starts_with", 2, 2, _same("starts_with('abc', 'ab')", "true")),
    _function("regexp_replace", 3, 3, _same("regexp_replace('a1b2', '[0-9]', '#')", "a#b2"),
              _same(r"regexp_replace('a1', '([a-z])([0-9])', '\2\1')", "1a"),
              _fails("regexp_replace('a', '(', '')", "2201B")),
    _function("reverse", 1, 1, _same("reverse('abc')", "cba")),
    _function("repeat", 2, 2, _same("repeat('ab', 2)", "abab"), _same("repeat('ab', -1)", "")),
    _function("chr", 1, 1, _same("chr(241)", "ñ"), _fails("chr(0)", "54000")),
    _function("ascii", 1, 1, _same("ascii('A')", "65"), _same("ascii('')", "0")),
    _function("md5", 1, 1, _same("md5('abc')", "900150983cd24fb0d6963f7d28e17f72")),
    Function("encode", 2, 2, (_same("encode(cast('abc' as bytea), 'hex')", "616263"),
                              _same("encode(cast('abc' as bytea), 'base64')", "YWJj")), ((1, _CODINGS),)),
    Function("decode", 2, 2, (_same("decode('616263', 'hex')", "\\x616263"),
                              _same("decode('YWJj', 'base64')", "\\x616263"),
                              _fails("decode('6x', 'hex')", "22023")), ((1, _CODINGS),)),
    _function("convert_from", 2, 2, _same("convert_from(decode('c3b1', 'hex'), 'UTF8')", "ñ"),
              _same("convert_from(decode('f1', 'hex'), 'LATIN1')", "ñ"),
              _fails("convert_from(decode('f1', 'hex'), 'UTF8')", "22021")),
    _function("convert_to", 2, 2, _same("convert_to('ñ', 'LATIN1')", "\\xf1"),
              _same("convert_from(convert_to('Ã±', 'LATIN1'), 'UTF8')", "ñ"),
              _fails("convert_to('€', 'LATIN1')", "22P05")),
    _function("string_to_array", 2, 3, _same("string_to_array('a,b', ',')", "{a,b}"),
              _same("string_to_array('a,,b', ',', '')", "{a,NULL,b}"), _same("string_to_array('', ',')", "{}")),
    _function("cardinality", 1, 1, _same("cardinality(string_to_array('a,b', ','))", "2")),
)  # fmt: skip

_NUMBERS = (
    _function("abs", 1, 1, _same("abs(-1.5)", "1.5")),
    _function("round", 1, 2, _same("round(2.5)", "3"), _same("round(2.345, 2)", "2.35"), _same("round(-2.5)", "-3"),
              _same("round(cast(2.5 as double precision))", "2"),
              _fails("round(cast(2.5 as double precision), 1)", "42883")),
    _function("ceil", 1, 1, _same("ceil(1.2)", "2")),
    _function("ceiling", 1, 1, _same("ceiling(-1.2)", "-1")),
    _function("floor", 1, 1, _same("floor(-1.2)", "-2")),
    _function("trunc", 1, 2, _same("trunc(1.29, 1)", "1.2"), _same("trunc(-1.9)", "-1")),
    _function("sign", 1, 1, _same("sign(-8.4)", "-1")),
    _function("mod", 2, 2, _same("mod(-7, 3)", "-1"), _fails("mod(1, 0)", "22012")),
    _function("div", 2, 2, _same("div(9.0, 4)", "2")),
    _function("greatest", 1, None, _same("greatest(1, null, 3)", "3")),
    _function("least", 1, None, _same("least(2, null, 3)", "2")),
)  # fmt: skip

_DATES = (
    _function("extract", 1, 1, _same("extract(year from date '2020-02-29')", "2020"),
              _same("extract(month from date '2020-02-29')", "2"), _same("extract(day from date '2020-02-29')", "29"),
              _same("extract(isodow from date '2020-02-29')", "6"),
              _same("extract(hour from timestamp '2020-02-29 13:45:10')", "13"),
              _same("extract(hour from cast('2020-02-29 13:00+00' as timestamptz))", "13", in_session=True)),
    _function("date_part", 2, 2, _same("date_part('year', date '2020-02-29')", "2020")),
    _function("date_trunc", 2, 2, _same("date_trunc('month', timestamp '2020-02-29 13:45')", "2020-02-01 00:00:00"),
              _same("date_trunc('day', cast('2020-02-29 01:00+00' as timestamptz))", "2020-02-29 00:00:00+00",
                    in_session=True)),
    _function("make_date", 3, 3, _same("make_date(2020, 2, 29)", "2020-02-29"),
              _fails("make_date(2021, 2, 29)", "22008")),
    _function("make_time", 3, 3, _same("make_time(13, 45, 10.5)", "13:45:10.5")),
    _function("make_timestamp", 6, 6, _same("make_timestamp(2020, 2, 29, 13, 45, 10.5)", "2020-02-29 13:45:10.5")),
)  # fmt: skip

_CAST = _function(
    "cast", 1, 1, _same("cast('7' as integer)", "7"), _same("'7'::integer + 1", "8"),
    _fails("cast('x' as integer)", "22P02")
)  # fmt: skip

_IN_QUERIES = (
    ("count", 0, 1, "(select count(*) from (values (1), (2)) v(x))", "2"),
    ("sum", 1, 1, "(select sum(x) from (values (1), (2)) v(x))", "3"),
    ("avg", 1, 1, "(select avg(x) from (values (1), (3)) v(x))", "2.0000000000000000"),
    ("min", 1, 1, "(select min(x) from (values (1), (2)) v(x))", "1"),
    ("max", 1, 1, "(select max(x) from (values (1), (2)) v(x))", "2"),
    ("bool_and", 1, 1, "(select bool_and(x > 1) from (values (1), (2)) v(x))", "false"),
    ("bool_or", 1, 1, "(select bool_or(x > 1) from (values (1), (2)) v(x))", "true"),
    ("string_agg", 2, 2, "(select string_agg(x, ',' order by x) from (values ('b'), ('a')) v(x))", "a,b"),
    ("array_agg", 1, 1, "(select array_agg(x order by x) from (values (2), (1)) v(x))", "{1,2}"),
    ("jsonb_agg", 1, 1, "(select jsonb_agg(x order by x) from (values (2), (1)) v(x))", "[1, 2]"),
    ("row_number", 0, 0,
     "(select max(n) from (select row_number() over (order by x) n from (values (5), (6)) v(x)) w)", "2"),
    ("rank", 0, 0, "(select max(n) from (select rank() over (order by x) n from (values (5), (5)) v(x)) w)", "1"),
    ("dense_rank", 0, 0,
     "(select max(n) from (select dense_rank() over (order by x) n from (values (5), (6)) v(x)) w)", "2"),
    ("lag", 1, 3, "(select max(n) from (select lag(x) over (order by x) n from (values (5), (6)) v(x)) w)", "5"),
    ("lead", 1, 3, "(select min(n) from (select lead(x) over (order by x) n from (values (5), (6)) v(x)) w)", "6"),
    ("first_value", 1, 1,
     "(select max(n) from (select first_value(x) over (order by x) n from (values (5), (6)) v(x)) w)", "5"),
    ("unnest", 1, 1, "(select sum(x) from unnest(array[1, 2]) as u(x))", "3"),
    ("generate_series", 2, 3, "(select sum(x) from generate_series(1, 3) as g(x))", "6"),
    ("jsonb_array_elements_text", 1, 1,
     "(select max(x) from jsonb_array_elements_text(cast('[\"a\", \"b\"]' as jsonb)) as j(x))", "b"),
)  # fmt: skip

_TYPES: dict[str, tuple[Sample, ...]] = {
    "TEXT": (_same("cast(1.50 as text)", "1.50"),
             _same("cast(date '2020-02-29' as text)", "2020-02-29", in_session=True)),
    "VARCHAR": (_same("cast('abcd' as varchar(2))", "ab"), _same("cast('ab' as varchar)", "ab")),
    "CHAR": (_same("cast('abcd' as char(2))", "ab"), _same("cast('a' as char(2)) || '|'", "a|")),
    "SMALLINT": (_same("cast('7' as smallint)", "7"), _fails("cast(70000 as smallint)", "22003")),
    "INT": (_same("cast('7' as int)", "7"), _same("cast(2.5 as integer)", "3"), _fails("cast('' as int)", "22P02")),
    "BIGINT": (_same("cast('7000000000' as bigint)", "7000000000"),),
    "DECIMAL": (_same("cast('1.005' as numeric(10, 2))", "1.01"), _same("cast('1.5' as decimal)", "1.5"),
                _fails("cast('1,5' as numeric)", "22P02")),
    "DOUBLE": (_same("cast('1.5' as double precision)", "1.5"),),
    "FLOAT": (_same("cast('1.5' as real)", "1.5"),),
    "BOOLEAN": (_same("cast('y' as boolean)", "true"), _same("cast(0 as boolean)", "false"),
                _fails("cast('2' as boolean)", "22P02")),
    "DATE": (_same("cast('2020-02-29' as date)", "2020-02-29"), _same("date '2020-02-29' + 1", "2020-03-01"),
             _fails("cast('2021-02-29' as date)", "22008"),
             _fails("cast('' as date)", "22007")),
    "TIME": (_same("cast('13:45' as time)", "13:45:00"),),
    "TIMESTAMP": (_same("cast('2020-02-29 13:45' as timestamp)", "2020-02-29 13:45:00"),
                  _same("cast('2020-02-29 13:45:10.567' as timestamp(0))", "2020-02-29 13:45:11"),
                  _same("cast(cast('2020-02-29 13:00+00' as timestamptz) as timestamp)", "2020-02-29 13:00:00",
                        in_session=True)),
    "TIMESTAMPTZ": (_same("cast('2020-02-29 13:45+02' as timestamptz)", "2020-02-29 11:45:00+00"),
                    _same("cast(timestamp '2020-02-29 13:45' as timestamp with time zone)", "2020-02-29 13:45:00+00",
                          in_session=True)),
    "INTERVAL": (_same("cast('1 day 2 hours' as interval)", "1 day 02:00:00"),),
    "UUID": (_same("cast('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' as uuid)", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
             _fails("cast('a0' as uuid)", "22P02")),
    "VARBINARY": (_same("cast('abc' as bytea)", "\\x616263"),),
    "JSON": (_same("cast('{\"a\":  1}' as json)", '{"a":  1}'), _fails("cast('{a}' as json)", "22P02")),
    "JSONB": (_same("cast('{\"b\":  1, \"a\": 2}' as jsonb)", '{"a": 2, "b": 1}'),),
    "ARRAY": (_same("cast('{1,2}' as int[])", "{1,2}"), _same("cast(array['a', 'b'] as text[])", "{a,b}")),
}  # fmt: skip

_SYNTAX = (
    _same("'a' || 'b'", "ab"),
    _same("'a' || null", None),
    _same("'it''s'", "it's"),
    _same("-(1 + 2) * 3", "-9"),
    _same("7 / 2", "3"),
    _same("7 % 2", "1"),
    _fails("1 / 0", "22012"),
    _same("7 - 2.5", "4.5"),
    _same("+1", "1"),
    _same("1 = 1", "true"),
    _same("1 <> 1", "false"),
    _same("1 != 2", "true"),
    _same("1 < 2", "true"),
    _same("1 <= 2", "true"),
    _same("1 > 2", "false"),
    _same("1 >= 2", "false"),
    _same("true and not false", "true"),
    _same("false or null", None),
    _same("case when 1 = 2 then 'a' else 'b' end", "b"),
    _same("case 'x' when 'y' then 1 end", None),
    _same("1 in (1, 2)", "true"),
    _same("3 not in (1, 2)", "true"),
    _same("2 between 1 and 3", "true"),
    _same("2 not between 1 and 3", "false"),
    _same("2 between symmetric 3 and 1", "true"),
    _same("'abc' like 'a%'", "true"),
    _same("'abc' not like 'a%'", "false"),
    _same("'ABC' ilike 'a_c'", "true"),
    _same("'a%' like 'a!%' escape '!'", "true"),
    _same("'abc' ~ '^a.c$'", "true"),
    _same("'ABC' ~* 'abc'", "true"),
    _same("'abc' !~ '^a'", "false"),
    _same("'abc' !~* '^A'", "false"),
    _same("null is null", "true"),
    _same("1 is not null", "true"),
    _same("true is true", "true"),
    _same("null is not true", "true"),
    _same("1 is distinct from null", "true"),
    _same("null is not distinct from null", "true"),
    _same("date '2020-02-29'", "2020-02-29"),
    _same("date '2020-03-01' - date '2020-02-28'", "2"),
    _same("timestamp '2020-02-29 13:00'", "2020-02-29 13:00:00"),
    _same("date '2020-02-29' + interval '1 month'", "2020-03-29 00:00:00"),
    _same("timestamp '2020-01-01 12:00' at time zone 'America/New_York'", "2020-01-01 17:00:00+00"),
    _same("array['a', 'b']", "{a,b}"),
    _same("1 = any(array[1, 2])", "true"),
    _same("(string_to_array('a,b', ','))[1]", "a"),
    _same("cast('{\"a\": \"x\"}' as jsonb) ->> 'a'", "x"),
    _same("cast('{\"a\": \"x\"}' as jsonb) -> 'a'", '"x"'),
    _same("cast('[1, 2]' as jsonb) ->> 0", "1"),
    _same("'a' < 'B' collate \"C\"", "false"),
)  # fmt: skip

_FORMATS = "reads by a lenient format: what does not fit becomes another value without an error"
_REFUSED = {
    "to_date": (_FORMATS, "cast(... as date), or make_date() over the parts"),
    "to_timestamp": (_FORMATS, "cast(... as timestamp), or make_timestamp() over the parts"),
    "to_number": (_FORMATS, "cast(replace(...) as numeric)"),
    "to_char": ("writes by the server's locale", "cast(... as text), or extract() and lpad() of the parts"),
    "age": ("counts from today if it has one argument, and in months of unequal length", "a difference of two dates"),
    "date": ("is another name of a cast", "cast(... as date)"),
    "timezone": ("is another name of AT TIME ZONE", "... at time zone 'Europe/Berlin'"),
    "ifnull": ("is not a function of PostgreSQL", "coalesce()"),
    "nvl": ("is not a function of PostgreSQL", "coalesce()"),
    "isnull": ("is not a function of PostgreSQL", "coalesce(), or `... is null`"),
    "len": ("is not a function of PostgreSQL", "length()"),
    "instr": ("is not a function of PostgreSQL", "strpos()"),
    "if": ("is not a function of PostgreSQL", "case when ... then ... else ... end"),
    "iif": ("is not a function of PostgreSQL", "case when ... then ... else ... end"),
    "try_cast": ("is not a function of PostgreSQL", "cast(): a value that it refuses sends the row to quarantine"),
    "convert": ("is not a function of PostgreSQL", "cast(... as ...)"),
    "json_agg": ("keeps the spelling of numbers and the order of keys", "jsonb_agg() with ORDER BY"),
}


def accepted() -> Accepted:
    """The table; ``golive.databases.functions`` keeps it."""
    functions = [*_TEXT, *_NUMBERS, *_DATES, _CAST]
    functions += [
        Function(name, least, most, (Sample(sql, gives),), query_only=True)
        for name, least, most, sql, gives in _IN_QUERIES
    ]
    return Accepted({function.name: function for function in functions}, _TYPES, _SYNTAX, _REFUSED)
