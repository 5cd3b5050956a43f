"""Words that count: a wrong row shuts the gate and stays in sight, and what was only shown again is nobody's word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.readiness.reviewing import (
    TEXT,
    all_right,
    by_table,
    draw,
    issue,
    judge,
    judged,
    like,
    listed,
    on_target,
    said,
)
from tests.integration.readiness.site import Place

from golive.databases.relation import Refusal
from golive.errors import ChecksFailed
from golive.ledger import Entry, Ledger
from golive.readiness import criteria, gate
from golive.readiness.review import keeping_shut
from golive.readiness.reviewed import wrong_rows


def test_a_row_that_people_say_is_wrong_shuts_the_gate_whatever_is_borne(site: Place) -> None:
    borne = like(site, TEXT.replace("measure: reviewed", "measure: reviewed, at_most: 60"))
    sample = site.write("sample", {"verdict": "PASS", "changed_after_review": {}})
    draw(site)
    all_right(site)
    judge(site, "ruth", said(site, "pupil", {9: "wrong"}))
    assert judged(borne).passed
    (says,) = keeping_shut(borne, sample)
    assert says.startswith("people say that 1 row of public.pupil is wrong") and "Ruth Ames (registrar) looks" in says
    assert keeping_shut(like(site, TEXT.replace("measure: reviewed", "measure: checks")), sample) == [says]
    assert says in gate.check(borne).missing
    assert says in gate.refusals(borne, gate.deciding(borne, criteria.evaluate(borne)))
    judge(site, "ruth", said(site, "pupil", {9: "right"}))
    assert says not in gate.check(borne).missing and keeping_shut(borne, sample) == []


def test_what_was_wrong_or_unsure_stays_on_the_list_whatever_is_drawn_before_it(site: Place) -> None:
    draw(site)
    rows = [row["row"] for row in listed(site, "fee").rows]
    judge(site, "fay", said(site, "fee", {25: "wrong", 26: "unsure", 27: "right"}))
    fewer = like(site, TEXT.replace("rows: 30", "rows: 10"))
    draw(fewer)
    assert [row["row"] for row in listed(site, "fee").rows] == [*rows[:10], rows[25], rows[26]]
    fee = by_table(site)["fee"]
    assert (fee.to_review, fee.wrong, fee.unsure) == (12, 1, 1)
    still = issue(site, "review/public.fee")
    assert still is not None and still["state"] == "open"
    # Nor is anything closed by a table that could not be drawn, or by its rows getting out of the sample.
    on_target(site, *(f"delete from fee where fee_no = {row['key'][0]}" for row in listed(site, "fee").rows[:10]))
    draw(fewer)
    assert {rows[25], rows[26]} <= {row["row"] for row in listed(site, "fee").rows}


def test_nothing_is_closed_while_a_table_cannot_be_drawn(site: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(site)
    judge(site, "ruth", said(site, "pupil", {3: "wrong"}))
    monkeypatch.setattr("golive.project.proving.MOST_ROWS", 50)
    assert draw(site).missing
    still = issue(site, "review/public.pupil")
    assert still is not None and still["state"] == "open"
    assert len(list(wrong_rows(site))) == 1


def test_of_the_rows_that_are_not_in_quarantine_a_tenth_is_reviewed(site: Place) -> None:
    """All of the sample's first rows in quarantine: as many others are drawn, and `of` does not count them."""
    draw(site)
    keys = [row["key"][0] for row in listed(site, "pupil").rows[:50]]
    (pupil,) = (table for table in site.plan.tables if table.name == "public.pupil")
    with site.target.session() as connection:
        refusals = [Refusal((key,), "no school", None, None) for key in keys]
        site.target.held.quarantine(connection, pupil.project, pupil.name, refusals, None)
    on_target(site, f"delete from pupil where pupil_no in ({', '.join(keys)})")
    draw(site)
    now = by_table(site)["pupil"]
    assert (now.of, now.to_review) == (950, 95)
    judge(site, "ruth", said(site, "pupil", ["right"] * 95))
    assert by_table(site)["pupil"].percent == "10.0%"


def test_what_is_as_it_was_shown_is_no_verdict_and_covers_nobody_elses(site: Place) -> None:
    draw(site)
    judge(site, "ruth", said(site, "pupil", ["right", "right"]))
    shown = said(site, "pupil", ["right", "right", "right"])
    judge(site, "carla", said(site, "pupil", {0: "wrong"}))
    assert judge(site, "ruth", shown) == 1
    assert (by_table(site)["pupil"].right, by_table(site)["pupil"].wrong) == (2, 1)
    changed = [replace(shown[0], verdict="unsure", comment="Is it?"), *shown[1:]]
    with pytest.raises(ChecksFailed, match=r"row 1: Carla Diaz judged this row since it was shown \(wrong\)"):
        judge(site, "ruth", changed)
    assert by_table(site)["pupil"].wrong == 1


def test_the_issue_is_opened_by_handing_in_again_what_a_break_cut_off(
    site: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(site)
    given, append = said(site, "pupil", {3: "wrong"}), Ledger.append

    def breaking(ledger: Ledger, **entry: Any) -> Entry:
        if entry["kind"] == "issue":
            raise ConnectionError("gone")
        return append(ledger, **entry)

    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(Ledger, "append", breaking)
        judge(site, "ruth", given)
    assert by_table(site)["pupil"].wrong == 1 and issue(site, "review/public.pupil") is None
    assert judge(site, "ruth", given) == 0
    opened = issue(site, "review/public.pupil")
    assert opened is not None and opened["state"] == "open"
