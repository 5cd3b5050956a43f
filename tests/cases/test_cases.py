"""One folder is one data type or quirk.

    source.sql, target.sql   both schemas, and the source's rows
    project.yaml             the project's tables, with its time zone and limits where they matter
    changes.sql              what happens in the source between two increments
    expected.sql             a query of the source; below a line `-- target` the query that must give the same
                             rows of the target, if it is another
    quarantine.yaml          table -> key -> SQLSTATE or reason of every row that must not arrive
    refused.txt              instead of all these: what the plan must say against it

The queries are written by hand and read by psycopg, never taken from the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.moving import Move, clean, execute, same

from golive.errors import PlanError
from golive.transfer import Mode

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/project.yaml"))


def test_there_are_cases() -> None:
    assert len(CASES) > 20


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, new_database: Callable[..., str]) -> None:
    folder = HERE / case
    urls = (new_database("source"), new_database("target"))
    for url, name in zip(urls, ("source.sql", "target.sql"), strict=True):
        execute(url, (folder / name).read_text())
    move = Move(urls, **yaml.safe_load((folder / "project.yaml").read_text()))
    if (folder / "refused.txt").exists():
        with pytest.raises(PlanError) as refused:
            move.plan()
        for line in (folder / "refused.txt").read_text().splitlines():
            assert line in refused.value.message
        return
    move.run(Mode.OLDER)
    if (folder / "changes.sql").exists():
        execute(urls[0], (folder / "changes.sql").read_text())
    move.run()
    move.sweep()
    assert clean(move.sweep())
    query, _, other = (folder / "expected.sql").read_text().partition("-- target\n")
    assert same(move, query, other or None) > 0
    for name, expected in _quarantine(folder).items():
        found = {", ".join(map(str, key)): held.state or held.reason for key, held in move.held(name).items()}
        assert found == {str(key): str(why) for key, why in expected.items()}


def _quarantine(folder: Path) -> dict[str, dict[Any, Any]]:
    path = folder / "quarantine.yaml"
    tables = [table["target"] for table in yaml.safe_load((folder / "project.yaml").read_text())["tables"]]
    expected: dict[str, dict[Any, Any]] = {f"public.{name}" if "." not in name else name: {} for name in tables}
    return expected | (yaml.safe_load(path.read_text()) if path.exists() else {})
