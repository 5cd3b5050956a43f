"""Up to which cursor value every row is known to be visible.

A transaction that has begun and not yet committed may still bring rows below the highest cursor
that is visible now. A plain role sees no transaction's start in pg_stat_activity, but pg_locks shows
everybody the virtual id of every open one, those that have not yet written included.
"""

from __future__ import annotations

from typing import Any

import psycopg

Connection = psycopg.Connection[Any]

_OPEN = """
select 'started/' || extract(epoch from pg_postmaster_start_time())::text || '/' || l.virtualtransaction
from pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'virtualxid' and l.pid <> pg_backend_pid() and a.application_name <> 'golive'
  and a.backend_type is distinct from 'autovacuum worker'
  and (a.datname = current_database() or a.datname is null)
union all
select 'prepared/' || transaction::text || '/' || gid from pg_prepared_xacts where database = current_database()
"""


def open_transactions(connection: Connection) -> set[str]:
    """Names of the transactions open now in this database, the prepared ones too; Golive's own only read.

    Take them *after* the cursor's candidate value: whoever could still write below the candidate
    had begun before it was read, so is either here or already visible.
    """
    return {name for (name,) in connection.execute(_OPEN)}
