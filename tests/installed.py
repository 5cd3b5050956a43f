"""A copy of Golive with projects of its own, for an Airflow that runs beside the repository."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.migration import ROOT

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.egg-info")


@contextmanager
def installed(home: Path, projects: Mapping[str, str], dags: Collection[str]) -> Iterator[Path]:
    """Put the library, these DAG files by stem, and project files by name into ``home``; gives the folder of DAGs.

    A process that is started in the block, and each that it starts, imports this copy.
    """
    shutil.copytree(ROOT / "include" / "golive", home / "include" / "golive", ignore=_NOT_COPIED)
    (home / "dags").mkdir()
    for stem in dags:
        shutil.copy(ROOT / "dags" / f"{stem}.py", home / "dags")
    for name, text in projects.items():
        folder = home / "include" / "projects" / name
        folder.mkdir(parents=True)
        (folder / "project.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        # Before the editable install of the repository.
        patch.setenv("PYTHONPATH", str(home / "include"))
        yield home / "dags"
