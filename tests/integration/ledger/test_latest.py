"""The newest entry of each thing, as gates read it: chosen by the server, proven by its hash."""

from __future__ import annotations

import psycopg
import pytest
from tests.integration.ledger.writing import behind_its_back, note

from golive.errors import LedgerBroken, Terminal
from golive.ledger import Kind, Ledger


def test_latest_is_the_newest_of_each_value_in_order(ledger: Ledger) -> None:
    for number, id_ in enumerate(("a", "b", "a", "c", "b"), start=1):
        note(ledger, kind=Kind.CRITERION, payload={"id": id_, "n": number})
    note(ledger, kind=Kind.CRITERION, payload={"id": "a"}, project="lakeside")
    note(ledger, kind=Kind.ISSUE, payload={"id": "a"})
    newest = ledger.latest("riverside", Kind.CRITERION, by=("id",))
    assert [(entry.seq, entry.payload["n"]) for entry in newest] == [(3, 3), (4, 4), (5, 5)]
    assert newest[0] == ledger.entries("riverside", after=2, limit=1)[0]
    assert [entry.seq for entry in ledger.latest("lakeside", "criterion", by=("id",))] == [6]
    assert ledger.latest("elsewhere", "criterion", by=("id",)) == []


def test_latest_by_two_keys_tells_the_pairs_apart(ledger: Ledger) -> None:
    for person, course in (("ann", "x"), ("ann", "y"), ("bo", "x"), ("ann", "x")):
        note(ledger, kind=Kind.TRAINING, payload={"person": person, "course": course})
    newest = ledger.latest("riverside", "training", by=("person", "course"))
    assert [entry.seq for entry in newest] == [2, 3, 4]
    assert [entry.seq for entry in ledger.latest("riverside", "training", by=("course",))] == [2, 4]


def test_entries_that_lack_the_key_are_a_group(ledger: Ledger) -> None:
    for payload in ({}, {"id": None}, {"id": "a"}, {"other": "x"}, {"id": 1}, {"id": "1"}):
        note(ledger, kind=Kind.RISK, payload=payload)
    assert [entry.seq for entry in ledger.latest("riverside", "risk", by=("id",))] == [3, 4, 6]


def test_a_key_is_a_value_and_not_sql(ledger: Ledger) -> None:
    odd = "o'; drop table ledger.entry; -- %s :x ü"
    note(ledger, 1, kind=Kind.RISK, payload={odd: "a"})
    note(ledger, 2, kind=Kind.RISK, payload={odd: "a"})
    assert [entry.seq for entry in ledger.latest("riverside", "risk", by=(odd,))] == [2]


def test_latest_refuses_no_key_and_unknown_kinds(ledger: Ledger) -> None:
    with pytest.raises(Terminal, match="the latest of kind risk by no key is one entry"):
        ledger.latest("riverside", "risk", by=())
    with pytest.raises(Terminal, match="the kind 'risky' is not known"):
        ledger.latest("riverside", "risky", by=("id",))


def test_latest_proves_what_it_gives_and_reads_nothing_else(ledger: Ledger, url: str) -> None:
    for id_ in ("a", "a", "b"):
        note(ledger, kind=Kind.CRITERION, payload={"id": id_, "state": "FAIL"})
    behind_its_back(url, """update ledger.entry set payload = '{"id":"a","state":"PASS"}' where seq = 1""")
    assert [entry.seq for entry in ledger.latest("riverside", "criterion", by=("id",))] == [2, 3]
    behind_its_back(url, """update ledger.entry set payload = '{"id":"b","state":"PASS"}' where seq = 3""")
    with pytest.raises(LedgerBroken, match="entry 3") as caught:
        ledger.latest("riverside", "criterion", by=("id",))
    assert caught.value.seq == 3


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("project = 'p' and kind = 'risk' and seq > 0 order by seq", "entry_project_kind_seq"),
        ("project = 'p' and run = 'd/r' and seq > 0 order by seq", "entry_project_run_seq"),
        ("project = 'p' and once = 'k'", "entry_project_once"),
    ],
)
def test_an_index_serves_it_in_order(ledger: Ledger, url: str, asked: str, index: str) -> None:
    """Without a sort: with two rows a scan would be cheaper, so the planner is told to take an index if one fits."""
    with psycopg.connect(url) as connection:
        connection.execute("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off")
        plan = "\n".join(
            row[0] for row in connection.execute(f"explain (costs off) select * from ledger.entry where {asked}")
        )
    assert index in plan and "Sort" not in plan and "Filter" not in plan
