"""What the database itself refuses to do with the ledger, whoever asks."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from tests.integration.ledger.writing import note

from golive.ledger import Ledger


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.entry set actor = 'eve'",
        "update ledger.entry set actor = 'eve' where false",
        "delete from ledger.entry",
        "truncate ledger.entry",
        "update ledger.evidence set document = '{}'",
        "delete from ledger.evidence",
        "truncate ledger.evidence cascade",
        "insert into ledger.evidence (hash, document) select hash, '{}' from ledger.evidence"
        " on conflict (hash) do update set document = excluded.document",
    ],
)
def test_the_database_refuses_changes(ledger: Ledger, url: str, statement: str, role: str) -> None:
    note(ledger, evidence={"x": 1})
    with psycopg.connect(url) as connection:
        connection.execute(f"set session_replication_role = {role}")
        with pytest.raises(errors.RestrictViolation, match="the ledger is append-only"):
            connection.execute(statement)
    assert ledger.verify() == 1


def test_the_database_refuses_a_second_end(ledger: Ledger, url: str) -> None:
    note(ledger)
    with psycopg.connect(url) as connection, pytest.raises(errors.UniqueViolation, match="prev_hash"):
        connection.execute(
            "insert into ledger.entry select 2, at, project, stage, kind, actor, run, once, project_hash, code_hash,"
            " payload, evidence_hash, prev_hash, 'forged' from ledger.entry"
        )
