"""The record of a training copy: its day, its rows and masks, and everybody who may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags.runs import execute
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place
from tests.migration import rows

from golive.databases import Database, connect
from golive.databases.postgresql import masking_read
from golive.readiness.training_copy import refresh_training_copy

COPY = """\
training: {groups: {offices: [olga, tom]}}
training_copy: {connection: harbour_training, access: [offices, lead], logins: [LOGIN]}
"""
SCHEMA = "create table t (id int primary key, name text, grade text)"


class Room:
    """A school with a training database, in a run of its initial pass."""

    def __init__(self, school: School, url: str) -> None:
        self.school = school
        self.url = url

    def place(self, login: str = "sis_app", run: str = "test") -> Place:
        base = {"base": school_base()}
        return self.school.place(COPY.replace("LOGIN", login), stage="data_validation_initial", run=run, **base)

    @property
    def training(self) -> Database:
        return connect(self.url, name="harbour_training")

    def kept(self, place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
        """The last record with its evidence."""
        entry = place.ledger.last("harbour", "training_copy")
        assert entry is not None and entry.evidence_hash is not None
        evidence = place.ledger.evidence(entry.evidence_hash)
        assert isinstance(evidence, dict)
        return entry.payload, evidence


def school_base() -> str:
    from tests.integration.readiness.preparing import BASE

    return BASE.replace("[{target: t}]", "[{target: t, sensitive: [name]}]")


@pytest.fixture
def room(pair: tuple[str, str], new_database: Callable[..., str]) -> Room:
    school = School(pair, new_database)
    school.on_source(SCHEMA)
    school.on_target(SCHEMA, "insert into t select n, 'Person ' || n, 'A' from generate_series(1, 20) n")
    url = new_database("training")
    execute(url, SCHEMA)
    return Room(school, url)


def test_a_refresh_is_kept_with_rows_masks_and_people(room: Room) -> None:
    place = room.place()
    outcome = place.keep(refresh_training_copy(place, room.training))
    assert outcome.missing == ()
    assert outcome.says == (
        "Training copy from target to harbour_training, made before any pass: 20 rows in 1 table, 1 column masked;"
        " 3 people and 0 logins may see it."
    )
    payload, evidence = room.kept(place)
    assert (payload["state"], payload["on"], payload["rows"], payload["masked"]) == ("refreshed", "2026-06-01", 20, 1)
    assert payload["people"] == ["ann", "olga", "tom"] and payload["run"] == place.run_name
    assert payload["verdicts"] == {"PASS": 1}
    assert evidence["tables"] == [
        {"table": "public.t", "rows": 20, "masked": ["name"], "drawn": [], "emptied": [], "partly_emptied": []}
    ]
    assert evidence["access"] == {"offices": ["olga", "tom"], "lead": ["ann"]}
    assert "Person" not in str(evidence) + str(payload)


def test_it_says_after_which_pass_it_was_made(room: Room) -> None:
    place = room.place()
    place.write("pass", {"number": 2, "stage": place.stage})
    outcome = place.keep(refresh_training_copy(place, room.training))
    assert "made after pass 2:" in outcome.says and room.kept(place)[0]["after_pass"] == 2


def test_a_login_that_nobody_declared_keeps_the_stage_open(room: Room, role: Callable[..., str]) -> None:
    login = role("grant select on t to {role}", url=room.url)
    place = room.place()
    outcome = place.keep(refresh_training_copy(place, room.training))
    (line,) = outcome.missing
    assert line.startswith(
        f"The login {login} may read the training copy harbour_training, and nobody declared it. otto"
    )
    payload, evidence = room.kept(place)
    assert payload["not_declared"] == [login] and evidence["logins"]["may_read"] == [login]
    # Declared, it is one of those who may.
    assert refresh_training_copy(room.place(login), room.training).missing == ()
    execute(room.url, f"drop owned by {login}")


def test_what_everybody_may_read_keeps_the_stage_open(room: Room) -> None:
    execute(room.url, "grant select on t to public")
    place = room.place()
    outcome = place.keep(refresh_training_copy(place, room.training))
    assert len(outcome.missing) == 1 and "Whoever can connect may read public.t" in outcome.missing[0]
    assert room.kept(place)[0]["not_declared"] == ["PUBLIC"]


def test_a_copy_that_the_check_refuses_is_kept_as_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    place = room.place()
    place.keep(refresh_training_copy(place, room.training))
    before = rows(room.url, "select * from t order by id")
    monkeypatch.setitem(masking_read._FORMS, "text", lambda table, mask, value: value)
    outcome = place.keep(refresh_training_copy(place, room.training))
    assert "was not refreshed" in outcome.says
    assert len(outcome.missing) == 1 and "name in 20 rows" in outcome.missing[0] and "dan" in outcome.missing[0]
    payload, evidence = room.kept(place)
    assert payload["state"] == "not refreshed" and evidence["results"][0]["verdict"] == "FAIL"
    assert "Person" not in str(evidence) + str(outcome)
    assert rows(room.url, "select * from t order by id") == before


def test_nothing_is_declared(room: Room) -> None:
    place = room.school.place("")
    assert refresh_training_copy(place, room.training).says == "No training copy is declared."
