"""Which rows of Riverside's old system can never stand in the new one, judged by SQL written by hand."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import LiteralString

import psycopg

from golive.demo.riverside.make import OPTIONS, script

# Stands in a key for a column that is NULL.
NULL = "NULL"

_OWN_ROWS: dict[str, LiteralString] = {
    "own_days": "select school_code || ' ' || day from calendar_day where entered_by = 'native'",
    "own_emails": "select email::text from staff where origin = 'native'",
    "own_state_ids": "select state_id::text from student where origin = 'native'",
    "own_transactions": "select transaction_no from fee_transaction where origin = 'native'",
}


class Reason(StrEnum):
    """Why a row cannot be migrated: one reason a key, and its own faults before its parents'."""

    NULL_KEY = "null key"
    DUPLICATE_KEY = "duplicate key"
    KEY_TAKEN = "key taken"  # by a row of the new system's own
    BAD_DATE = "bad date"
    BAD_NUMBER = "bad number"
    BAD_JSON = "bad json"
    NOT_NULL = "not null"
    UNKNOWN_VALUE = "unknown value"  # of an enum
    TOO_LONG = "too long"
    OUT_OF_RANGE = "out of range"
    NO_PARTITION = "no partition"
    CHECK = "check"
    UNIQUE = "unique"  # a value that a row of the new system's own has
    ORPHAN = "orphan"  # the parent is not in the old system, or is not wanted by the mapping
    PARENT = "parent"  # the parent cannot be migrated


def unmigratable(source_url: str, target_url: str) -> dict[str, dict[tuple[str, ...], str]]:
    """Target table -> key -> Reason, for every row that cannot arrive, as both sides stand now.

    A key is the text of the target's key columns (``column::text``), NULL where a column is null.
    Every row of a duplicated key is lost: such a key stands here once, and the rows behind it are
    counted by ``rows_lost``. ``login_event``, the one table without a key, takes any row and is
    never here; tables that lose nothing are not here either. Both sides are only read.
    """
    lost: dict[str, dict[tuple[str, ...], str]] = {}
    for table, key, reason in _judge(source_url, target_url):
        lost.setdefault(table, {})[key] = reason
    return lost


def rows_lost(source_url: str, target_url: str) -> dict[str, int]:
    """Target table -> source rows that cannot arrive; more than keys where keys stand twice."""
    return dict(Counter(table for table, _, _ in _judge(source_url, target_url)))


def _judge(source_url: str, target_url: str) -> list[tuple[str, tuple[str, ...], str]]:
    with psycopg.connect(target_url, options=OPTIONS) as target:
        own = {name: [row[0] for row in target.execute(query)] for name, query in _OWN_ROWS.items()}
    with psycopg.connect(source_url, options=OPTIONS) as source:
        rows = source.execute(script("unmigratable.sql"), own).fetchall()
    return [(table, tuple(NULL if p is None else p for p in key), Reason(reason)) for table, key, reason in rows]
