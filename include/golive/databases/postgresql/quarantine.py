"""Rows that could not be migrated, and rows of the target that should be gone and are not yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from golive.databases.relation import Refusal
from golive.keys import Key

Connection = psycopg.Connection[Any]


def quarantine(
    connection: Connection, project: str, table: str, refusals: Iterable[Refusal], run: str | None
) -> None:
    """Put rows into quarantine, or renew the reason of those that are there."""
    with connection.cursor() as rows:
        rows.executemany(
            "insert into golive.quarantine (project, table_name, key, reason, state, detail, rows, parked, run)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (project, table_name, key) do update set"
            " reason = excluded.reason, state = excluded.state, detail = excluded.detail, rows = excluded.rows,"
            " parked = excluded.parked, run = excluded.run, last_seen = now()",
            [(project, table, list(r.key), r.reason, r.state, r.detail, r.rows, r.parked, run) for r in refusals],
        )


def release(connection: Connection, project: str, table: str, keys: Sequence[tuple[str | None, ...]]) -> int:
    """Take keys out of quarantine."""
    if not keys:
        return 0
    with connection.cursor() as rows:
        rows.executemany(
            "delete from golive.quarantine where project = %s and table_name = %s and key = %s::text[]",
            [(project, table, list(key)) for key in keys],
        )
        return rows.rowcount


def quarantined(connection: Connection, project: str, table: str) -> list[Refusal]:
    """All that is in quarantine for a table, in key order; nothing where nothing was ever begun."""
    made = connection.execute("select to_regclass('golive.quarantine') is not null").fetchone()
    if not (made and made[0]):
        return []
    return [
        Refusal(tuple(key), reason, state, detail, rows, parked)
        for key, reason, state, detail, rows, parked in connection.execute(
            "select key, reason, state, detail, rows, parked from golive.quarantine"
            " where project = %s and table_name = %s order by key", (project, table)
        )
    ]


def set_undeleted(connection: Connection, project: str, table: str, refusals: Iterable[Refusal]) -> None:
    """Remember rows of the target that should be gone and could not be deleted yet."""
    with connection.cursor() as rows:
        rows.executemany(
            "insert into golive.undeleted (project, table_name, key, state, detail) values (%s, %s, %s, %s, %s)"
            " on conflict (project, table_name, key) do update set state = excluded.state, detail = excluded.detail,"
            " last_seen = now()",
            [(project, table, list(r.key), r.state, r.detail) for r in refusals],
        )


def undeleted(connection: Connection, project: str, table: str) -> list[Key]:
    """Keys that should be gone from the target and are not."""
    return [tuple(key) for (key,) in connection.execute(
        "select key from golive.undeleted where project = %s and table_name = %s order by key", (project, table)
    )]


def forget_undeleted(connection: Connection, project: str, table: str, keys: Sequence[Key]) -> None:
    """They are gone, or rightly there again."""
    if keys:
        with connection.cursor() as rows:
            rows.executemany(
                "delete from golive.undeleted where project = %s and table_name = %s and key = %s::text[]",
                [(project, table, list(key)) for key in keys],
            )
