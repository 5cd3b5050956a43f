"""What a freeze proves, as whom, and how it says so; a freeze that is not proven is none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.integration.freeze.source import OPEN_DDL, Source, refused

from golive import freeze
from golive.errors import FreezeRefused


def test_the_record_is_plain_and_says_who_was_probed(source: Source, role: Callable[..., str]) -> None:
    some = role("grant usage on schema public to {role}", "grant update (name) on student to {role}")
    source.admin.execute("create rule gone as on insert to scratch do instead nothing")
    done = source.freeze()
    # The ledger takes no fractions: one in the record fails here, where it stands.
    plain = json.loads(json.dumps(done.as_dict()), parse_float=pytest.fail)
    assert freeze.Freeze.from_dict(plain) == done
    roles = {proof.role: proof for proof in done.proof.roles}
    assert (roles[some].probed, roles[some].rejected) == (1, 1)
    own = roles[source.one("select current_user")]
    assert own.probed == own.rejected == 3 * len(done.tables) - 1
    assert done.proof.catalogue == len(done.tables) == 7
    assert "public.scratch: a rule rewrites its writes" in done.proof.not_probed
    assert any(line.startswith("TRUNCATE") for line in done.proof.not_probed)
    assert source.one("select %s::pg_lsn <= pg_current_wal_insert_lsn()", done.mark.position)
    state = freeze.standing(source.database)
    assert (state.frozen, state.project, state.since, state.by) == (True, "riverside", done.since, "the registrar")
    assert state.mark == done.mark and state.ddl and state.covered == done.tables and state.uncovered == ()
    assert refused(source.admin, "delete from note").diag.message_primary.endswith("Ask the registrar.")


def test_a_freeze_that_is_not_proven_is_refused(source: Source) -> None:
    source.freeze()
    source.admin.execute(OPEN_DDL)
    source.admin.execute(
        "create or replace function golive_freeze.refuse() returns trigger language plpgsql as $$ begin"
        " if tg_table_name <> 'note' then raise exception using errcode = '25006', constraint = 'golive_freeze';"
        " end if; return null; end $$"
    )
    with source.database.session() as connection:
        with pytest.raises(FreezeRefused, match=r"was not rejected on public\.note$"):
            source.database.freezing.prove(connection, limit_seconds=5)
        source.admin.execute("alter table note disable trigger all")
        with pytest.raises(FreezeRefused, match=r"no trigger of the freeze in force on public\.note"):
            source.database.freezing.prove(connection, limit_seconds=5)
