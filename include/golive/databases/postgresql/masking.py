"""A training copy's masks and loading, assembled: one module for each concern, one name for the contract."""

from __future__ import annotations

from golive.databases.postgresql.masking_load import emptied, holding, is_ledger, made, mark, open_tables
from golive.databases.postgresql.masking_plan import lay_out, tables
from golive.databases.postgresql.masking_read import fill, fitted, hashed_values, hashes, keyed

__all__ = [
    "emptied",
    "fill",
    "fitted",
    "hashed_values",
    "hashes",
    "holding",
    "is_ledger",
    "keyed",
    "lay_out",
    "made",
    "mark",
    "open_tables",
    "tables",
]
