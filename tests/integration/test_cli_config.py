"""``golive config``: what people type before and in the night, and to go back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.configured import AREAS, Configured, configured
from tests.integration.readiness.site import Place
from tests.integration.readiness.test_configuration import all_confirmed, at
from typer.testing import CliRunner, Result

from golive.cli import app, config
from golive.errors import NotPermitted
from golive.project import files


@pytest.fixture
def school(new_database: Callable[..., str]) -> Configured:
    return configured(new_database, AREAS)


@pytest.fixture
def place(school: Configured, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Place:
    """Every area confirmed, in a ledger that the commands find."""
    ledger = new_database("ledger")
    urls = {"OLD": school.staging_url, "NEW": school.target_url, "CONFIG": school.staging_url}
    for name, url in urls.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_HARBOUR_{name}", url)
    monkeypatch.setenv("AIRFLOW_CONN_GOLIVE_LEDGER", ledger)
    made = at(school, ledger, "config_copy", text=AREAS)
    all_confirmed(made)
    return made


@pytest.fixture
def golive(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "project.yaml").write_text(AREAS)
    monkeypatch.setattr(files, "PROJECTS", tmp_path)
    yield lambda *words: CliRunner().invoke(app, ["config", *words])


def test_plan_copy_and_undo(golive: Callable[..., Result], place: Place, school: Configured) -> None:
    before = school.everything()
    planned = golive("plan", "harbour")
    assert planned.exit_code == 0, planned.output
    assert "fees: 1 inserted, 1 updated, 0 removed, 0 unchanged; made ahead as " in planned.output
    assert "  public.term: 1 inserted, 1 updated, 1 removed, 1 unchanged, 1 of starts_on" in planned.output
    assert school.everything() == before

    copied = golive("copy", "harbour", "--by", "dan")
    assert copied.exit_code == 0 and "3 of 3 areas copied, 12 rows written." in copied.output
    entry = place.ledger.last("harbour", "config_copy")
    assert entry is not None and (entry.actor, entry.payload["state"]) == ("dan", "copied")

    school.on_target("update term set starts_on = '2031-01-01' where code = 'T2'")
    refused = golive("undo", "harbour", "fees", "--by", "dan", "--reason", "")
    assert refused.exit_code == 1 and "--by NAME --reason WHY" in refused.output
    for area in ("fees", "scales"):
        assert golive("undo", "harbour", area, "--by", "dan", "--reason", "wrong year").exit_code == 0
    words = ("undo", "harbour", "terms", "--by", "dan", "--reason", "wrong year")
    refused = golive(*words)
    assert refused.exit_code == 1 and "1 of public.term" in refused.output and "--force" in refused.output
    assert golive(*words, "--force").exit_code == 0
    assert school.everything() == before
    entry = place.ledger.last("harbour", "config_copy")
    assert entry is not None and entry.payload["state"] == "undone"
    assert (entry.actor, entry.payload["reason"], entry.payload["forced"]) == ("dan", "wrong year", True)
    assert "no copy of it stands" in golive(*words).output


def test_what_speaks_against_a_copy_is_told(golive: Callable[..., Result], school: Configured) -> None:
    school.on_target("insert into fee values ('OWN', 'Lunch', 1, null, 'old')")
    planned = golive("plan", "harbour")
    assert planned.exit_code == 1
    assert "against it: public.fee: 1 row has the name of a row of production" in planned.output
    copied = golive("copy", "harbour", "--by", "dan")
    assert copied.exit_code == 1 and "area fees could not be copied" in copied.output


def test_a_copy_needs_a_name(golive: Callable[..., Result], place: Place, school: Configured) -> None:
    before = school.everything()
    refused = golive("copy", "harbour", "--by", " ")
    assert refused.exit_code == 1 and "--by NAME" in refused.output
    assert school.everything() == before
    assert not [e for e in place.ledger.entries("harbour", kind="config_copy") if e.payload["state"] == "copied"]


def test_what_was_written_before_a_copy_broke_off_is_noted(
    golive: Callable[..., Result], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def gone(desk: object) -> Callable[[], None]:
        def guard() -> None:
            calls.append(1)
            if len(calls) == 3:  # the first area is committed, the second begins
                raise NotPermitted("the new system was opened")

        return guard

    monkeypatch.setattr(config, "_guard", gone)
    assert golive("copy", "harbour", "--by", "dan").exit_code == 1
    found = [(e.actor, e.payload["state"]) for e in place.ledger.entries("harbour", kind="config_copy")]
    assert found[-1] == ("dan", "copied") and found.count(("dan", "copied")) == 1


def test_nothing_is_written_once_the_new_system_is_open(
    golive: Callable[..., Result], place: Place, school: Configured
) -> None:
    golive("copy", "harbour", "--by", "dan")
    before = school.everything()
    place.write("opening", {"step": "project team", "approved_by": "maria"})
    for words in (("copy", "harbour", "--by", "dan"), ("undo", "harbour", "fees", "--by", "dan", "--reason", "late")):
        refused = golive(*words)
        assert refused.exit_code == 1 and "the new system was opened" in refused.output
    assert school.everything() == before
