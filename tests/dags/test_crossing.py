"""The sample district crosses over by its DAGs; then everything is cleared and run again, and nothing changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from tests.dags import small
from tests.dags.runs import Ran, again, digest, execute, run
from tests.integration.riverside_expected import TABLES, differences
from tests.migration import ROOT, Migration, migrate, rows

from golive.demo import organisation
from golive.demo.riverside import ORGANISATION
from golive.ledger import approval, frozen, opened

FINAL_TASKS = {
    "open_stage", "check_gate", "show_dry_run", "approve_go_live", "freeze_source", "open_last_increments",
    "carry_last_rows", "settle_last_increments", "open_sweep", "sweep_rows", "settle_sweep", "finish_tables",
    "copy_configuration", "split_suites", "check_suites", "check_comparisons", "split_checks", "check_tables",
    "draw_sample", "accept_quarantine", "prove_arrival", "open_new_system",
    "write_summary", "decide_2_pilots", "open_2_pilots", "decide_3_everybody", "open_3_everybody", "close_stage",
}
# What the night needs of a project file; the rest of the roadmap is not walked here.
NIGHT = ("project", "title", "timezone", "source", "target", "older_data", "limits", "people", "names", "tables")


@dataclass
class Crossed:
    """The district after its go-live, and how each run ended."""

    migration: Migration
    runs: list[Ran]

    @property
    def final(self) -> Ran:
        return self.runs[-1]


@pytest.fixture(scope="module")
def crossed(
    airflow_home: Path, server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crossed]:
    """Older data, a working day, older data again, another day, and the final migration."""
    names = {side: f"golive_crossed_{side}" for side in ("source", "target", "ledger")}
    with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
        for name in names.values():
            admin.execute(f"create database {name}")
    source, target, ledger = (server_url(name) for name in names.values())
    try:
        organisation.make_source(ORGANISATION, source, size=200, seed=1)
        organisation.make_target(ORGANISATION, target)
        with pytest.MonkeyPatch.context() as patch:
            folder = tmp_path_factory.mktemp("projects")
            (folder / "riverside").mkdir()
            file = ROOT / "include" / "projects" / "riverside" / "project.yaml"
            whole = yaml.load(file.read_text(), yaml.CSafeLoader)
            text = yaml.safe_dump({key: whole[key] for key in NIGHT if key in whole} | {"stages": ["final_migration"]})
            (folder / "riverside" / "project.yaml").write_text(text)
            migration = migrate(patch, folder, "riverside", source, target, ledger)
            runs = [run(migration, "older_data")]
            organisation.live_changes(ORGANISATION, source, seed=1, round=1)
            runs.append(run(migration, "older_data"))
            organisation.live_changes(ORGANISATION, source, seed=1, round=2)
            runs.append(run(migration, "final_migration"))
            yield Crossed(migration, runs)
    finally:
        with psycopg.connect(server_url("postgres"), autocommit=True) as admin:
            for name in names.values():
                admin.execute(f"drop database {name} with (force)")


def _table(name: str) -> str:
    """The table behind the name of a plan: two entries of the project file may write into one."""
    return name.removeprefix("public.").partition("#")[0]


def test_every_run_ends_well(crossed: Crossed) -> None:
    for ran in crossed.runs:
        assert ran.state == "success", ran.errors
        assert set(ran.states.values()) == {"success"}


def test_an_independent_reader_finds_no_difference(crossed: Crossed) -> None:
    assert differences(crossed.migration.source_url, crossed.migration.target_url) == []


def test_the_quarantine_is_the_planted_rows(crossed: Crossed) -> None:
    planted = organisation.unmigratable(
        ORGANISATION, crossed.migration.source_url, crossed.migration.target_url
    )
    held: dict[str, set[tuple[str, ...]]] = {}
    query = "select table_name, key from golive.quarantine where project = 'riverside'"
    for table, key in rows(crossed.migration.target_url, query):
        held.setdefault(_table(table), set()).add(
            tuple(organisation.NULL if part is None else part for part in key)
        )
    assert {table: set(keys) for table, keys in planted.items()} == held


def test_the_summary_agrees_with_counts_of_ones_own(crossed: Crossed) -> None:
    migration = crossed.migration
    with migration.ledger as book:
        entry = book.entries("riverside", kind="summary")[-1]
        assert entry.evidence_hash is not None
        told: Any = book.evidence(entry.evidence_hash)
    lines: dict[str, Counter[str]] = {}
    for line in told["tables"]:
        numbers = {name: value for name, value in line.items() if isinstance(value, int)}
        lines[_table(line["table"])] = lines.get(_table(line["table"]), Counter()) + Counter(numbers)
    lost = organisation.rows_lost(ORGANISATION, migration.source_url, migration.target_url)
    assert set(lines) == set(TABLES)
    with psycopg.connect(migration.source_url) as source, psycopg.connect(migration.target_url) as target:
        for table, spec in TABLES.items():
            there = source.execute(f"select count(*) from ({spec.query}) q").fetchone()
            here = target.execute(f"select count(*) from {table} where {spec.migrated}").fetchone()
            assert there and here
            assert lines[table]["quarantined"] == lost.get(table, 0), table
            assert there[0] == here[0] + lost.get(table, 0), table
            assert lines[table]["rows"] == there[0], table
            assert lines[table]["inserted"] - lines[table]["deleted"] == here[0], table
    assert told["totals"]["quarantined"] == sum(lost.values())
    assert told["totals"]["sampled"] >= sum(-(-line["equal"] // 10) for line in lines.values())
    assert told["totals"]["sample_verdict"] == "PASS"


def test_what_counts_stands_in_the_ledger(crossed: Crossed) -> None:
    with crossed.migration.ledger as book:
        kinds = [entry.kind for entry in book.entries("riverside")]
        assert kinds[:2] == ["increment", "increment"]
        others = ("checks", "config_copy", "failing_keys", "run", "sample", "step", "summary")
        assert [kind for kind in kinds if kind not in others] == [
            "increment", "increment", "stage", "dry_run", "approval", "approval", "freeze", "increment", "sweep",
            "approval", "approval", "opening", "approval", "approval", "opening", "approval", "approval", "opening",
            "stage",
        ]
        assert kinds.count("summary") == 1
        assert [entry.payload["step"] for entry in book.entries("riverside", kind="opening")] == [
            "project team", "pilots", "everybody",
        ]
        shown = book.entries("riverside", kind="dry_run")[-1]
        assert shown.evidence_hash is not None
        agreed = approval(book, "riverside", f"riverside.final_migration/{crossed.final.run_id}", shown.evidence_hash)
        assert agreed is not None and agreed.actor == "maria" and agreed.payload["comment"] == "agreed"
        evidence: Any = book.evidence(shown.evidence_hash)
        assert evidence["quarantined"] > 0 and evidence["rows"] > 0 and len(evidence["tables"]) >= len(TABLES)
        assert book.verify() == len(book.entries("riverside"))


def test_lanes_and_not_tables_make_task_instances(crossed: Crossed) -> None:
    lanes = crossed.migration.project.limits.lanes
    named = [name for name in crossed.final.states if "[" in name]
    assert sorted(named) == sorted([
        "check_suites[lane 1]",  # there are none here
        *(f"{task}[lane {lane}]" for task in ("carry_last_rows", "sweep_rows", "check_tables")
          for lane in range(1, lanes + 1)),
    ])  # fmt: skip
    assert {name.partition("[")[0] for name in crossed.final.states} == FINAL_TASKS
    assert len(crossed.migration.project.tables) > 20 > len(crossed.final.states) - len(FINAL_TASKS)


def test_another_run_ends_green_writes_nothing_and_tells_the_summary(crossed: Crossed) -> None:
    migration = crossed.migration
    before = [digest(url) for url in (migration.source_url, migration.target_url, migration.ledger_url)]
    ran = run(migration, "final_migration", answer=None)
    assert ran.state == "success"
    assert {name for name, state in ran.states.items() if state == "success"} == {"write_summary"}
    assert set(ran.states.values()) == {"success", "skipped"}
    assert crossed.final.run_id in ran.said["write_summary"] and "'sample_verdict': 'PASS'" in ran.said["write_summary"]
    assert before == [digest(url) for url in (migration.source_url, migration.target_url, migration.ledger_url)]


@pytest.mark.parametrize("task", ["check_gate", "show_dry_run", "approve_go_live", "open_sweep", "draw_sample"])
def test_a_cleared_task_of_the_finished_run_ends_green_and_writes_nothing(crossed: Crossed, task: str) -> None:
    migration = crossed.migration
    before = [digest(url) for url in (migration.source_url, migration.target_url, migration.ledger_url)]
    ran = again(migration, "final_migration", crossed.final.run_id, task, answer=None)
    assert ran.state == "success", ran.errors
    assert ran.states["write_summary"] == "success"
    assert before == [digest(url) for url in (migration.source_url, migration.target_url, migration.ledger_url)]


@pytest.mark.parametrize("scheduled", [True, False])
def test_older_data_moves_nothing_any_more(crossed: Crossed, scheduled: bool) -> None:
    migration = crossed.migration
    before = digest(migration.target_url)
    ran = run(migration, "older_data", scheduled=scheduled)
    assert ran.state == "success"
    assert set(ran.states.values()) == {"skipped"}
    assert before == digest(migration.target_url)


def test_the_old_system_stays_shut_and_the_new_one_is_written_by_its_own_people(crossed: Crossed) -> None:
    with pytest.raises(psycopg.Error, match="riverside"):
        execute(crossed.migration.source_url, "delete from dist_cfg")
    with crossed.migration.ledger as book:
        assert frozen(book, "riverside") is not None and opened(book, "riverside") is not None


def test_a_run_that_failed_goes_on_from_each_of_its_tasks(harbour: Migration) -> None:
    """Each time a difference is planted before the judgement, so that the run fails again; the last time none is."""

    def plant() -> None:
        execute(harbour.target_url, "update child set birth_date = null where child_id = 7")

    ran = run(harbour, "final_migration", before={"split_checks": plant})
    assert ran.state == "failed"
    ran = again(harbour, "final_migration", ran.run_id, "freeze_source", before={"split_checks": plant})
    assert ran.state == "failed" and "child" in ran.error("check_tables")
    # The sweep is closed: clearing what follows it repairs nothing, and so opens nothing.
    ran = again(harbour, "final_migration", ran.run_id, "settle_sweep")
    assert ran.state == "failed" and "open_new_system" not in ran.said
    ran = again(harbour, "final_migration", ran.run_id, "open_last_increments")
    assert ran.state == "success", ran.errors
    for there, here in small.SIDES.values():
        assert rows(harbour.source_url, there) == rows(harbour.target_url, here)
