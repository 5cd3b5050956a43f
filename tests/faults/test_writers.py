"""Twenty writers commit as fast as they can while the go-live freezes their system."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.dags.runs import run
from tests.dags.small import TEXT, make
from tests.migration import Migration, migrate, rows

WRITERS = 20


@pytest.fixture
def harbour(
    airflow_home: Path, pair: tuple[str, str], new_database: Callable[..., str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Migration]:
    make(*pair)
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "project.yaml").write_text(TEXT)
    yield migrate(monkeypatch, tmp_path, "harbour", *pair, new_database("ledger"))


class Writer(threading.Thread):
    """Inserts, changes and deletes, a commit each, until it is refused; keeps what was acknowledged."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__()
        self.url, self.number = url, number
        self.kept: dict[int, str] = {}
        self.gone: set[int] = set()
        self.refused = ""

    def run(self) -> None:
        first = 100_000 * self.number
        with psycopg.connect(self.url, autocommit=True) as connection:
            try:
                for n in range(first, first + 90_000):
                    connection.execute("insert into kid values (%s, 1, '2015-05-05')", (n,))
                    self.kept[n] = "2015-05-05"
                    if n % 5 == 1:
                        # No cursor tells of it: `upd` stays.
                        connection.execute("update kid set born = '2016-06-06' where id = %s", (n,))
                        self.kept[n] = "2016-06-06"
                    if n % 5 == 2:
                        connection.execute("delete from kid where id = %s", (n,))
                        del self.kept[n]
                        self.gone.add(n)
            except psycopg.Error as error:
                self.refused = str(error)

    def again(self) -> str:
        """What the old system says to one more write."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            try:
                connection.execute("insert into kid values (%s, 1, null)", (100_000 * self.number + 99_999,))
            except psycopg.Error as error:
                return str(error)
        return ""


def test_every_acknowledged_write_arrives_and_every_later_one_is_refused(harbour: Migration) -> None:
    writers = [Writer(harbour.source_url, number) for number in range(1, WRITERS + 1)]

    def begin() -> None:
        for writer in writers:
            writer.start()
        while not all(len(writer.kept) > 20 for writer in writers):
            assert all(writer.is_alive() for writer in writers)

    ran = run(harbour, "final_migration", before={"freeze_source": begin})
    for writer in writers:
        writer.join()
    assert ran.state == "success", ran.errors
    for writer in writers:
        assert "frozen" in writer.refused or "read-only" in writer.refused or "harbour" in writer.refused
        assert writer.again()
    kept = {n: born for writer in writers for n, born in writer.kept.items()}
    assert len(kept) > WRITERS * 20
    here = dict(rows(harbour.target_url, "select child_id, birth_date::text from child where child_id >= 100000"))
    # A commit whose answer the freeze overtook would be one that nobody acknowledged: it may be there, once.
    assert {n: born for n, born in here.items() if n in kept} == kept
    assert not {n for writer in writers for n in writer.gone} & set(here)
    there = dict(rows(harbour.source_url, "select id, born from kid where id >= 100000"))
    assert here == there
