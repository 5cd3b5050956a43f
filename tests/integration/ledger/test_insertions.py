"""Entries put in behind the database's back, each with a right hash of its own."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.integration.ledger.writing import behind_its_back, note
from typer.testing import CliRunner

from golive.cli import app
from golive.errors import LedgerBroken
from golive.ledger import Head, Ledger
from golive.ledger.chain import entry_hash


def forged(ledger: Ledger, after: int) -> dict[str, Any]:
    """What somebody who knows how hashes are made would insert after an entry."""
    *_, (fields, _) = [proven for proven in ledger.proven() if proven[0]["seq"] <= after]
    made = {**fields, "seq": after + 1, "actor": "eve", "prev_hash": fields["hash"]}
    return made | {"hash": entry_hash(made)}


def insert(url: str, row: dict[str, Any]) -> None:
    with psycopg.connect(url) as admin:
        admin.execute(
            "insert into ledger.entry (seq, at, project, kind, actor, payload, prev_hash, hash) values"
            " (%(seq)s, %(at)s, %(project)s, %(kind)s, %(actor)s, %(payload)s::json, %(prev_hash)s, %(hash)s)",
            row,
        )


def test_an_entry_inserted_in_the_middle_is_named_by_what_it_displaced(ledger: Ledger, url: str) -> None:
    """The numbers after it are moved by one: the first of them no longer has the hash of its fields."""
    for number in range(1, 6):
        note(ledger, number)
    made = forged(ledger, 2)
    for seq in (5, 4, 3):
        behind_its_back(url, f"update ledger.entry set seq = {seq + 1} where seq = {seq}")
    with psycopg.connect(url) as admin:
        admin.execute("alter table ledger.entry drop constraint entry_prev_hash_key")
    insert(url, made)
    with pytest.raises(LedgerBroken, match=r"^ledger entry 4: .*it was changed") as caught:
        ledger.verify()
    assert caught.value.seq == 4
    ran = CliRunner().invoke(app, ["ledger", "verify", "--ledger", url])
    assert ran.exit_code == 1 and "ledger entry 4: " in ran.output


def test_an_entry_put_in_the_place_of_another_is_named_by_its_follower(ledger: Ledger, url: str) -> None:
    for number in range(1, 6):
        note(ledger, number)
    made = forged(ledger, 2)
    behind_its_back(url, "delete from ledger.entry where seq = 3")
    insert(url, made)
    with pytest.raises(LedgerBroken, match=r"^ledger entry 4: it does not follow entry 3"):
        ledger.verify()


def test_the_last_entry_replaced_shows_against_a_kept_head_alone(ledger: Ledger, url: str) -> None:
    for number in range(1, 4):
        note(ledger, number)
    kept: Head = ledger.head()
    made = forged(ledger, 2)
    behind_its_back(url, "delete from ledger.entry where seq = 3")
    insert(url, made)
    assert ledger.verify() == 3
    ran = CliRunner().invoke(app, ["ledger", "verify", "--head", str(kept), "--ledger", url])
    assert ran.exit_code == 1 and "ledger entry 3: " in ran.output and "rewritten" in ran.output


def test_an_entry_beyond_the_end_is_named(ledger: Ledger, url: str) -> None:
    note(ledger, 1)
    insert(url, forged(ledger, 1) | {"seq": 7})
    with pytest.raises(LedgerBroken, match=r"^ledger entry 2: it is missing: 1 is followed by 7"):
        ledger.verify()
