"""The write side, assembled: one module for each concern, one name for the contract."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import psycopg

from golive.databases.postgresql.finish import advance, settle
from golive.databases.postgresql.merge import delete, holds_any, merge, replace
from golive.databases.postgresql.staging import stage, straight_in

__all__ = ["advance", "delete", "holds_any", "merge", "replace", "settle", "stage", "straight_in", "transaction"]


def transaction(connection: psycopg.Connection[Any]) -> AbstractContextManager[Any]:
    """A transaction (or a savepoint in one), with every deferrable constraint checked at once.

    A refusal has to come while its row is known, not at commit.
    """
    return _Immediate(connection)


class _Immediate:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._block = connection.transaction()

    def __enter__(self) -> psycopg.Transaction:
        block = self._block.__enter__()
        self._connection.execute("set constraints all immediate")
        return block

    def __exit__(self, *error: Any) -> bool | None:
        return self._block.__exit__(*error)
