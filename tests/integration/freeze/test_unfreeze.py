"""Unfreezing: nothing of the freeze remains, and nobody who reads keeps writes out."""

from __future__ import annotations

import psycopg
import pytest
from tests.integration.freeze.source import SCHEMA_CHANGES, WRITES, Source

from golive import freeze
from golive.errors import Busy


def test_unfreeze_is_complete_and_can_be_repeated(source: Source) -> None:
    before = source.objects()
    source.freeze()
    done = freeze.unfreeze(source.database, "riverside")
    assert "every table opened: writes pass" in done and "the trigger dropped from 7 tables" in done
    assert source.objects() == before
    assert freeze.unfreeze(source.database, "riverside") == []
    assert freeze.standing(source.database).project is None
    for statement in (*WRITES, *SCHEMA_CHANGES[:3]):
        if "truncate" not in statement and "default values" not in statement:
            source.admin.execute("begin;" + statement)
            source.admin.execute("rollback")


def test_a_long_report_does_not_keep_writes_out_after_unfreeze(source: Source) -> None:
    before = source.objects()
    source.freeze()
    with psycopg.connect(source.url, application_name="report") as report:
        report.execute("select * from student")
        with pytest.raises(Busy, match=r"writes pass again.*public\.student, held by .*report"):
            freeze.unfreeze(source.database, "riverside", limit_seconds=1)
        source.admin.execute("insert into student (name) values ('x')")
        assert not freeze.standing(source.database).frozen
    assert freeze.unfreeze(source.database, "riverside") == [
        "the trigger dropped from 1 tables",
        "schema golive_freeze dropped: nothing of the freeze remains",
    ]
    assert source.objects() == before
