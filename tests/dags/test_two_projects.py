"""Two projects with the same tables, one server and one ledger: neither ever holds a key or a value of the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import databases
from tests.dags import small
from tests.dags.receiving import receiving
from tests.dags.runs import execute, run
from tests.migration import Migration, migrate, rows

from golive.ledger import Ledger
from golive.ledger.tables import VIEWS
from golive.project import load
from golive.reports import project_report, report_of, roadmap

# By project: where its keys begin, and the word in its values.
KEYS = {"harbour": 500_000_000, "valley": 700_000_000}
WORDS = {"harbour": "Hmark", "valley": "Vmark"}
OTHER = {"harbour": "valley", "valley": "harbour"}
STATE = ("progress", "checkpoint", "quarantine", "undeleted", "heartbeat")

# Apprise asks for a module that Python 3.13 has no more.


@dataclass(frozen=True)
class Both:
    """Both after their nights: harbour is open, valley failed over a row that somebody removed from its new system."""

    migrations: dict[str, Migration]
    states: dict[str, str]
    messages: list[dict[str, Any]]

    def ledger(self) -> Ledger:
        return self.migrations["harbour"].ledger


def of(project: str) -> re.Pattern[str]:
    """What only this project's rows hold: its keys, and the word in its values."""
    return re.compile(rf"\b{str(KEYS[project])[:4]}\d{{5}}\b|{WORDS[project]}")


def fill(project: str, source: str, target: str) -> None:
    """The same tables with keys and values of its own, and two rows that cannot be migrated."""
    first, word = KEYS[project], WORDS[project]
    small.make(source, target)
    execute(
        source,
        f"update fam set id = id + {first}, nm = '{word} family ' || id",
        f"update kid set id = id + {first}, fam = fam + {first}",
        f"update kid set born = '{word}, no date' where id in ({first + 3}, {first + 250})",
    )
    execute(target, f"update family set name = '{word} own'")


@pytest.fixture(scope="module")
def both(
    airflow_home: Path, server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("projects")
    with databases(server_url) as new, pytest.MonkeyPatch.context() as patch, receiving(patch) as receiver:
        ledger, made = new("ledger"), dict[str, Migration]()
        for project, first in KEYS.items():
            text = small.TEXT.replace("harbour", project).replace("Harbour", project.title())
            (folder / project).mkdir()
            (folder / project / "project.yaml").write_text(text.replace("id <= 200", f"id <= {first + 200}"))
            sides = new(f"{project}_source"), new(f"{project}_target")
            fill(project, *sides)
            made[project] = migrate(patch, folder, project, *sides, ledger)
        lost = KEYS["valley"] + 7
        remove = partial(execute, made["valley"].target_url, f"delete from child where child_id = {lost}")
        ends = {"harbour": run(made["harbour"], "final_migration").state}
        ends["valley"] = run(made["valley"], "final_migration", before={"finish_tables": remove}).state
        yield Both(made, ends, receiver.messages.get("on_call", []))


def test_each_came_as_far_as_it_should(both: Both) -> None:
    """What follows looks at two nights that really were: one open, one with a difference to tell."""
    assert both.states == {"harbour": "success", "valley": "failed"}
    with both.ledger() as book:
        kinds = {project: {entry.kind for entry in book.entries(project)} for project in KEYS}
    assert {"dry_run", "freeze", "sweep", "sample", "checks", "opening", "summary"} <= kinds["harbour"]
    assert {"dry_run", "freeze", "sweep", "checks", "alarm"} <= kinds["valley"]
    assert both.messages


@pytest.mark.parametrize("project", KEYS)
def test_its_new_system_holds_its_own_rows_alone(both: Both, project: str) -> None:
    migration = both.migrations[project]
    for table, (old, new) in small.SIDES.items():
        quarantined = 2 if table == "child" else 0
        lost = 1 if (project, table) == ("valley", "child") else 0
        if table == "child":
            old = old.replace(" order by 1", f" where born not like '{WORDS[project]}%' order by 1")
        expected = rows(migration.source_url, old)
        assert len(expected) == {"family": small.FAMILIES, "child": small.CHILDREN}[table] - quarantined
        missing = set(expected) - set(rows(migration.target_url, new))
        assert len(missing) == lost and set(rows(migration.target_url, new)) <= set(expected)


@pytest.mark.parametrize("project", KEYS)
def test_its_checkpoints_quarantine_and_lanes_are_its_own(both: Both, project: str) -> None:
    url = both.migrations[project].target_url
    for table in STATE:
        assert {name for (name,) in rows(url, f"select distinct project from golive.{table}")} <= {project}, table
        text = json.dumps(rows(url, f"select to_jsonb(t) from golive.{table} t"))
        assert of(OTHER[project]).search(text) is None, table
    held = rows(url, "select key[1] from golive.quarantine order by 1")
    assert held == [(f"{KEYS[project] + each}",) for each in (3, 250)]


@pytest.mark.parametrize("project", KEYS)
def test_its_entries_and_their_evidence_name_nothing_of_the_other(both: Both, project: str) -> None:
    own, other = 0, OTHER[project]
    with both.ledger() as book:
        for entry in book.entries(project):
            evidence = book.evidence(entry.evidence_hash) if entry.evidence_hash else {}
            assert isinstance(evidence, dict)
            text = json.dumps([entry.payload, evidence, entry.run, entry.stage])
            assert of(other).search(text) is None and other not in text, entry
            own += len(of(project).findall(text))
    assert own > 0  # keys of examples do stand in evidence: the search would find one


@pytest.mark.parametrize("project", KEYS)
def test_views_reports_and_pages_of_one_hold_nothing_of_the_other(both: Both, project: str) -> None:
    here, other = load(project), OTHER[project]
    with both.ledger() as book:
        texts = [json.dumps(book.view(name, project), default=str) for name in VIEWS]
        runs = {entry.run for entry in book.entries(project) if entry.run}
        texts += [repr(report_of(book, project, each)) for each in runs]
        made = roadmap(book, here, airflow=lambda _: None, alarms_after=datetime(2000, 1, 1, tzinfo=UTC))
        texts += [repr(made)]
        texts += [repr(project_report(book, here, made, today=datetime.now(UTC).date()))]
    assert any(project in text for text in texts)
    for text in texts:
        assert other not in text and other.title() not in text and of(other).search(text) is None


def test_messages_of_one_name_nothing_of_the_other(both: Both) -> None:
    for message in both.messages:
        text = message["title"] + message["message"]
        project = "valley" if "valley" in text else "harbour"
        assert OTHER[project] not in text and of(OTHER[project]).search(text) is None


def test_a_sample_is_drawn_from_its_own_rows(both: Both) -> None:
    with both.ledger() as book:
        for project in KEYS:
            entry = book.last(project, "sample")
            assert entry is not None and entry.evidence_hash is not None
            sample = book.evidence(entry.evidence_hash)
            assert isinstance(sample, dict)
            drawn = json.dumps(sample)
            assert of(OTHER[project]).search(drawn) is None
            assert all(table["source_drawn"] > 0 for table in sample["tables"])
