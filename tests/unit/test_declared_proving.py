"""How strict the passes are, and what is attested: what a project file may hold, and every fault of it."""

from __future__ import annotations

import pytest
from tests.unit.declared import only_fault, read, told

from golive.project.proving import Bound, Validation

TEXT = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [ann], registrar: [ruth]}
tables: [{target: t}]
validation:
  mid_cycle:
    critical: 5
    errors: 2
  pre_final:
    critical: 0
    errors: 0
  usage:
    - area: attendance
      asks: Does attendance work as you take it?
      owner: registrar
      tables: [att_daily]
    - area: grades
      asks: Do grades work as you give them?
      owner: lead
"""


def test_all_of_it_is_read() -> None:
    validation = read(TEXT).validation
    assert validation.mid_cycle == Bound(critical=5, errors=2)
    assert [(one.area, one.owner, one.tables) for one in validation.usage] == [
        ("attendance", "registrar", ("att_daily",)), ("grades", "lead", ()),
    ]  # fmt: skip


def test_what_the_file_leaves_out() -> None:
    assert read(TEXT[: TEXT.index("validation")]).validation == Validation()
    assert (Validation().mid_cycle.critical, Validation().pre_final) == (10, Bound(critical=0, errors=0))


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "said"),
    [
        ("critical: 5", "critical: -1", 8, "validation.mid_cycle.critical", "should be greater than or equal to 0"),
        ("errors: 2", "errors: none", 9, "validation.mid_cycle.errors", "should be a valid integer"),
        ("    errors: 2\n", "", 7, "validation.mid_cycle.errors", "is missing"),
        ("  pre_final:", "  prefinal:", 10, "validation.prefinal", ""),
        ("owner: registrar", "owner: nobody", 16, "validation.usage[0].owner", "which nobody can hold"),
        ("area: grades", "area: attendance", 18, "validation.usage[1]", "'attendance' stands twice"),
        ("area: grades", "area: Grades!", 18, "validation.usage[1].area", "lower case"),
        ("tables: [att_daily]", "tables: [a.b.c]", 17, "validation.usage[0].tables[0]", "schema.table"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(old: str, new: str, line: int, key: str, said: str) -> None:
    fault = only_fault(TEXT, old, new)
    assert (fault.line, fault.key) == (line, key)
    assert said in told(fault)
