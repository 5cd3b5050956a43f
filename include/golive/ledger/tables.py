"""The ledger's tables and views, as the newest migration leaves them.

In the tables, instants and JSON cross the driver as text, in both directions: what is hashed is
what is stored, and nothing is rounded, reordered or parsed on the way. In the views they are read
as Python's own values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    TableClause,
    Text,
    cast,
    column,
    func,
    table,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

SCHEMA = "ledger"


def _instant_text(colexpr: ColumnElement[Any], as_type: TypeEngine[Any]) -> ColumnElement[Any]:
    return func.to_char(func.timezone("UTC", colexpr), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"', type_=as_type)


class Instant(UserDefinedType[str]):
    """timestamptz, in Python the canonical text ``2026-01-31T23:59:59.000001Z``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "timestamp with time zone"

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[str]:
        return _instant_text(colexpr, self)


class Moment(UserDefinedType[datetime]):
    """timestamptz, in Python an aware datetime in UTC."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "timestamp with time zone"

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[Any]:
        return _instant_text(colexpr, self)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str], datetime]:
        return datetime.fromisoformat


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
Index("entry_project_run_seq", entry.c.project, entry.c.run, entry.c.seq)

# In the views a name has one type wherever it stands; all others are text.
_TYPES: dict[str, TypeEngine[Any]] = {
    "at": Moment(),
    "declared": Boolean(),
    "depends": JSON(),
    "measured": Boolean(),
    "opened_at": Moment(),
    "people": JSON(),
    "seen": Boolean(),
    "seq": BigInteger(),
}


def _view(name: str, columns: str) -> TableClause:
    return table(name, *(column(each, _TYPES.get(each, Text())) for each in columns.split()), schema=SCHEMA)


# Not in the metadata: a view is made by its migration alone.
VIEWS: dict[str, TableClause] = {
    view.name: view
    for view in (
        _view("stage_state", "project stage state actor run at seq reason"),
        _view(
            "sign_off",
            "project stage run question role verdict actor at seq evidence_hash comment reason people",
        ),
        _view("criterion", "project id title state says approver expires measured actor at seq"),
        _view("issue", "project id title severity owner state says opened_at at seq"),
        _view("risk", "project id what likelihood impact owner mitigation review state raised_by at seq"),
        _view("training", "project person course group_name state on_day material actor at seq"),
        _view("third_party", "project name login direction action owner declared seen state at seq"),
        _view("area", "project area owner state reason depends actor at seq"),
    )
}
