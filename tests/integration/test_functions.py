"""Every line of the table of accepted functions, tried on a real server."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from golive.databases import connect
from golive.databases.functions import ACCEPTED, faults_of, render
from golive.project.expressions import expression, query

TABLE = ACCEPTED["postgresql"]
SAMPLES = [sample for sample in TABLE.samples if sample.fails is None]
REFUSALS = [sample for sample in TABLE.samples if sample.fails is not None]
IN_QUERIES = {sample.sql for function in TABLE.functions.values() if function.query_only for sample in function.samples}


@pytest.fixture(scope="module")
def database(server_url: Callable[[str], str]) -> str:
    return server_url("postgres")


def _sql(sample: str) -> str:
    """The sample as a project would run it: through the parser, the table and the rendering."""
    if sample in IN_QUERIES:
        assert faults_of(query(f"select {sample} as v"), "postgresql") == []
        return sample
    return render(expression(sample), "postgresql")


def test_every_function_has_a_sample_that_calls_it_and_a_value() -> None:
    for name, function in TABLE.functions.items():
        assert any(sample.gives is not None for sample in function.samples), name
        assert all(name in sample.sql or name == "cast" for sample in function.samples), name
    for name, samples in TABLE.types.items():
        assert any(sample.gives is not None for sample in samples), name


def test_every_sample_gives_what_the_table_says(database: str) -> None:
    with connect(database, name="server").session() as session:
        given = {sample.sql: session.execute(f"select ({_sql(sample.sql)})::text").fetchone()[0] for sample in SAMPLES}
    assert given == {sample.sql: sample.gives for sample in SAMPLES}


@pytest.mark.parametrize("sample", REFUSALS, ids=lambda sample: sample.sql)
def test_the_server_refuses_what_the_table_says(database: str, sample: object) -> None:
    with connect(database, name="server").session() as session, pytest.raises(psycopg.Error) as refused:
        session.execute(f"select ({_sql(sample.sql)})::text")
    assert refused.value.sqlstate == sample.fails


def _differing(database: str, sessions: tuple[str, str]) -> set[str]:
    """The samples whose values are not the same under two session settings."""
    differing = set()
    with psycopg.connect(database, autocommit=True) as session:
        session.execute(sessions[0])
        for number, sample in enumerate(SAMPLES):
            session.execute(f"create temp table s{number} as select ({_sql(sample.sql)}) as v")
        session.execute(sessions[1])
        for number, sample in enumerate(SAMPLES):
            same = session.execute(f"select v::text is not distinct from ({_sql(sample.sql)})::text from s{number}")
            if not same.fetchone()[0]:
                differing.add(sample.sql)
    return differing


def test_values_depend_on_no_session_setting_but_those_flagged(database: str) -> None:
    differing = _differing(
        database,
        (
            "set timezone = 'UTC'; set datestyle = 'ISO, YMD'",
            "set timezone = 'America/New_York'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601'",
        ),
    )
    assert differing == {sample.sql for sample in SAMPLES if sample.in_session}


def test_no_accepted_function_is_volatile(database: str) -> None:
    with psycopg.connect(database) as session:
        rows = session.execute(
            "select proname from pg_proc where provolatile = 'v' and pronamespace = 'pg_catalog'::regnamespace"
        ).fetchall()
    assert {name for (name,) in rows} & set(TABLE.functions) == set()


def test_what_the_parser_rewrites_still_runs_as_it_was_written(database: str) -> None:
    for text in ("btrim('xax', 'x')", "mod(7, 4)", "'a' || null", "substr('abc', 2)", "char_length('a ')"):
        assert render(expression(text), "postgresql") == f"({text})"
