"""Whom the new system's database lets in: each step of opening lets some roles connect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from golive.errors import Terminal

Connection = psycopg.Connection[Any]

__all__ = ["allow", "barred", "open_to_all"]

# Only a grant to the role itself: a role that may connect because everybody may was let in by nobody.
_HELD = """
select r.rolname from pg_database d, aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee
where d.datname = current_database() and a.privilege_type = 'CONNECT' and r.rolname = any(%s)
"""


def barred(connection: Connection, roles: Sequence[str]) -> list[str]:
    """Why these roles cannot be let in, a sentence each; empty if they can. Only reads."""
    if not roles:
        return []
    database = connection.info.dbname
    found = connection.execute("select rolname from pg_roles where rolname = any(%s)", (list(roles),))
    known = {row[0] for row in found}
    said = [
        f"the server of {database} has no role {role!r}: create it there, or correct the opening step's `allow`"
        for role in roles
        if role not in known
    ]
    row = connection.execute(
        "select current_user, has_database_privilege(current_database(), 'CONNECT WITH GRANT OPTION')"
    ).fetchone()
    assert row is not None
    if not row[1]:
        said.append(
            f"role {row[0]} may not let anybody into database {database}: make it the owner, or grant it CONNECT with"
            " grant option"
        )
    return said


def allow(connection: Connection, roles: Sequence[str]) -> None:
    """Let these roles connect to this database; safe to repeat, and all or none.

    Raises Terminal, and grants nothing, if a role is not there or the right to grant is not ours.
    """
    with connection.transaction():
        refused = barred(connection, roles)
        if refused:
            raise Terminal("; ".join(refused))
        for role in roles:
            connection.execute(
                sql.SQL("grant connect on database {} to {}").format(
                    sql.Identifier(connection.info.dbname), sql.Identifier(role)
                )
            )
        # The server only warns of a grant that it did not make.
        held = {row[0] for row in connection.execute(_HELD, (list(roles),))}
        if missing := [role for role in roles if role not in held]:
            raise Terminal(f"CONNECT on database {connection.info.dbname} was not granted to {', '.join(missing)}")


def open_to_all(connection: Connection) -> bool:
    """Whether every role of the server may connect, as PostgreSQL has it until CONNECT is revoked from PUBLIC."""
    row = connection.execute(
        "select exists (select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        " where d.datname = current_database() and a.grantee = 0 and a.privilege_type = 'CONNECT')"
    ).fetchone()
    return bool(row and row[0])
