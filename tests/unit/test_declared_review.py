"""Whose rows are whose to review: what a project file may say of it, and every fault of it."""

from __future__ import annotations

import pytest
from tests.unit.declared import only_fault, read, told

from golive.errors import ProjectError

TEXT = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [ann], registrar: [ruth], clerk: [carla]}
tables: [{target: pupil}, {target: town.fee}]
departments:
  - name: records
    head: registrar
    reviewers: [clerk]
    tables: [public.pupil]
  - name: office
    head: lead
    tables: [town.fee]
review:
  quotas:
    - table: town.fee
      rows: 30
      reason: The bank has checked them
"""


def test_all_of_it_is_read() -> None:
    project = read(TEXT)
    pupil, fee = project.reviewing("pupil"), project.reviewing("town.fee")
    assert pupil is not None and (pupil.name, pupil.reviewers) == ("records", ("clerk",))
    assert fee is not None and fee.name == "office"
    quota = project.quota("town.fee")
    assert quota is not None and (quota.rows, quota.reason) == (30, "The bank has checked them")
    assert project.quota("pupil") is None and project.reviewing("school") is None


def test_without_a_review_no_table_has_to_be_anybodys() -> None:
    project = read(TEXT[: TEXT.index("review:")].replace("    tables: [town.fee]\n", ""))
    assert project.review is None and project.reviewing("town.fee") is None
    assert read(TEXT[: TEXT.index("review:")] + "review: {}\n").review is not None


@pytest.mark.parametrize(
    ("right", "wrong", "line", "key", "what"),
    [
        ("    tables: [town.fee]\n", "", 13, "review", "nobody reviews the rows of town.fee"),
        ("[public.pupil]", "[pupil, school]", 10, "departments[0].tables[1]", "which does not move"),
        ("    tables: [town.fee]", "    tables: [town.fee, pupil]", 13, "departments[1].tables[1]", "records already"),
        ("reviewers: [clerk]", "reviewers: [nobody]", 9, "departments[0].reviewers[0]", "which nobody can hold"),
        ("    - table: town.fee", "    - table: school", 16, "review.quotas[0].table", "which does not move"),
        ("rows: 30", "rows: 0", 17, "review.quotas[0].rows", "greater than 0"),
        ("rows: 30", "rows: 20001", 17, "review.quotas[0].rows", "less than or equal to 20000"),
        ("      reason: The bank has checked them\n", "", 16, "review.quotas[0].reason", "is missing"),
        ("  quotas:", "  quota:", 15, "review.quota", "is not known"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(right: str, wrong: str, line: int, key: str, what: str) -> None:
    fault = only_fault(TEXT, right, wrong)
    assert (fault.line, fault.key) == (line, key)
    assert what in told(fault)


def test_a_quota_stands_once_for_a_table() -> None:
    twice = TEXT + "    - {table: town.fee, rows: 5, reason: Again}\n"
    with pytest.raises(ProjectError, match=r"'town\.fee' stands twice"):
        read(twice)
