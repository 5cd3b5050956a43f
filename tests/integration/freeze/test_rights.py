"""Who may freeze: an owner who is no superuser, and what is said to those who own nothing."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.integration.freeze.source import Source, as_role, refused

from golive import freeze
from golive.databases import connect
from golive.errors import FreezeRefused


def test_an_owner_without_superuser_freezes_and_says_that_ddl_passes(source: Source, role: Callable[..., str]) -> None:
    owner, app = role(), role("grant usage on schema public to {role}", "grant insert on note to {role}")
    source.admin.execute(
        f"grant create on database {source.admin.info.dbname} to {owner}; alter schema other owner to"
        f" {owner}; grant usage on schema public to {owner}"
    )
    for (name,) in source.admin.execute(
        "select oid::regclass::text from pg_class where relkind in ('r', 'p') and oid >= 16384 and relname !~ '^pg_'"
    ).fetchall():
        source.admin.execute(f"alter table {name} owner to {owner}")
    database = connect(as_role(source, owner), name="old_system")
    done = freeze.freeze(database, "riverside", limit_seconds=30, by="ops")
    assert any(gap.startswith("DDL") for gap in done.not_covered)
    assert not freeze.standing(database).ddl
    assert [proof.role for proof in done.proof.roles] == [owner]
    assert f"role {app}: cannot be assumed" in done.proof.not_probed
    with psycopg.connect(as_role(source, app)) as user:
        refused(user, "insert into note (id) values (77)")
    source.admin.execute("create table fresh (a int)")
    assert freeze.watch(database, done) == [
        "public.fresh: has no trigger of the freeze (a table made after the mark): writes pass"
    ]
    assert freeze.unfreeze(database, "riverside")
    source.admin.execute("insert into note (student) values (1)")


def test_without_ownership_it_is_refused_with_the_right_grant(source: Source, role: Callable[..., str]) -> None:
    stranger = role()
    before = source.objects()
    database = connect(as_role(source, stranger), name="old_system")
    with pytest.raises(FreezeRefused, match=f"grant create on database .* to .*{stranger}"):
        freeze.freeze(database, "riverside", limit_seconds=5, by="ops")
    source.admin.execute(f"grant create on database {source.admin.info.dbname} to {stranger}")
    with pytest.raises(FreezeRefused, match=r"does not own .*public\.student \(owner .*Run: grant .*is undone"):
        freeze.freeze(database, "riverside", limit_seconds=5, by="ops")
    assert source.objects() == before
