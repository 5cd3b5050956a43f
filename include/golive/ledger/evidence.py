"""The evidence beside the entries: stored once under its hash, proven whenever it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from golive.ledger import tables
from golive.ledger.chain import canonical


def store(connection: Connection, evidence_hash: str, evidence: Mapping[str, Any] | bytes) -> None:
    """Store it under the hash that ``chain.digest`` gave; the same evidence given again is there already."""
    body = {"file": evidence} if isinstance(evidence, bytes) else {"document": canonical(evidence, what="evidence")}
    connection.execute(insert(tables.evidence).values(hash=evidence_hash, **body).on_conflict_do_nothing())


def proven(connection: Connection, evidence_hash: str) -> str | bytes | None:
    """A document's text or a file's bytes, as stored; None if it is gone or altered."""
    query = select(tables.evidence.c.document, tables.evidence.c.file).where(tables.evidence.c.hash == evidence_hash)
    row = connection.execute(query).first()
    if row is None:
        return None
    stored: str | bytes = bytes(row.file) if row.document is None else row.document
    body = stored if isinstance(stored, bytes) else stored.encode()
    return stored if hashlib.sha256(body).hexdigest() == evidence_hash else None
