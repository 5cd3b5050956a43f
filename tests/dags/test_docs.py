"""docs/dags.md says what the DAGs say."""

from __future__ import annotations

from pathlib import Path

from tests.docs import ROOT, dags_of, render


def test_the_page_is_what_the_dags_say(airflow_home: Path) -> None:
    written = (ROOT / "docs" / "dags.md").read_text()
    assert written == render(dags_of("riverside")), "run `make docs`"
