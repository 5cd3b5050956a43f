"""docs/dags.md out of the DAGs themselves: what each DAG and each task does, and what to do when it fails."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def render(dags: list[Any]) -> str:
    """The page, from one project's DAGs and the standing ones."""
    out = ["# The DAGs", "", "Made by `make docs` from the DAGs' own documentation; do not edit.", ""]
    for dag in sorted(dags, key=lambda each: each.dag_id):
        project, _, stage = dag.dag_id.partition(".")
        out += [
            f"## {dag.dag_id if project == 'golive' else f'<project>.{stage}'}",
            "",
            inspect.cleandoc(dag.doc_md),
            "",
        ]
        out += ["| task | what it does, and if it fails |", "|---|---|"]
        for task in dag.topological_sort():
            out.append(f"| `{task.task_id}` | {' '.join(inspect.cleandoc(task.doc_md or '').split())} |")
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def dags_of(project: str) -> list[Any]:
    """A project's DAGs and the standing ones, parsed from dags/."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags")
    return [dag for dag in bag.dags.values() if dag.dag_id.split(".")[0] in (project, "golive")]


if __name__ == "__main__":
    import atexit
    import contextlib
    import os
    import shutil
    import tempfile

    home = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["AIRFLOW_HOME"] = home
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    with contextlib.redirect_stdout(sys.stderr):
        page = render(dags_of("riverside"))
    sys.stdout.write(page)
