"""Riverside, the sample district: an old student-management system, the schema of the new one, and a judge.

``golive.demo.organisation`` makes its two databases, changes the old one as its users do, and says which
rows can never arrive. About ten rows stand behind each student; the seed decides all of them. A round of
changes touches about one student in 200, and eight at least; only ordinary rows, so none becomes
unmigratable by it. One date of birth that was wrong is put right in each round, as long as there is one,
and that student and what hangs on it become migratable. ``login_event``, the one table without a key,
takes any row. Its mapping is include/projects/riverside/project.yaml, and nothing here reads that file.
"""

from __future__ import annotations

from enum import StrEnum

from golive.demo.organisation import Organisation


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
    least=200,
    most=1_000_000,
    own_rows={
        "own_days": "select school_code || ' ' || day from calendar_day where entered_by = 'native'",
        "own_emails": "select email::text from staff where origin = 'native'",
        "own_state_ids": "select state_id::text from student where origin = 'native'",
        "own_transactions": "select transaction_no from fee_transaction where origin = 'native'",
    },
    reasons=Reason,
)
