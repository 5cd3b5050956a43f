"""Copies of configuration, assembled: one module for each concern, one name for the contract."""

from __future__ import annotations

from golive.databases.postgresql.configuration_against import against
from golive.databases.postgresql.configuration_compare import content, difference, load, rehearsal
from golive.databases.postgresql.configuration_copy import apply, hold_still, reconcile, standing
from golive.databases.postgresql.configuration_undo import revert

__all__ = [
    "against",
    "apply",
    "content",
    "difference",
    "hold_still",
    "load",
    "reconcile",
    "rehearsal",
    "revert",
    "standing",
]
