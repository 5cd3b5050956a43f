"""What people enter with a DAG run: in their own name, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import Ran, again, run
from tests.migration import Migration

TEXT = small.TEXT.replace(
    "stages: [final_migration]\n",
    """\
training:
  groups: {office: [olga, otto]}
  courses: [{name: basics, title: The basics, groups: [office]}]
stages: [final_migration]
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """A project with a course."""
    small.make(*pair)
    return migration("harbour", TEXT, *pair)


def enter(migration: Migration, signed_in: str | None, **fields: Any) -> Ran:
    """A run that a person started in the UI."""

    def sign_in() -> None:
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import update

        with create_session() as session:
            started = update(DagRun).where(DagRun.dag_id == "harbour.record")
            session.execute(started.values(triggering_user_name=signed_in))

    return run(migration, "record", answer=None, before={"keep_record": sign_in}, **fields)


def kept(migration: Migration) -> list[Any]:
    """Everything but that on-call was told of a run that failed."""
    with migration.ledger as book:
        return [entry for entry in book.entries("harbour") if entry.kind != "alarm"]


def test_what_is_entered_stands_in_the_name_of_who_entered_it_and_only_once(harbour: Migration) -> None:
    lines = "person,course,on\nolga,basics,2026-01-05\notto,basics,2026-01-05\n"
    ran = enter(harbour, "maria", what="attendance", csv=lines)
    assert ran.state == "success", ran.errors
    assert ran.said["keep_record"] == "attendance: 2 entries by maria"
    entries = kept(harbour)
    assert [(e.kind, e.actor, e.payload["person"], e.payload["by"]) for e in entries] == [
        ("training", "maria", "olga", "maria"), ("training", "maria", "otto", "maria")
    ]  # fmt: skip
    assert again(harbour, "record", ran.run_id, "keep_record").state == "success"
    assert len(kept(harbour)) == 2


@pytest.mark.parametrize(
    ("person", "fields", "says"),
    [
        (None, {}, "this run was started by nobody"),
        ("anonymous", {}, "this run was started by nobody"),
        ("eve", {}, "eve has no part in this project"),
        ("maria", {"on": "2999-01-05"}, "on: 2999-01-05 is to come. Right: a day until"),
        ("maria", {"colour": "red"}, "colour: it is not asked for here. Right: person, course, on"),
    ],
)
def test_what_is_refused_leaves_nothing(
    harbour: Migration, person: str | None, fields: dict[str, str], says: str
) -> None:
    given = {"what": "attendance", "person": "olga", "course": "basics", "on": "2026-01-05"} | fields
    ran = enter(harbour, person, **given)
    assert ran.state == "failed" and says in ran.error("keep_record")
    assert kept(harbour) == []
