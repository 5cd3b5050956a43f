"""Rows across: increments, lanes, sweep, quarantine, and what a table needs at the end."""

from golive.transfer.chunk import Work
from golive.transfer.increment import Foreseen, Mode, Opened, accept, foresee, open_increments
from golive.transfer.lane import Lane, work
from golive.transfer.settle import Settled, finish, settle

__all__ = [
    "Foreseen", "Lane", "Mode", "Opened", "Settled", "Work", "accept", "finish", "foresee", "open_increments",
    "settle", "work",
]
