"""Riverside, the sample district: an old student-management system, the schema of the new one, and a judge.

``make_source`` and ``make_target`` fill two empty databases, ``live_changes`` does to the old one
what its users do while a migration runs, and ``unmigratable`` says which rows can never arrive and
why. Its mapping is include/projects/riverside/project.yaml, and nothing here reads that file: the
judge and the mapping must agree without knowing each other.
"""

from golive.demo.riverside.changes import Changes, live_changes
from golive.demo.riverside.judge import NULL, Reason, rows_lost, unmigratable
from golive.demo.riverside.make import LEAST, MOST, make_source, make_target

__all__ = [
    "LEAST",
    "MOST",
    "NULL",
    "Changes",
    "Reason",
    "live_changes",
    "make_source",
    "make_target",
    "rows_lost",
    "unmigratable",
]
