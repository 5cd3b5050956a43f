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
from tests.dags.runs import answer, run, turn
from tests.migration import ROOT

from golive.flow.alerts import on_failure
from golive.flow.defaults import POLICY, RETRIES
from golive.flow.people import AskPeople
from golive.flow.stages.frame import completed
from golive.flow.stages.opening import OpenStage
from golive.project import files, load
from golive.project.roadmap import STAGES

HEAVY = {"pandas", "numpy", "psycopg", "psycopg2", "sqlglot", "great_expectations", "apprise", "plotly", "openpyxl"}
# Layers that a DAG file reaches only inside a task.
LATER = {
    "ledger",
    "databases",
    "plan",
    "transfer",
    "validation",
    "freeze",
    "compare",
    "profile",
    "config_copy",
    "training_copy",
    "rollback",
    "reports",
    "web",
}
# What every project has beside its stages, and what it has because it has a stage.
STANDING = {"next", "older_data", "recheck", "record", "review"}
BESIDE = {"implement": "reschedule", "data_validation_pre_final": "thaw", "support": "try_escalation"}
# What it has because its file declares something.
DECLARED = {"training_copy": "reset_training"}
# Tasks whose word is one sentence, because they cannot fail by themselves.
PLAIN = {"split_checks", "write_summary"}
WHOLE = small.TEXT.replace("stages: [final_migration]\n", "")
OTHER = small.TEXT.replace("harbour", "valley").replace("Harbour", "Valley")


def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(ROOT / "dags")


def expected(name: str) -> set[str]:
    """The DAGs that a project has to have: one a stage of its roadmap, and the standing ones."""
    project = load(name)
    stages = {stage.name for stage in project.stages}
    beside = {BESIDE[stage] for stage in stages & BESIDE.keys()}
    beside |= {dag for part, dag in DECLARED.items() if getattr(project, part)}
    return {f"{name}.{each}" for each in stages | STANDING | beside}


