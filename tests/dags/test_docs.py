"""docs/dags.md says what the DAGs say."""

from __future__ import annotations

from pathlib import Path

from tests.docs import ROOT, dags_of, render


def test_the_page_is_what_the_dags_say(airflow_home: Path) -> None:
    written = (ROOT / "docs" / "dags.md").read_text()
    assert written == render(dags_of("riverside")), "run `make docs`"


def test_the_page_has_every_dag_file() -> None:
    written = (ROOT / "docs" / "dags.md").read_text()
    titles = {line.removeprefix("## ").partition(".")[2] for line in written.splitlines() if line.startswith("## ")}
    assert titles == {path.stem for path in (ROOT / "dags").glob("*.py")}, "run `make docs`"
