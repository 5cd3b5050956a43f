"""The hash of the code that every entry carries."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ROOT

import golive
from golive.ledger import code_hash
from golive.ledger.code import hash_of


def test_the_code_hash_covers_names_and_contents_of_code_alone(tmp_path: Path) -> None:
    package, dags = tmp_path / "golive", tmp_path / "dags"
    (package / "inner").mkdir(parents=True)
    (package / "inner" / "a.py").write_text("1")
    (package / "b.sql").write_text("select 1")
    first = hash_of(package, dags)
    (package / "notes.txt").write_text("x")
    assert hash_of(package, dags) == first
    dags.mkdir()
    (dags / "stage.py").write_text("1")
    second = hash_of(package, dags)
    (package / "b.sql").write_text("select 2")
    third = hash_of(package, dags)
    (package / "inner" / "a.py").rename(package / "a.py")
    assert len({first, second, third, hash_of(package, dags)}) == 4


def test_the_code_hash_is_that_of_the_package_and_its_dags() -> None:
    package = Path(golive.__file__).resolve().parent
    assert code_hash() == hash_of(package, ROOT / "dags")
    assert code_hash() is code_hash() and len(code_hash()) == 64
