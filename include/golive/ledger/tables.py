"""The ledger's tables, as the newest migration leaves them.

Instants and JSON cross the driver as text, in both directions: what is hashed is what is stored,
and nothing is rounded, reordered or parsed on the way.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    func,
)
from sqlalchemy.types import UserDefinedType

SCHEMA = "ledger"


class Instant(UserDefinedType[str]):
    """timestamptz, in Python the canonical text ``2026-01-31T23:59:59.000001Z``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "timestamp with time zone"

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[str]:
        return func.to_char(func.timezone("UTC", colexpr), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"', type_=Text)


class JsonText(UserDefinedType[str]):
    """json, not jsonb: the server keeps the text as it came."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "json"

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[str]:
        return cast(colexpr, Text)


metadata = MetaData(schema=SCHEMA)

# One row for each distinct evidence: a JSON document or a file, never both.
evidence = Table(
    "evidence",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("document", JsonText),
    Column("file", LargeBinary),
    CheckConstraint("num_nonnulls(document, file) = 1", name="evidence_document_or_file"),
)

# No defaults: the database sets nothing that the hash does not cover. Two entries after the same
# one are refused by the unique prev_hash, even from a writer that does not take the lock.
entry = Table(
    "entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("project", Text, nullable=False),
    Column("stage", Text),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("run", Text),
    Column("once", Text),
    Column("project_hash", Text),
    Column("code_hash", Text),
    Column("payload", JsonText, nullable=False),
    Column("evidence_hash", Text, ForeignKey(evidence.c.hash, name="entry_evidence_hash_fkey")),
    Column("prev_hash", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
)
Index("entry_project_kind_seq", entry.c.project, entry.c.kind, entry.c.seq)
Index("entry_project_once", entry.c.project, entry.c.once, unique=True, postgresql_where=entry.c.once.is_not(None))
