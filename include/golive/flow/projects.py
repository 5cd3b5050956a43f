"""The project files as DAGs: one DAG each and stage; a file that is wrong becomes one DAG that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airflow.sdk import DAG, task

from golive.errors import ProjectError
from golive.flow.defaults import DEFAULT_ARGS
from golive.project import Project, load, names

TAG = "golive"


def each_project(build: Callable[[Project], DAG], stage: str | None = None) -> Iterator[tuple[str, DAG]]:
    """(dag_id, DAG) of every project whose file is right and whose roadmap has the stage: for a DAG file's globals."""
    for name in names():
        try:
            project = load(name)
        except ProjectError:
            continue  # its own DAG says so: see ``broken_projects``
        if stage is not None and project.stage(stage) is None:
            continue
        dag = build(project)
        yield dag.dag_id, dag


def broken_projects() -> Iterator[tuple[str, DAG]]:
    """(dag_id, DAG) of every project whose file is wrong."""
    for name in names():
        try:
            load(name)
        except ProjectError as error:
            dag = _broken(name, error)
            yield dag.dag_id, dag


def _broken(name: str, error: ProjectError) -> DAG:
    faults = "\n".join(f"- `{fault}`" for fault in error.faults) or f"- {error.message}"
    with DAG(
        dag_id=f"{name}.broken",
        doc_md=f"# The project file of {name} is wrong\n\nIts DAGs are gone until it is put right:\n\n{faults}\n\n"
        f"`golive check {name}` says the same.",
        schedule=None,
        catchup=False,
        tags=[TAG, name, "broken"],
        default_args=DEFAULT_ARGS | {"retries": 0},
    ) as dag:

        @task
        def show_faults() -> None:
            """Says what is wrong with the project file, with path, line, key and what would be right."""
            load(name)

        show_faults()
    return dag
