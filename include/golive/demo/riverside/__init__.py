"""Riverside, the sample district: an old student-management system, the schema of the new one, and a judge.

``make_source`` and ``make_target`` fill two empty databases, ``live_changes`` does to the old one
what its users do while a migration runs, and ``unmigratable`` says which rows can never arrive and
why. Its mapping is include/projects/riverside/project.yaml, and nothing here reads that file: the
judge and the mapping must agree without knowing each other.
"""

from __future__ import annotations

from enum import StrEnum

from golive.demo import organisation
from golive.demo.organisation import NULL, Changes, Organisation

__all__ = [
    "LEAST",
    "MOST",
    "NULL",
    "ORGANISATION",
    "Changes",
    "Reason",
    "live_changes",
    "make_source",
    "make_target",
    "rows_lost",
    "unmigratable",
]

LEAST = 200
MOST = 1_000_000


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


ORGANISATION = Organisation(
    name="riverside",
    package=__name__,
    counted="students",
    least=LEAST,
    most=MOST,
    own_rows={
        "own_days": "select school_code || ' ' || day from calendar_day where entered_by = 'native'",
        "own_emails": "select email::text from staff where origin = 'native'",
        "own_state_ids": "select state_id::text from student where origin = 'native'",
        "own_transactions": "select transaction_no from fee_transaction where origin = 'native'",
    },
    reasons=Reason,
)


def make_source(url: str, *, students: int, seed: int) -> None:
    """Make the old system's tables and rows in the empty database behind ``url``.

    The same ``students`` and ``seed`` give the same rows, about ten per student over all tables;
    the server computes them, in one transaction. Every planted defect is there from LEAST students
    on. Raises Terminal for a count outside LEAST to MOST and for a database that has tables.
    """
    organisation.make_source(ORGANISATION, url, size=students, seed=seed)


def make_target(url: str) -> None:
    """Make the new system's schema, and the few rows of its own, in the empty database behind ``url``.

    Raises Terminal for a database that has tables.
    """
    organisation.make_target(ORGANISATION, url)


def live_changes(source_url: str, *, seed: int, round: int) -> Changes:
    """Do one round of a working day in the old system, in one transaction.

    The same seed and round on the same rows do the same. Rounds count from 1 and each is done once,
    in rising order; a round touches about one student in 200, and eight at least. Only ordinary rows
    are touched, so no row becomes unmigratable by it; one date of birth that was wrong is put right,
    as long as there is one, and that student and what hangs on it become migratable. Raises Terminal
    for a round that was done before, or one out of range.
    """
    return organisation.live_changes(ORGANISATION, source_url, seed=seed, round=round)


def unmigratable(source_url: str, target_url: str) -> dict[str, dict[tuple[str, ...], str]]:
    """Target table -> key -> Reason, for every row that cannot arrive, as both sides stand now.

    A key is the text of the target's key columns (``column::text``), NULL where a column is null.
    Every row of a duplicated key is lost: such a key stands here once, and the rows behind it are
    counted by ``rows_lost``. ``login_event``, the one table without a key, takes any row and is
    never here; tables that lose nothing are not here either. Both sides are only read.
    """
    return organisation.unmigratable(ORGANISATION, source_url, target_url)


def rows_lost(source_url: str, target_url: str) -> dict[str, int]:
    """Target table -> source rows that cannot arrive; more than keys where keys stand twice."""
    return organisation.rows_lost(ORGANISATION, source_url, target_url)
