"""An entry as a test writes one, and a change that goes round the ledger."""

from __future__ import annotations

from typing import Any

import psycopg

from golive.ledger import Kind, Ledger


def note(ledger: Ledger, number: int = 0, **more: Any) -> Any:
    given: dict[str, Any] = {"project": "riverside", "kind": Kind.INCREMENT, "actor": "lane", "payload": {"n": number}}
    return ledger.append(**(given | more))


def behind_its_back(url: str, statement: str) -> None:
    """What a superuser can do: switch every trigger off, change a row, switch them on."""
    with psycopg.connect(url) as admin:
        for switch in ("disable", "enable"):
            for table in ("entry", "evidence"):
                admin.execute(f"alter table ledger.{table} {switch} trigger all")
            if switch == "disable":
                admin.execute(statement)
