"""The frozen mapping in DAGs: what moves data refuses another, and two roles thaw it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import Ran, again, answer, run
from tests.dags.test_doors import project_file
from tests.integration.readiness.site import TODAY, Place
from tests.migration import Migration

from golive.readiness.mapping import LAST_PASS, freeze_mapping, standing
from golive.readiness.stages import sentence

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {sponsor: [sam], operations: {holders: [omar], deputies: [sam]}, go_live: [maria]}
stages: [data_validation_pre_final, final_migration]
""",
)
WHY = "the name has to be in capitals"


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """The last pass is complete and the mapping frozen; nothing has moved yet."""
    small.make(*pair)
    made = migration("harbour", TEXT, *pair)
    with made.ledger as book:
        site = Place(made.project, made.source, made.target, book, LAST_PASS, TODAY, f"harbour.{LAST_PASS}/before")
        site.keep(freeze_mapping(site), task="freeze_mapping")
        site.write("stage", {"state": "closed", "reason": ""})
    return made


def change(harbour: Migration) -> None:
    file = project_file(harbour)
    file.write_text(file.read_text().replace("trim(nm)", "upper(nm)"))


def signing(second: str) -> Callable[[Any], None]:
    def fill_in(detail: Any) -> None:
        person = "sam" if detail.task_instance.task_id == "sign_as_sponsor" else second
        answer(person, "Approve", comment="it has to be")(detail)

    return fill_in


def thaw(harbour: Migration, second: str = "omar", **conf: Any) -> Ran:
    return run(harbour, "thaw", answer=signing(second), by="daniel", **conf)


def in_force(harbour: Migration) -> bool:
    with harbour.ledger as book:
        return standing(book, harbour.project) is not None


def test_another_mapping_moves_nothing_until_two_roles_thaw_it(harbour: Migration) -> None:
    change(harbour)
    ran = run(harbour, "older_data")
    assert ran.state == "failed"
    assert 'tables[family].columns.name was "trim(nm)", and is "upper(nm)"' in ran.error("open_increment")
    assert "harbour.thaw, which two roles sign" in ran.error("open_increment")

    ran = thaw(harbour, why=WHY)
    assert ran.state == "success", ran.errors
    assert f"{LAST_PASS} is due again" in ran.said["thaw_mapping"] and not in_force(harbour)
    with harbour.ledger as book:
        assert WHY in sentence(book, harbour.project, LAST_PASS)
        (entry,) = [e for e in book.entries("harbour", kind="mapping") if e.payload["state"] == "thawed"]
        assert entry.payload["by"] == ["sam", "omar"]
    assert run(harbour, "older_data").state == "success"
    # The pass is due again: what a cleared task finds does not take that back, nor say it twice.
    before = len(reopenings(harbour))
    assert again(harbour, "thaw", ran.run_id, "thaw_mapping").state == "success"
    assert len(reopenings(harbour)) == before == 1


def reopenings(harbour: Migration) -> list[Any]:
    with harbour.ledger as book:
        return [e for e in book.entries("harbour", kind="stage") if e.payload["state"] == "reopened"]


@pytest.mark.parametrize(
    ("second", "why", "task", "says"),
    [
        ("sam", WHY, "thaw_mapping", "two people have to sign a thaw, and sam signed as both"),
        ("maria", WHY, "sign_as_operations", "maria answered, but omar or sam must"),
        ("omar", "", "sign_as_sponsor", "nothing says why the mapping is to change"),
    ],
)
def test_it_stays_frozen(harbour: Migration, second: str, why: str, task: str, says: str) -> None:
    ran = thaw(harbour, second, why=why)
    assert ran.state == "failed" and says in ran.error(task) and in_force(harbour)
