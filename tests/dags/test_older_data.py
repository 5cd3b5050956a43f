"""<project>.older_data, run through."""

from __future__ import annotations

from tests.dags.conftest import Migration


def test_older_data_moves_what_it_may(district: Migration) -> None:
    assert district.run("older_data") == "success"
    assert district.states["move_rows[lane 1]"] == "success"


def test_final_migration_goes_live(district: Migration) -> None:
    assert district.run("older_data") == "success"
    assert district.run("final_migration") == "success", district.states
    print(district.states)
