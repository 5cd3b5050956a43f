"""Rows that people reviewed, on their way to the open door: drawn by a DAG, judged, and counted again in the night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from tests.dags import small
from tests.dags.runs import again, execute, run
from tests.migration import Migration

from golive.readiness.follow_up import Today
from golive.readiness.judging import Said, hand_in
from golive.readiness.reviewed import lists, standing, verdicts

TEXT = small.TEXT.replace(
    "stages: [final_migration]\n",
    """\
stages: [final_migration]
departments: [{name: town, title: The town, head: go_live, tables: [family, child]}]
review: {quotas: [{table: family, rows: 2, reason: The town knows all families}]}
criteria: [{id: reviewed, title: People found their rows right, measure: reviewed}]
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """A project whose rows a department reviews."""
    small.make(*pair)
    return migration("harbour", TEXT, *pair)


@contextmanager
def papers(migration: Migration) -> Iterator[Today]:
    with migration.ledger as book:
        yield Today(migration.project, book, datetime.now(UTC).date())


def all_right(migration: Migration) -> int:
    """Maria looks at every row on a list that nobody has judged as it is, and finds it right."""
    with papers(migration) as site:
        given = verdicts(site)
        said = [
            Said(listed.table, row["row"], row["digest"], "right", "", row["row"], "")
            for listed in lists(site) for row in listed.rows if row["row"] not in standing(listed, given)
        ]  # fmt: skip
        return hand_in(site, "maria", said, {"project_hash": "p" * 64, "code_hash": "c" * 64})


def test_a_row_that_changes_after_people_found_it_right_shuts_the_door_until_they_look_again(
    harbour: Migration,
) -> None:
    ran = run(harbour, "review", answer=None)
    assert ran.state == "success" and "of 2 tables no row has crossed yet" in ran.said["draw_work_lists"]
    run(harbour, "older_data")
    ran = run(harbour, "review", answer=None)
    assert ran.said["draw_work_lists"] == "22 rows of 2 tables are to be looked at by 1 department."
    assert "reviewed" in (refused := run(harbour, "final_migration")).error("check_gate"), refused.errors
    assert all_right(harbour) == 22
    with papers(harbour) as site:
        child = next(listed for listed in lists(site) if listed.table == "public.child").rows[0]["key"][0]

    def late() -> None:
        execute(harbour.source_url, f"update kid set born = '2001-02-03', upd = now() where id = {child}")

    ran = run(harbour, "final_migration", before={"freeze_source": late})
    assert ran.state == "failed"
    changed = "1 changed since people judged them (1 of public.child), at most 0 may be"
    assert changed in ran.error("prove_arrival")
    assert "are void because their rows changed" in run(harbour, "review", answer=None).said["draw_work_lists"]
    ran = again(harbour, "final_migration", ran.run_id, "draw_sample")
    assert changed in ran.error("prove_arrival"), "drawn again, and nobody has looked"
    assert all_right(harbour) > 1  # the night's rows stand on the lists, too
    ran = again(harbour, "final_migration", ran.run_id, "draw_sample")
    assert ran.state == "success", ran.errors
