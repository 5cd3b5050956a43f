"""How many rows tables have together, as the server estimates them."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from golive.databases import connect

TABLES = """
create table kid (id int); insert into kid select generate_series(1, 300);
create table "Fam" (id int) partition by range (id);
create table fam_1 partition of "Fam" for values from (0) to (100); insert into "Fam" select generate_series(1, 50);
create table never_counted (id int) with (autovacuum_enabled = off); insert into never_counted values (1);
create view both_of_them as select id from kid;
analyze kid; analyze "Fam";
"""


def test_all_tables_count_and_what_the_server_never_counted_or_has_not_adds_none(
    new_database: Callable[..., str],
) -> None:
    url = new_database("source")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
    database = connect(url, name="source")
    with database.session(read_only=True) as session:
        assert database.catalog.rows(session, ["kid", "public.Fam"]) == 350
        assert database.catalog.rows(session, ["kid", "never_counted", "both_of_them", "is_not_there"]) == 300
        assert database.catalog.rows(session, []) == 0