def stage_dags(dags: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Every DAG that is a stage, with what its project says of the stage."""
    for dag_id, dag in dags.items():
        name, _, stage = dag_id.partition(".")
        if stage in STAGES:
            yield dag, load(name).stage(stage)


@pytest.fixture
def projects(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of project files with two right ones: the whole roadmap, and the final migration alone."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    for name, text in (("harbour", WHOLE), ("valley", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "project.yaml").write_text(text)
    yield tmp_path


def test_a_project_has_a_dag_for_each_of_its_stages_and_the_standing_ones(projects: Path) -> None:
    found = bag()
    assert found.import_errors == {}
    assert {each.partition(".")[2] for each in expected("harbour")} == {*STAGES, *STANDING, *BESIDE.values()}
    assert expected("valley") == {f"valley.{each}" for each in ("final_migration", *STANDING)}
    assert set(found.dags) == expected("harbour") | expected("valley") | {"golive.watchdog"}


def test_every_stage_has_a_file_of_its_name_and_every_file_is_known() -> None:
    assert {path.stem for path in (ROOT / "dags").glob("*.py")} == {
        *STAGES,
        *STANDING,
        *BESIDE.values(),
        *DECLARED.values(),
        "watchdog",
    }


def test_the_projects_that_ship_are_right(airflow_home: Path) -> None:
    found = bag()
    assert found.import_errors == {}
    assert set(found.dags) == {"golive.watchdog"}.union(*map(expected, files.names()))
    assert {"riverside", "northgate"} <= set(files.names())


def test_a_training_copy_is_refreshed_by_two_passes_and_reset_by_a_dag_of_its_own(projects: Path) -> None:
    refreshes = "refresh_training_copy"
    passes = [f"harbour.data_validation_{each}" for each in ("initial", "mid_cycle", "pre_final")]
    assert not any(refreshes in bag().dags[dag_id].task_ids for dag_id in passes)
    copy = "training_copy: {connection: harbour_training, access: [lead]}\n"
    (projects / "harbour" / "project.yaml").write_text(WHOLE + copy)
    dags = bag().dags
    assert dags["harbour.reset_training"].task_ids == ["reset_training_copy"]
    assert "valley.reset_training" not in dags
    assert [refreshes in dags[dag_id].task_ids for dag_id in passes] == [True, True, False]


def test_a_hundred_projects_fit_into_one_bag(projects: Path) -> None:
    for n in range(100):
        (projects / f"town{n}").mkdir()
        text = small.TEXT.replace("harbour", f"town{n}").replace("[final_migration]", f"[{STAGES[n % len(STAGES)]}]")
        (projects / f"town{n}" / "project.yaml").write_text(text)
    found = bag()
    assert found.import_errors == {}
    assert len(files.names()) == 102
    assert set(found.dags) == {"golive.watchdog"}.union(*map(expected, files.names()))
    # One stage and five standing DAGs each; nine of them have each of the stages that bring another one.
    assert sum(dag_id.startswith("town") for dag_id in found.dags) == 100 * 6 + 9 * len(BESIDE)


def test_every_dag_has_tags_defaults_and_documentation(airflow_home: Path) -> None:
    for dag_id, dag in bag().dags.items():
        name, _, stage = dag_id.partition(".")
        assert {"golive", "standing" if name == "golive" else name} <= dag.tags, dag_id
        assert dag.tags & {stage, "standing"}, dag_id
        assert dag.max_active_runs == 1 and not dag.catchup
        assert dag.doc_md and len(dag.doc_md.split()) > 30, dag_id
        assert "What it changes:**" in dag.doc_md and "If it fails:**" in dag.doc_md, dag_id
        if name != "golive":
            assert dag.on_failure_callback in (on_failure, [on_failure])
        for task in dag.tasks:
            where = f"{dag_id} {task.task_id}"
            assert "_" in task.task_id or task.task_id == "look", where
            assert task.owner == ("golive" if name == "golive" else load(name).owner), where
            assert task.doc_md and len(task.doc_md.split()) >= 8, where
            assert task.task_id in PLAIN or any(
                word in task.doc_md for word in ("If it fails", "Safe to clear", "changes nothing")
            ), where


def test_the_owner_of_the_file_is_shown_on_every_dag_of_the_project_and_on_no_other(projects: Path) -> None:
    (projects / "harbour" / "project.yaml").write_text(f"owner: Harbour IT\n{WHOLE}")
    dags = bag().dags
    owners = {dag_id: {task.owner for task in dag.tasks} for dag_id, dag in dags.items()}
    assert expected("harbour") <= dags.keys()
    for dag_id, shown in owners.items():
        assert shown == ({"Harbour IT"} if dag_id.startswith("harbour.") else {"golive"}), dag_id


def test_every_task_is_tried_again_and_reports_its_failure(airflow_home: Path) -> None:
    forms = set()
    for dag_id, dag in bag().dags.items():
        name, _, stage = dag_id.partition(".")
        for task in dag.tasks if name != "golive" else ():
            where = f"{dag_id} {task.task_id}"
            policy = task.partial_kwargs["retry_policy"] if task.is_mapped else task.retry_policy
            assert policy == POLICY, where
            assert task.on_failure_callback in (on_failure, [on_failure]), where
            form = isinstance(task, AskPeople)
            # A form's second try finds the answer that Airflow lost; what starts runs begins anew every few minutes.
            assert task.retries == (1 if form else 0 if stage == "next" else RETRIES), where
            if form:
                forms.add(task.task_id)
                assert "If it fails" in task.doc_md, where
            if task.is_mapped and stage != "next":
                assert task.partial_kwargs["map_index_template"] == "{{ lane }}", where
                assert task.partial_kwargs["pool"] == f"{name}.lanes", where
    assert {
        "open_stage",
        "sign_as_lead",
        "approve_go_live",
        "accept_quarantine",
        "waive_calendar",
        "own_risks",
    } <= forms


def test_every_stage_opens_first_and_closes_last_with_the_event_that_starts_the_next(airflow_home: Path) -> None:
    seen = 0
    for dag, stage in stage_dags(bag().dags):
        seen += 1
        project = dag.dag_id.partition(".")[0]
        assert [task.task_id for task in dag.roots] == ["open_stage"], dag.dag_id
        assert "close_stage" in [task.task_id for task in dag.leaves], dag.dag_id
        assert isinstance(dag.get_task("open_stage"), OpenStage)
        assert dag.get_task("close_stage").outlets == [completed(project, stage.name)], dag.dag_id
        signs = {task.task_id for task in dag.tasks if task.task_id.startswith("sign_as_")}
        if stage.name != "final_migration":  # which asks its own forms, and opens in steps
            assert signs == {f"sign_as_{role}" for role in stage.signers}, dag.dag_id
            # A report stands beside the way: how it ends says nothing about the run.
            way = [task.task_id for task in dag.leaves if not (task.is_teardown and not task.on_failure_fail_dagrun)]
            assert way == ["close_stage"], dag.dag_id
    assert seen == sum(len(load(name).stages) for name in files.names())


def test_params_are_typed(projects: Path) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = bag().dags["harbour.final_migration"].params
    assert {name: params[name] for name in params} == {
        "dry_run": False,
        "sample_percent": 10,
        "lanes": 1,
        "waive": False,
    }
    for name, wrong in (
        ("sample_percent", 9),
        ("sample_percent", "x"),
        ("lanes", 0),
        ("lanes", 65),
        ("dry_run", "x"),
        ("waive", "x"),
    ):
        with pytest.raises(ParamValidationError):
            params.get_param(name).resolve(wrong)
    assert params.get_param("sample_percent").resolve(100) == 100


def test_one_broken_file_leaves_the_others_and_says_what_is_wrong(projects: Path) -> None:
    wrong = projects / "valley" / "project.yaml"
    wrong.write_text(OTHER.replace("cursor: upd", "cursr: upd", 1))
    found = bag()
    assert found.import_errors == {}
    assert set(found.dags) == expected("harbour") | {"golive.watchdog", "valley.broken"}
    line = 1 + OTHER.splitlines().index("    cursor: upd")
    assert f"{wrong}:{line}" in found.dags["valley.broken"].doc_md
    assert "cursr" in found.dags["valley.broken"].doc_md
    wrong.write_text("project: [")
    assert "valley.broken" in bag().dags


def test_the_dag_of_a_broken_file_fails_with_its_faults(projects: Path, migration: Any, pair: tuple[str, str]) -> None:
    (projects / "valley" / "project.yaml").write_text(OTHER.replace("key: [child_id]", "key: 7"))
    ran = turn("valley.broken")
    assert ran.state == "failed" and "project valley" in ran.error("show_faults")
    assert "key" in ran.error("show_faults")


def test_parsing_imports_neither_engine_nor_reader_and_opens_nothing(tmp_path: Path) -> None:
    """In a process of its own: what is imported by the DAG files beside what Airflow has imported already."""
    script = """
import json, socket, sys
# What any DAG file may bring along.
import airflow.sdk, airflow.providers.standard.operators.hitl, airflow.providers.standard.operators.trigger_dagrun
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
def refuse(*_): raise AssertionError("a connection at parse")
socket.socket.connect = refuse

found = DagBag(sys.argv[1])
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
    assert [name for name in modules if name.partition(".")[0] in HEAVY] == []
    assert [name for name in modules if name.startswith("golive.") and name.split(".")[1] in LATER] == []


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
        assert len(path.read_text().splitlines()) <= 80, path


def test_unknown_parameters_are_refused_before_anything(harbour: Any) -> None:
    """Airflow takes any key of a trigger's conf: the task that opens a stage does not."""
    ran = run(harbour, "final_migration", answer=answer("maria", "Approve"), dry_runn=True)
    assert ran.state == "failed"
    assert "unknown parameters: dry_runn" in ran.error("open_stage")
    assert {task for task, state in ran.states.items() if state == "success"} == set()
    with harbour.ledger as ledger:
        assert {entry.kind for entry in ledger.entries("harbour")} <= {"alarm"}
