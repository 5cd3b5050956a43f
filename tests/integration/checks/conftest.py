"""Two equal sides of one table that every check has something to look at."""

from __future__ import annotations

import pytest
from tests.integration.two_sides import TwoSides, two_sides

SOURCE = """
create table t (id int primary key, parent int, name text, born date);
insert into t select n, nullif(n / 2, 0), 'name ' || n, date '2000-01-01' + n from generate_series(1, 100) n
"""

TARGET = """
create table t (id serial primary key, parent int references t, name text, born date);
insert into t select n, nullif(n / 2, 0), 'name ' || n, date '2000-01-01' + n from generate_series(1, 100) n;
select setval('t_id_seq', 100)
"""


@pytest.fixture
def sides(pair: tuple[str, str]) -> TwoSides:
    return two_sides(pair, SOURCE, TARGET)
