"""Criteria of going live: what holds beside those of the file, and signatures that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.readiness.measured import (
    ALONE,
    CALENDAR,
    FAIL,
    PASS,
    SIGNED,
    TABLE,
    TWO,
    VACUOUS,
    checked,
    measured,
    only,
    sign,
)
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import TODAY, Place

from golive.ledger import digest
from golive.readiness import criteria

# What holds beside what the file names


def test_without_criteria_the_stages_before_count_and_a_day_that_is_to_be_booked(school: School) -> None:
    def ids(more: str) -> list[str]:
        return [each.id for each in criteria.declared(school.place(more, stage="final_migration").project)]

    assert ids("stages: [final_migration]\n") == []
    assert ids(TWO) == ids(TWO + CALENDAR) == ["stages"]
    assert ids("stages: [implement, final_migration]\n" + CALENDAR) == ["stages", "slot"]
    # A criterion of the file's own takes neither away, unless it measures the same, or has the name.
    assert ids(TWO + SIGNED) == ["ready", "stages"]
    assert ids("stages: [implement, final_migration]\n" + SIGNED) == ["ready", "stages", "slot"]
    assert ids(TWO + measured("stages")) == ["one"]
    assert ids(TWO + SIGNED.replace("id: ready", "id: stages")) == ["stages", "stages_2"]


DEPARTMENTS = """\
departments:
  - {name: office, title: The office, head: finance}
  - {name: bus_yard, head: vendor}
  - {name: desk, head: lead}
  - {name: hall, head: go_live}
"""


def test_the_head_of_every_department_signs(school: School) -> None:
    def heads(more: str) -> list[tuple[str, str, str | None]]:
        found = criteria.declared(school.place(more, stage="final_migration").project)
        return [(each.id, each.title, each.approver) for each in found]

    office = ("department_office", "The office agrees to the go-live", "finance")
    yard = ("department_bus_yard", "Bus yard agrees to the go-live", "vendor")
    desk = ("department_desk", "Desk agrees to the go-live", "lead")
    assert heads(ALONE + DEPARTMENTS) == [office, yard, desk]
    # Who says go is asked already; who signs a criterion was asked about that alone.
    assert heads(ALONE + SIGNED + DEPARTMENTS) == [("ready", "The heads agree", "lead"), office, yard, desk]
    assert heads("stages: [{name: final_migration, signs: [finance]}]\n" + DEPARTMENTS)[0] == yard
    assert heads("stages: [discover]\n" + DEPARTMENTS) == []


def test_nothing_of_its_name_stands_in_for_the_word_of_a_head(school: School) -> None:
    taken = "criteria: [{id: department_office, title: Any, measure: risks}]\n"
    place = school.place(ALONE + taken + DEPARTMENTS, stage="final_migration")
    assert [each.id for each in criteria.declared(place.project)][:2] == ["department_office", "department_office_2"]
    long = "n" * 60
    two = f"departments: [{{name: {long}a, head: finance}}, {{name: {long}b, head: vendor}}]\n"
    ids = [each.id for each in criteria.declared(school.place(two, stage="final_migration").project)]
    assert len(set(ids)) == len(ids) and ids[-1] == f"{ids[-2]}_2"


def test_without_the_word_of_a_head_the_gate_stays_shut(school: School) -> None:
    place = school.place("stages: [final_migration]\n" + DEPARTMENTS, stage="final_migration")
    office = criteria.declared(place.project)[0]
    assert "answer the form sign_department_office" in criteria.judge(place, office).missing
    record = criteria.signature(place, office, "yes", criteria.to_sign(place, office))
    place.write(record.kind, record.payload, evidence=record.evidence, actor="fay")
    states = {each.criterion.id: each.state for each in criteria.evaluate(place)}
    assert states == {"department_office": PASS, "department_bus_yard": VACUOUS, "department_desk": VACUOUS}


# Signatures


def test_a_signature_stands_on_its_last_day_and_has_ended_on_the_next(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    judged = only(place)
    assert (judged.state, judged.says) == (VACUOUS, "waits for the word of Ann (lead)")
    assert "answer the form sign_ready of harbour.final_migration" in judged.missing
    sign(place)
    judged = only(place)
    assert (judged.state, judged.by, judged.expires) == (PASS, "ann", "2026-06-03")
    assert only(school.place(SIGNED, stage="final_migration", today=TODAY + timedelta(days=2))).passed
    late = only(school.place(SIGNED, stage="final_migration", today=TODAY + timedelta(days=3)))
    assert late.state is FAIL and "signed by Ann on " in late.says and "which held until 2026-06-03" in late.says


def test_a_signature_holds_in_another_run(school: School) -> None:
    sign(school.place(SIGNED, stage="final_migration", run="first"))
    assert only(school.place(SIGNED, stage="final_migration", run="second")).passed


@pytest.mark.parametrize(
    ("change", "more", "says"),
    [
        (lambda s, p: checked(p, rows=1, verdict="FAIL"), "", "the mismatches of public.t: not counted then, 1 now"),
        (lambda s, p: s.on_target("alter table t alter name type varchar(40)"), "", "the mapping of public.t"),
        (lambda s, p: None, "limits: {lanes: 3}\n", "`limits` in the project file"),
        (lambda s, p: None, "documents: [{name: Plan, link: x, stage: discover}]\n", "`documents` in the project file"),
    ],
)
def test_one_changed_thing_makes_a_signature_void(
    school: School, change: Callable[[School, Place], Any], more: str, says: str
) -> None:
    place = school.place(SIGNED, stage="final_migration")
    sign(place)
    change(school, place)
    judged = only(school.place(SIGNED + more, stage="final_migration"))
    assert judged.state is FAIL and f"void: {says} changed since" in judged.says


def test_one_changed_line_of_the_mapping_makes_a_signature_void(school: School) -> None:
    sign(school.place(SIGNED, stage="final_migration"))
    mapped = "tables: [{target: t, columns: {name: upper(name)}}]"
    place = school.place(SIGNED, stage="final_migration", base=BASE.replace("tables: [{target: t}]", mapped))
    judged = only(place)
    assert judged.state is FAIL and "the mapping of public.t, `tables` in the project file changed since" in judged.says


def test_a_signature_that_was_found_void_stays_void(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    sign(place)
    checked(place, rows=1, verdict="FAIL")
    void = criteria.record(only(place))
    assert void is not None
    place.write(void.kind, void.payload)
    checked(place)  # as it was
    assert only(place).state is VACUOUS
    sign(place)
    assert only(place).passed


def test_a_mismatch_is_a_row_of_the_newest_pass(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    assert criteria.basis(place)["mismatches"] == {}
    checked(place, rows=4)
    checked(place, rows=9, stage="final_migration")
    assert criteria.basis(place)["mismatches"] == {TABLE: 4}
    checked(place, stage="discover")
    assert criteria.basis(place)["mismatches"] == {TABLE: 0}


def test_the_evidence_of_a_signature_is_what_decided(school: School) -> None:
    place = school.place(SIGNED, stage="final_migration")
    sign(place)
    entry = place.ledger.last("harbour", "criterion")
    assert entry is not None and entry.actor == "ann"
    shown: Any = place.ledger.evidence(str(entry.evidence_hash))
    assert digest(shown) == entry.evidence_hash
    assert set(shown) == {"criterion", "project", "mapping", "file", "suites", "code", "mismatches"}
    assert set(shown["mapping"]) == {"public.t"} and shown["criterion"]["days"] == 3
    assert set(shown["file"]) == set(place.project.model_dump())
