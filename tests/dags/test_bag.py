"""What Airflow finds in dags/: the right DAGs, with documentation, at a small cost, whatever a project file says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import answer, run
from tests.migration import ROOT

from golive.flow.alerts import on_failure
from golive.flow.defaults import POLICY, RETRIES
from golive.project import files

HEAVY = {"pandas", "numpy", "psycopg", "psycopg2", "sqlglot", "great_expectations", "apprise"}
STAGES = {"older_data", "final_migration"}
OTHER = small.TEXT.replace("harbour", "valley").replace("Harbour", "Valley")


def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(ROOT / "dags")


@pytest.fixture
def projects(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of project files with two right ones."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    for name, text in (("harbour", small.TEXT), ("valley", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "project.yaml").write_text(text)
    yield tmp_path


def test_the_bag_has_two_dags_a_project_and_the_standing_one(projects: Path) -> None:
    found = bag()
    assert found.import_errors == {}
    assert set(found.dags) == {f"{name}.{stage}" for name in ("harbour", "valley") for stage in STAGES} | {
        "golive.watchdog"
    }


def test_the_projects_that_ship_are_right(airflow_home: Path) -> None:
    found = bag()
    assert found.import_errors == {}
    assert {"riverside.older_data", "riverside.final_migration", "golive.watchdog"} <= set(found.dags)
    assert not [dag_id for dag_id in found.dags if dag_id.endswith(".broken")]


def test_every_dag_has_tags_defaults_and_documentation(projects: Path) -> None:
    for dag_id, dag in bag().dags.items():
        name = dag_id.partition(".")[0]
        assert {"golive", "standing" if name == "golive" else name} <= dag.tags, dag_id
        assert dag.max_active_runs == 1 and not dag.catchup
        assert dag.doc_md and len(dag.doc_md.split()) > 30
        assert "If it fails" in dag.doc_md
        for task in dag.tasks:
            where = f"{dag_id} {task.task_id}"
            assert "_" in task.task_id or task.task_id == "look", where
            assert task.owner == "golive", where
            assert task.doc_md and len(task.doc_md.split()) >= 8, where
            assert any(word in task.doc_md for word in ("If it fails", "Safe to clear", "changes nothing")) or (
                task.task_id in ("split_checks", "write_summary")
            ), where
            if name != "golive":
                policy = task.partial_kwargs["retry_policy"] if task.is_mapped else task.retry_policy
                assert policy == POLICY, where
                assert task.on_failure_callback in (on_failure, [on_failure]), where
                # A form is put up once; everything else is tried again if its process dies.
                form = task.task_id in ("approve_go_live", "accept_quarantine")
                assert task.retries == (0 if form else RETRIES), where
                if task.is_mapped:
                    assert task.partial_kwargs["map_index_template"] == "{{ lane }}"
                    assert task.partial_kwargs["pool"] == f"{name}.lanes"
        if name != "golive":
            assert dag.on_failure_callback in (on_failure, [on_failure])


def test_params_are_typed(projects: Path) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = bag().dags["harbour.final_migration"].params
    assert {name: params[name] for name in params} == {"dry_run": False, "sample_percent": 10, "lanes": 2}
    for name, wrong in (("sample_percent", 9), ("sample_percent", "x"), ("lanes", 0), ("lanes", 65), ("dry_run", "x")):
        with pytest.raises(ParamValidationError):
            params.get_param(name).resolve(wrong)
    assert params.get_param("sample_percent").resolve(100) == 100


def test_one_broken_file_leaves_the_others_and_says_what_is_wrong(projects: Path) -> None:
    wrong = projects / "valley" / "project.yaml"
    wrong.write_text(OTHER.replace("cursor: upd", "cursr: upd", 1))
    found = bag()
    assert found.import_errors == {}
    assert set(found.dags) == {
        "harbour.older_data", "harbour.final_migration", "golive.watchdog", "valley.broken"
    }
    line = 1 + OTHER.splitlines().index("    cursor: upd")
    assert f"{wrong}:{line}" in found.dags["valley.broken"].doc_md
    assert "cursr" in found.dags["valley.broken"].doc_md
    wrong.write_text("project: [")
    assert "valley.broken" in bag().dags


def test_the_dag_of_a_broken_file_fails_with_its_faults(projects: Path, migration: Any, pair: tuple[str, str]) -> None:
    from airflow.dag_processing.dagbag import DagBag

    (projects / "valley" / "project.yaml").write_text(OTHER.replace("key: [child_id]", "key: 7"))
    dag = DagBag(ROOT / "dags").get_dag("valley.broken")
    assert dag is not None
    dag_run = dag.test(logical_date=None)
    assert str(dag_run.state) == "failed"


def test_parsing_imports_neither_engine_nor_reader_and_opens_nothing(tmp_path: Path) -> None:
    """In a process of its own: what is imported by the DAG files beside what Airflow has imported already."""
    script = """
import json, socket, sys
import airflow.sdk, airflow.providers.standard.operators.hitl  # what any DAG file may bring along
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
def refuse(*_): raise AssertionError("a connection at parse")
socket.socket.connect = refuse

found = DagBag(sys.argv[1], dag_folder_hash=None) if False else DagBag(sys.argv[1])
assert found.import_errors == {}, found.import_errors
print("MODULES", json.dumps([sorted(found.dags), sorted(set(sys.modules) - before)]))
"""
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / "dags")], env=environment, capture_output=True, text=True, check=False
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("MODULES")), None)
    assert line is not None, done.stderr[-2000:]
    dags, modules = json.loads(line.removeprefix("MODULES "))
    assert "riverside.final_migration" in dags
    heavy = [
        name for name in modules
        if name.partition(".")[0] in HEAVY
        or name.startswith(("golive.ledger", "golive.databases", "golive.plan", "golive.transfer", "golive.validation"))
    ]
    assert heavy == []


def test_dag_files_import_airflow_sdk_and_golive_alone() -> None:
    import ast

    paths = sorted((ROOT / "dags").glob("*.py"))
    assert paths
    allowed = {"airflow", "golive", "pendulum", "datetime"}
    for path in paths:
        tree = ast.parse(path.read_text())
        names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert {name.partition(".")[0] for name in names} <= allowed, path
        assert not [name for name in names if name.startswith("airflow") and not name.startswith("airflow.sdk")], path
        assert len(path.read_text().splitlines()) <= 90, path


def test_unknown_parameters_are_refused_before_anything(harbour: Any) -> None:
    """Airflow takes any key of a trigger's conf: the gate does not."""
    ran = run(harbour, "final_migration", answer=answer("maria", "Approve"), dry_runn=True)
    assert ran.state == "failed"
    assert "unknown parameters: dry_runn" in ran.error("check_gate")
    assert set(ran.states.values()) == {"failed", "upstream_failed"}
