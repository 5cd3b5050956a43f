"""People review a part of every table: which rows, whose they are, what is masked, and what a new load leaves of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.integration.readiness.passing import cross
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
    on_source,
    on_target,
    reviewed_site,
    said,
)
from tests.integration.readiness.site import Place

from golive.errors import ChecksFailed, NotPermitted
from golive.readiness.review import changed_since, draw_work_lists, keeping_shut
from golive.results import Verdict
from golive.transfer import Mode
from golive.validation import draw_and_compare


def test_a_tenth_is_looked_at_or_the_quota_and_the_machine_compares_the_whole_sample(site: Place) -> None:
    outcome = draw(site)
    assert not outcome.missing
    assert outcome.says == (
        "130 rows of 2 tables are to be looked at by 2 departments; 1 table without a key the machine alone compares."
    )
    found = {each.payload["table"]: each.payload for each in site.ledger.latest("test", "work_list", by=("table",))}
    pupil, fee = found["public.pupil"], found["public.fee"]
    assert (pupil["rows"], pupil["of"], pupil["department"], pupil["quota"]) == (100, 1000, "records", 0)
    assert (fee["rows"], fee["of"], fee["department"], fee["quota"]) == (30, 2000, "office", 30)
    assert fee["reason"] == "Fees are checked against the ledger of the bank"
    # The quota is of what people look at: the machine took the same sample as any other.
    sample = draw_and_compare(site.plan, site.source, site.target, seed=fee["seed"], percent=10)
    drawn = {table.table: table.sampled for table in sample.tables}
    assert (pupil["drawn"], fee["drawn"]) == (drawn["public.pupil"], drawn["public.fee"])
    assert fee["matching"] == fee["drawn"] >= 200
    assert found["public.sign_in"]["state"] == "no key"


def test_rows_stand_side_by_side_and_what_the_machine_found_is_marked(site: Place) -> None:
    draw(site)
    number, other, gone = (int(row["key"][0]) for row in listed(site, "pupil").rows[:3])
    on_target(
        site,
        f"update pupil set full_name = 'Nobody', school = 'S9' where pupil_no = {number}",
        f"update pupil set full_name = 'Pupil Secret {number}' where pupil_no = {other}",
        f"delete from pupil where pupil_no = {gone}",
    )
    draw(site)
    rows = {row["key"][0]: row for row in listed(site, "pupil").rows}
    changed, unchanged = rows[str(number)], next(row for row in rows.values() if not row["differs"] and row["target"])
    columns = listed(site, "pupil").columns
    assert changed["differs"] == ["full_name", "school"]
    source, target = (dict(zip(columns, changed[side], strict=True)) for side in ("source", "target"))
    assert source["school"] == f"=cmd|{number % 3}" and target["school"] == "S9"
    # Masks tell equal from different within a row, and nothing else.
    assert source["full_name"] != target["full_name"] and source["lunch"] == target["lunch"]
    assert all(value.startswith("*** ") for value in (source["full_name"], target["full_name"], source["lunch"]))
    assert unchanged["source"] == unchanged["target"]
    lunches = {row["source"][columns.index("lunch")] for row in rows.values()}
    assert len(lunches) == len(rows)
    assert rows[str(other)]["target"][columns.index("full_name")] != source["full_name"]
    assert rows[str(gone)]["target"] is None and rows[str(gone)]["differs"] == []


def test_no_sensitive_value_is_in_the_ledger(site: Place) -> None:
    on_target(site, "update pupil set full_name = 'Pupil Secret changed' where pupil_no < 500")
    draw(site)
    judge(site, "ruth", said(site, "pupil", ["right", "wrong", "unsure"]))
    text = [repr(entry.payload) for entry in site.ledger.entries("test")]
    text += [repr(site.ledger.evidence(e.evidence_hash)) for e in site.ledger.entries("test") if e.evidence_hash]
    assert not [each for each in text if "Secret" in each or "secret" in each]


def test_the_same_rows_are_drawn_again_and_others_only_as_rows_come_and_go(site: Place) -> None:
    draw(site)
    first = listed(site, "pupil")
    draw(site)
    assert listed(site, "pupil").hash == first.hash
    on_source(site, "insert into pupil select n, 'n', false, 's' from generate_series(1001, 1010) n")
    cross(site, Mode.SWEEP)
    draw(site)
    before, now = ({row["row"] for row in each.rows} for each in (first, listed(site, "pupil")))
    assert len(now) == 101 and len(before & now) >= 95


@pytest.mark.parametrize(("judged_right", "state"), [(99, Verdict.FAIL), (100, Verdict.PASS)])
def test_not_one_row_too_few(site: Place, judged_right: int, state: Verdict) -> None:
    """A thousand pupils: 99 of a hundred are 9.9%."""
    draw(site)
    judge(site, "fay", said(site, "fee", ["right"] * 30))
    judge(site, "carla", said(site, "pupil", ["right"] * judged_right))
    found, pupil = judged(site), by_table(site)["pupil"]
    assert found.state is state
    assert pupil.percent == ("9.9%" if judged_right == 99 else "10.0%")
    if state is Verdict.FAIL:
        assert "1 open of 130 (public.pupil: 99 of 100 rows are right, 9.9% of 1,000; 1 not judged" in found.says
        assert "Ruth Ames (registrar)" in found.says and "test.review" in found.do


def test_before_anything_was_drawn_nothing_was_looked_at(site: Place) -> None:
    assert judged(site).state is Verdict.VACUOUS
    without = like(site, TEXT.replace(TEXT[TEXT.index("review:") : TEXT.index("criteria:")], ""))
    assert judged(without).state is Verdict.VACUOUS
    assert "people look at nothing" in draw_work_lists(without).says


def test_what_has_not_crossed_is_not_reviewed_and_keeps_the_gate_shut(
    pair: tuple[str, str], new_database: Callable[..., str]
) -> None:
    site = reviewed_site(*pair, new_database("ledger"), load=False)
    outcome = draw(site)
    assert "of 2 tables no row has crossed yet" in outcome.says
    found = judged(site)
    assert found.state is Verdict.FAIL and "public.pupil: no row has crossed yet" in found.says


def test_of_what_has_crossed_alone_a_tenth_is_reviewed(pair: tuple[str, str], new_database: Callable[..., str]) -> None:
    """Newer rows wait for the night; a row that became one since it crossed is no row of the new system alone."""
    older = "cursor: changed, older_than: \"changed < timestamptz '2026-02-01'\","
    site = reviewed_site(*pair, new_database("ledger"), TEXT.replace("cursor: changed,", older))
    on_source(
        site, "insert into pupil select n, 'n', true, 's', timestamptz '2026-03-01' from generate_series(1001, 1500) n"
    )
    draw(site)
    newer, deleted = (listed(site, "pupil").rows[place]["key"][0] for place in (0, 1))
    assert len(listed(site, "pupil").rows) == 100
    on_source(
        site,
        f"update pupil set changed = timestamptz '2026-03-01' where pupil_no = {newer}",
        f"delete from pupil where pupil_no = {deleted}",
    )
    draw(site)
    (payload,) = (
        e.payload for e in site.ledger.entries("test", kind="work_list")[-3:] if e.payload["entity"] == "pupil"
    )
    assert (payload["missing"], payload["extra"], payload["of"]) == (0, 1, 1000)
    rows = {row["key"][0]: row for row in listed(site, "pupil").rows}
    assert rows[newer]["source"] == rows[newer]["target"]
    assert rows[deleted]["source"] is None and rows[deleted]["target"] is not None
    assert all(int(key) <= 1000 for key in rows)


def test_a_table_of_which_people_could_not_see_a_tenth_needs_a_quota(
    site: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("golive.project.proving.MOST_ROWS", 50)
    outcome = draw(site)
    (missing,) = outcome.missing
    assert "public.pupil: a tenth of it is 100 rows" in missing and "declare a quota" in missing
    assert judged(site).state is Verdict.FAIL


def test_a_verdict_of_another_department_is_refused_in_words(site: Place) -> None:
    draw(site)
    with pytest.raises(
        NotPermitted,
        match=r"the rows of public\.fee are for Business office to judge \(Fred Nowak or fay\), not for Ruth Ames",
    ):
        judge(site, "ruth", [*said(site, "pupil", ["right"]), *said(site, "fee", ["right"])])
    with pytest.raises(
        NotPermitted, match=r"lena reviews for no department\. Student records: Ruth Ames or Carla Diaz"
    ):
        judge(site, "lena", said(site, "pupil", ["right"]))
    assert not site.ledger.entries("test", kind="review")


def test_all_verdicts_are_right_or_none_is_kept(site: Place) -> None:
    draw(site)
    first, *others = said(site, "pupil", ["right"] * 3)
    for change, says in (
        ({"verdict": "wrong", "comment": ""}, "row 1: wrong needs a comment"),
        ({"verdict": "unsure", "comment": ""}, "row 1: unsure needs a comment"),
        ({"verdict": "fine"}, "row 1: 'fine' is no verdict. Right: right, wrong, unsure"),
        ({"digest": "0" * 32}, "row 1: this row has changed since it was shown"),
        ({"row": "0" * 20}, "row 1: this row is not to be judged any more"),
        ({"comment": "x" * 501}, "row 1: the comment has 501 characters"),
    ):
        with pytest.raises(ChecksFailed, match=says):
            judge(site, "ruth", [replace(first, **change), *others])
    with pytest.raises(ChecksFailed, match="row 1: this row stands twice, first at row 1"):
        judge(site, "ruth", [first, first])
    assert not site.ledger.entries("test", kind="review")


def test_what_stands_is_not_written_again_and_the_newest_word_counts(site: Place) -> None:
    draw(site)
    assert judge(site, "ruth", said(site, "pupil", ["right", "right"])) == 2
    assert judge(site, "carla", said(site, "pupil", ["right", "unsure", "right"])) == 2
    pupil = by_table(site)["pupil"]
    assert (pupil.right, pupil.unsure, pupil.untouched) == (2, 1, 97)


def test_wrong_opens_an_issue_and_shuts_the_gate_until_it_is_right(site: Place) -> None:
    draw(site)
    all_right(site)
    assert judged(site).state is Verdict.PASS
    judge(site, "ruth", said(site, "pupil", {3: "wrong", 4: "wrong"}))
    found, opened = judged(site), issue(site, "review/public.pupil")
    assert found.state is Verdict.FAIL and "98 of 100 rows are right, 9.8% of 1,000; 2 wrong" in found.says
    assert opened is not None and (opened["state"], opened["severity"]) == ("open", "critical")
    assert opened["says"] == "People found 2 rows of public.pupil wrong." and opened["owner"] == "data_engineer"
    judge(site, "ruth", said(site, "pupil", {3: "right", 4: "right"}))
    closed = issue(site, "review/public.pupil")
    assert judged(site).passed and closed is not None and closed["state"] == "closed"


def test_unsure_is_not_reviewed(site: Place) -> None:
    draw(site)
    all_right(site)
    judge(site, "ruth", said(site, "pupil", {0: "unsure"}))
    found = judged(site)
    assert found.state is Verdict.FAIL and "1 unsure" in found.says
    assert issue(site, "review/public.pupil") is None


def test_a_new_load_voids_the_verdicts_on_rows_that_changed_and_on_no_others(site: Place) -> None:
    draw(site)
    all_right(site)
    judge(site, "ruth", said(site, "pupil", {5: "wrong"}))
    changed, wrong = (listed(site, "pupil").rows[place]["key"][0] for place in (2, 5))
    for on_side in (on_source, on_target):
        on_side(site, f"update pupil set school = 'moved' where pupil_no in ({changed}, {wrong})")
    outcome = draw(site)
    assert "128 verdicts stay, 2 are void because their rows changed or are gone" in outcome.says
    pupil = by_table(site)["pupil"]
    assert (pupil.right, pupil.wrong, pupil.untouched, pupil.void) == (98, 0, 2, 2)
    assert "2 not judged (2 of them anew, because they changed)" in pupil.says
    closed = issue(site, "review/public.pupil")
    assert closed is not None and (closed["state"], closed["says"]) == (
        "closed", "Those that were wrong are gone, or have changed and are to be looked at again."
    )  # fmt: skip


def test_another_mapping_has_its_rows_drawn_again(site: Place) -> None:
    draw(site)
    all_right(site)
    other = like(site, TEXT.replace("trim(name)", "upper(trim(name))"))
    del other.__dict__["plan"]
    found = judged(other)
    assert found.state is Verdict.FAIL and "public.pupil: its rows were drawn by another mapping" in found.says


def test_after_the_freeze_what_the_last_increments_changed_is_counted_and_the_bound_decides(site: Place) -> None:
    draw(site)
    all_right(site)
    assert changed_since(site) == {}
    changed = listed(site, "pupil").rows[7]["key"][0]
    for on_side in (on_source, on_target):
        on_side(site, f"update pupil set school = 'moved' where pupil_no = {changed}")
    night = changed_since(site)
    assert night == {"public.pupil": 1}
    sample = site.write("sample", {"verdict": "PASS", "changed_after_review": night})
    (shut,) = keeping_shut(site, sample)
    assert "1 changed since people judged them (1 of public.pupil), at most 0 may be" in shut

    def bears(measure: str) -> list[str]:
        return keeping_shut(like(site, TEXT.replace("measure: reviewed", measure)), sample)

    assert bears("measure: reviewed, at_most: 1") == []
    assert bears("measure: checks") == []
    # Drawn again, the row's verdict is void: it counts until somebody judged it as it is now, and no sample says so.
    draw(site)
    again = site.write("sample", {"verdict": "PASS", "changed_after_review": changed_since(site)})
    assert changed_since(site) == {} and keeping_shut(site, sample) == keeping_shut(site, again) == [shut]
    judge(site, "ruth", said(site, "pupil", {7: "right"}))
    assert keeping_shut(site, sample) == keeping_shut(site, again) == []


def test_in_a_new_database_rows_without_anything_sensitive_are_known_again(site: Place) -> None:
    draw(site)
    all_right(site)
    on_target(site, "update golive.secret set value = 'another'")
    draw(site)
    found = by_table(site)
    assert (found["fee"].right, found["pupil"].right) == (30, 0)
