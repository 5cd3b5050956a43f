"""The project files as DAGs: one DAG each and stage; a file that is wrong becomes one DAG that says so.

So does a stage whose DAG cannot be built: what happens in one project never takes another's DAGs along.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from airflow.sdk import DAG, task

from golive.errors import ProjectError
from golive.flow.defaults import DEFAULT_ARGS
from golive.project import Project, load, names

TAG = "golive"

log = logging.getLogger(__name__)


def each_project(
    build: Callable[[Project], DAG], stage: str | None = None, *, having: Callable[[Project], object] = bool
) -> Iterator[tuple[str, DAG]]:
    """(dag_id, DAG) of every project whose file is right and whose roadmap has the stage: for a DAG file's globals.

    Only of those ``having`` what it asks for, such as a part of the file.

    Of one that ``build`` fails on, the DAG ``<project>.broken_<name of build>``, which says why.
    """
    for name in names():
        try:
            project = load(name)
        except ProjectError:
            continue  # its own DAG says so: see ``broken_projects``
        if (stage is not None and project.stage(stage) is None) or not having(project):
            continue
        try:
            dag = build(project)
        except Exception as error:
            log.exception("The DAG of %s for project %s cannot be built", build.__name__, name)
            dag = _unbuilt(project, build, f"{type(error).__name__}: {error}")
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
    with _saying(
        f"{name}.broken",
        name,
        f"# The project file of {name} is wrong\n\nIts DAGs are gone until it is put right:\n\n{faults}\n\n"
        f"`golive check {name}` says the same.",
    ) as dag:

        @task
        def show_faults() -> None:
            """Says what is wrong with the project file, with path, line, key and what would be right."""
            load(name)

        show_faults()
    return dag


def _unbuilt(project: Project, build: Callable[[Project], DAG], why: str) -> DAG:
    # An id of its own in each file: two files may fail on the same project.
    with _saying(
        f"{project.name}.broken_{build.__name__}",
        project.name,
        f"# A DAG of {project.name} cannot be built\n\n`{build.__name__}` is gone until this is put right:\n\n- `{why}`"
        "\n\nThe other DAGs stay. Take back what was changed last in the project file or in Golive; the log of the DAG"
        " processor holds the whole error.",
    ) as dag:

        @task
        def show_fault() -> None:
            """Says why the DAG cannot be built."""
            build(project)

        show_fault()
    return dag


def _saying(dag_id: str, project: str, doc: str) -> DAG:
    """A DAG that stands for what is not there, and says why."""
    return DAG(
        dag_id=dag_id,
        doc_md=doc,
        schedule=None,
        catchup=False,
        tags=[TAG, project, "broken"],
        default_args=DEFAULT_ARGS | {"retries": 0},
    )
